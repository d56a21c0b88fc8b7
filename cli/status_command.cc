// SPDX-License-Identifier: Apache-2.0
#include "cli/status_command.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/json_message.h"
#include "cli/progress.h"
#include "cli/run_kind.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr absl::Duration kTimeout = absl::Seconds(3);
constexpr int kRunsShown = 3;

Document Line(const std::string& part, const std::string& state, const std::string& detail) {
  return {{"name", part}, {"state", state}, {"detail", detail}};
}

absl::StatusOr<Document> Ask(Session& session, const std::string& method_name,
                             const char* request_json) {
  const MethodDescriptor& method = MethodNamed(method_name);
  const std::unique_ptr<Message> request = NewMessage(*method.input_type());
  RETURN_IF_ERROR(FromJson(request_json, *request));
  const std::unique_ptr<Message> answer = NewMessage(*method.output_type());
  RETURN_IF_ERROR(session.rpc().Call(method, *request, *answer, kTimeout, session.request_id()));
  return ToDocument(*answer);
}

void AddServices(Session& session, Document& lines) {
  for (const ServiceInfo& service : AllServices()) {
    const std::string& address = session.settings().String(service.setting);
    const auto ready = session.rpc().Health(address, "readiness", kTimeout);
    lines.push_back(Line(service.name, ready.ok() ? *ready : "unreachable", address));
  }
}

void AddMigrations(Session& session, Document& lines) {
  const auto answer =
      Ask(session, "storefront.migrator.v1.MigratorService.GetMigrationStatus", "{}");
  if (!answer.ok()) return;
  const std::string pending = TextAt(*answer, "pendingCount");
  const std::string failed = TextAt(*answer, "failedCount");
  lines.push_back(Line("migrations",
                       failed != "0"    ? "FAILED"
                       : pending != "0" ? "PENDING"
                                        : "ok",
                       absl::StrCat("version ", TextAt(*answer, "currentVersion"), ", ", pending,
                                    " pending, ", failed, " failed")));
}

void AddTopics(Session& session, Document& lines) {
  const auto plan = Ask(session, "storefront.topics.v1.TopicService.CreateTopicPlan",
                        R"({"validateOnly": true})");
  if (!plan.ok()) return;
  const std::string changes = TextAt(*plan, "summary.changes");
  lines.push_back(Line("topics", changes == "0" ? "ok" : "PENDING",
                       absl::StrCat(changes, " changes to apply, ",
                                    TextAt(*plan, "summary.unchanged"), " as the policy wants")));
}

void AddConnectors(Session& session, Document& lines) {
  const auto answer =
      Ask(session, "storefront.connectors.v1.ConnectorService.ListConnectors", "{}");
  if (!answer.ok()) return;
  for (const Document& connector : answer->at("connectors")) {
    std::string detail = TextAt(connector, "conditions.0.message");
    if (detail.empty()) {
      const std::string lag =
          CellOf(connector, {.heading = "", .path = "slot.lagBytes", .shown = Shown::kBytes});
      if (!lag.empty()) detail = absl::StrCat("slot lag ", lag);
      const std::string probed = TextAt(connector, "lastProbe.time");
      if (!probed.empty()) absl::StrAppend(&detail, ", last event ", probed);
    }
    lines.push_back(Line(TextAt(connector, "displayName"), TextAt(connector, "state"), detail));
  }
}

void AddRuns(Session& session, Document& lines) {
  const auto answer =
      Ask(session, "storefront.seeder.v1.SeederService.ListSeedRuns", R"({"pageSize": 3})");
  if (!answer.ok()) return;
  int shown = 0;
  for (const Document& run : answer->at("seedRuns")) {
    if (shown++ == kRunsShown) break;
    std::string detail = ProgressLine(ProgressOf(run));
    // The name and the state stand in their own columns.
    const std::string head = absl::StrCat(TextAt(run, "name"), ": ", TextAt(run, "state"));
    detail = detail.size() > head.size() + 2 ? detail.substr(head.size() + 2) : "";
    lines.push_back(Line(TextAt(run, "name"), TextAt(run, "state"), detail));
  }
}

absl::StatusOr<ExitCode> Run(Session& session, const Inputs&) {
  Document lines = Document::array();
  AddServices(session, lines);
  AddMigrations(session, lines);
  AddTopics(session, lines);
  AddConnectors(session, lines);
  AddRuns(session, lines);
  RETURN_IF_ERROR(
      session.Print(Document{{"parts", std::move(lines)}},
                    View{.rows = "parts",
                         .columns = {{"PART", "name"}, {"STATE", "state"}, {"DETAIL", "detail"}}}));
  return ExitCode::kDone;
}

}  // namespace

Command StatusCommand() {
  return {
      .words = {"status"},
      .summary = "The pipeline on one screen: services, migrations, topics, connectors, runs.",
      .details = "What cannot be reached is shown as such and left out below; doctor tells why.",
      .examples = {{"storefrontctl status", "Everything at a glance"}},
      .run = Run,
  };
}

}  // namespace storefront::cli
