// SPDX-License-Identifier: Apache-2.0
#include "cli/wait_command.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/json_message.h"
#include "cli/patience.h"
#include "cli/ready_command.h"
#include "cli/rest_path.h"
#include "cli/rpc_command.h"
#include "cli/run_kind.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr absl::Duration kCallTimeout = absl::Seconds(5);

// The document that holds, or why it does not yet.
using Condition = std::function<absl::StatusOr<Document>(Session&, const Inputs&)>;

absl::Status NotYet(std::string message) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = status::Reason::kDeadlinePassed,
                        .message = std::move(message)});
}

absl::StatusOr<Document> Ask(Session& session, const std::string& method_name,
                             const Document& request_document = Document::object()) {
  const MethodDescriptor& method = MethodNamed(method_name);
  const std::unique_ptr<Message> request = NewMessage(*method.input_type());
  RETURN_IF_ERROR(FromJson(request_document.dump(), *request));
  const std::unique_ptr<Message> answer = NewMessage(*method.output_type());
  RETURN_IF_ERROR(
      session.rpc().Call(method, *request, *answer, kCallTimeout, session.request_id()));
  return ToDocument(*answer);
}

absl::StatusOr<Document> ServicesReady(Session& session, const Inputs&) {
  Document services = Document::array();
  for (const ServiceInfo& service : AllServices()) {
    const auto state =
        session.rpc().Health(session.settings().String(service.setting), "readiness", kCallTimeout);
    if (!state.ok()) return NotYet(absl::StrCat("the ", service.name, " is not there"));
    if (*state != "SERVING") return NotYet(absl::StrCat("the ", service.name, " is ", *state));
    services.push_back({{"name", service.name}, {"readiness", *state}});
  }
  return Document{{"services", std::move(services)}};
}

absl::StatusOr<Document> MigrationsDone(Session& session, const Inputs&) {
  ASSIGN_OR_RETURN(Document status,
                   Ask(session, "storefront.migrator.v1.MigratorService.GetMigrationStatus"));
  if (TextAt(status, "failedCount") != "0") {
    return NotYet(absl::StrCat(TextAt(status, "failed.0.script"), " has failed"));
  }
  if (TextAt(status, "pendingCount") != "0") {
    return NotYet(absl::StrCat(TextAt(status, "pendingCount"), " migrations are pending"));
  }
  return status;
}

absl::StatusOr<Document> TopicsAsPolicy(Session& session, const Inputs&) {
  ASSIGN_OR_RETURN(Document plan, Ask(session, "storefront.topics.v1.TopicService.CreateTopicPlan",
                                      {{"validateOnly", true}}));
  if (TextAt(plan, "summary.changes") != "0") {
    return NotYet(absl::StrCat(TextAt(plan, "summary.changes"), " changes are not applied"));
  }
  return plan;
}

absl::StatusOr<Document> ConnectorIn(Session& session, const Inputs& inputs) {
  std::string name = inputs.arguments.at(0);
  if (!absl::StartsWith(name, "connectors/")) name = absl::StrCat("connectors/", name);
  ASSIGN_OR_RETURN(
      Document connector,
      Ask(session, "storefront.connectors.v1.ConnectorService.GetConnector", {{"name", name}}));
  const std::string wanted = absl::AsciiStrToUpper(inputs.Text("for", "STREAMING"));
  if (TextAt(connector, "state") != wanted) {
    const std::string why = TextAt(connector, "conditions.0.message");
    return NotYet(absl::StrCat(name, " is ", TextAt(connector, "state"),
                               why.empty() ? "" : absl::StrCat(": ", why)));
  }
  return connector;
}

absl::StatusOr<Document> EventSeen(Session& session, const Inputs&) {
  ASSIGN_OR_RETURN(const std::string connector, MeantConnector(session, kCallTimeout));
  return ProbePipeline(session, connector, absl::Seconds(20));
}

// Every failure is "not yet" until the time is over: then exit code 4 with the last state.
absl::StatusOr<ExitCode> WaitUntil(Session& session, const Inputs& inputs,
                                   const Condition& condition) {
  Patience patience(session, inputs.Has("timeout") ? session.timeout() : kPatience);
  return patience.Until([](const absl::Status&) { return true; },
                        [&]() -> absl::StatusOr<ExitCode> {
                          auto document = condition(session, inputs);
                          if (!document.ok()) {
                            status::ErrorSpec spec = status::DetailsOf(document.status());
                            spec.code = absl::StatusCode::kFailedPrecondition;
                            spec.message = std::string(document.status().message());
                            return status::Error(std::move(spec));
                          }
                          RETURN_IF_ERROR(session.Print(*document, ViewFor("", *document)));
                          return ExitCode::kDone;
                        });
}

// The run that a full name means, by its collection.
const google::protobuf::Descriptor* RunTypeOf(const std::string& name) {
  for (const RpcRow& row : RpcRows()) {
    const MethodDescriptor& method = MethodNamed(row.method);
    const RestPath path = RestPathOf(method);
    const auto kind = RunKindOf(*method.output_type());
    if (kind && kind->get == &method && absl::StartsWith(name, path.collection + "/")) {
      return kind->run;
    }
  }
  return nullptr;
}

absl::StatusOr<ExitCode> WaitForNamedRun(Session& session, const Inputs& inputs) {
  const std::string& name = inputs.arguments.at(0);
  const auto* type = RunTypeOf(name);
  if (type == nullptr) {
    return UsageError(
        absl::StrCat("'", name, "' is no run: give its full name, such as seedRuns/full-12."));
  }
  Inputs follow = inputs;
  follow.flags["wait-timeout"] = {
      absl::FormatDuration(inputs.Has("timeout") ? session.timeout() : kPatience)};
  return WaitForRun(session, *type, name, follow);
}

Command Make(const std::string& thing, const std::string& summary, Condition condition) {
  return {.words = {"wait", thing},
          .summary = summary,
          .details =
              "Asks again with growing pauses until --timeout (2 min without it), tells what "
              "it waits for, and ends with exit code 4 and the last state.",
          .examples = {{absl::StrCat("storefrontctl wait ", thing, " --timeout 1m"),
                        "Waits a minute at most"}},
          .run = [condition = std::move(condition)](Session& session, const Inputs& inputs) {
            return WaitUntil(session, inputs, condition);
          }};
}

}  // namespace

std::vector<Command> WaitCommands() {
  std::vector<Command> commands;
  commands.push_back(
      Make("services", "Waits until all four services reach their backends.", ServicesReady));
  commands.push_back(
      Make("migrations", "Waits until no migration is pending or failed.", MigrationsDone));
  commands.push_back(
      Make("topics", "Waits until the topics are what the policy wants.", TopicsAsPolicy));
  Command connector = Make(
      "connector", "Waits until a connector is in a state, STREAMING by default.", ConnectorIn);
  connector.arguments = {{.name = "CONNECTOR", .doc = "Its name."}};
  connector.flags = {{.name = "for", .value = "STATE", .doc = "The state that is waited for."}};
  connector.examples = {{"storefrontctl wait connector storefront-postgres-connector --timeout 1m",
                         "Waits until its changes flow"}};
  commands.push_back(std::move(connector));
  commands.push_back(
      Make("event", "Waits until a probe's change event is read back from Kafka.", EventSeen));
  Command run = Make("run", "Waits for the end of a run; its outcome is the exit code.", nullptr);
  run.arguments = {{.name = "RUN", .doc = "Full name, such as seedRuns/full-12."}};
  run.examples = {{"storefrontctl wait run seedRuns/full-12 --timeout 10m", "Waits ten minutes"}};
  run.run = WaitForNamedRun;
  commands.push_back(std::move(run));
  return commands;
}

}  // namespace storefront::cli
