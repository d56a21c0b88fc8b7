// SPDX-License-Identifier: Apache-2.0
#include "cli/ready_command.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/json_message.h"
#include "cli/patience.h"
#include "cli/probe_age.h"
#include "cli/services.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "storefront/connectors/v1/connectors.pb.h"

namespace storefront::cli {
namespace {

using connectors::v1::Connector;
using connectors::v1::GetConnectorRequest;
using connectors::v1::ListConnectorsRequest;
using connectors::v1::ListConnectorsResponse;
using connectors::v1::VerifyPipelineRequest;
using connectors::v1::VerifyPipelineResponse;

constexpr char kList[] = "storefront.connectors.v1.ConnectorService.ListConnectors";
constexpr char kGet[] = "storefront.connectors.v1.ConnectorService.GetConnector";
constexpr char kVerify[] = "storefront.connectors.v1.ConnectorService.VerifyPipeline";

constexpr absl::Duration kProbeInterval = absl::Seconds(10);
constexpr absl::Duration kProbeTimeout = absl::Seconds(15);

// Several connectors or none: which one is meant must be said.
absl::Status NotOne(const std::vector<std::string>& names) {
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = status::Reason::kConnectorState,
       .message = names.empty()
                      ? "No connector is applied. Try: storefrontctl connectors apply"
                      : absl::StrCat("There are several connectors; give --connector with one of ",
                                     absl::StrJoin(names, ", "), ".")});
}

absl::StatusOr<ExitCode> Check(Session& session) {
  ASSIGN_OR_RETURN(const std::string name, MeantConnector(session, absl::Seconds(5)));
  GetConnectorRequest request;
  request.set_name(name);
  Connector connector;
  RETURN_IF_ERROR(session.Call(MethodNamed(kGet), request, connector, absl::Seconds(5)));
  RETURN_IF_ERROR(
      session.Print(ToDocument(connector), View{.columns = {{"connector", "displayName"},
                                                            {"state", "state"},
                                                            {"last probe", "lastProbe.time"},
                                                            {"latency", "lastProbe.latency"}}}));
  if (!connector.has_last_probe()) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = status::Reason::kProbeNotSeen,
                          .message = "No probe event has been seen yet."});
  }
  const absl::Time seen = absl::FromUnixSeconds(connector.last_probe().time().seconds());
  const absl::Duration age = session.clock().Now() - seen;
  if (age > kProbeAgeMax) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = status::Reason::kProbeNotSeen,
                          .message = absl::StrFormat("The last probe event was seen %.0f s ago.",
                                                     absl::ToDoubleSeconds(age))});
  }
  return ExitCode::kDone;
}

absl::StatusOr<Document> VerifyOnce(Session& session, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const std::string connector, MeantConnector(session, timeout));
  return ProbePipeline(session, connector, timeout);
}

void PrintReady(Session& session, const Document& answer, clock::SteadyTime since) {
  const absl::Duration latency = DurationOf(TextAt(answer, "latency"));
  if (session.ForPrograms()) {
    session.Print(answer, View{}).IgnoreError();
    return;
  }
  session.terminal().out << Banner(session.settings(), session.clock().Steady() - since, latency)
                         << std::flush;
}

// Until the process is told to stop; says what changes.
absl::StatusOr<ExitCode> Follow(Session& session) {
  const clock::SteadyTime start = session.clock().Steady();
  bool was_ready = false, greeted = false;
  std::string told;
  while (!session.stop().stop_requested()) {
    const auto answer = VerifyOnce(session, kProbeTimeout);
    if (session.stop().stop_requested()) break;
    if (answer.ok()) {
      if (!greeted) {
        PrintReady(session, *answer, start);
      } else if (!was_ready) {
        session.Note("ready again: change event seen " +
                     absl::FormatDuration(DurationOf(TextAt(*answer, "latency"))) +
                     " after its commit");
      }
      greeted = was_ready = true;
      told.clear();
      session.clock().WaitFor(kProbeInterval, session.stop());
      continue;
    }
    const std::string text(answer.status().message());
    if (text != told) session.Note(absl::StrCat("not ready: ", text));
    told = text;
    was_ready = false;
    session.clock().WaitFor(absl::Seconds(1), session.stop());
  }
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunReady(Session& session, const Inputs& inputs) {
  if (inputs.IsOn("check")) return Check(session);
  if (inputs.IsOn("follow")) return Follow(session);
  const clock::SteadyTime start = session.clock().Steady();
  Patience patience(session, session.timeout());
  return patience.Until([](const absl::Status& status) { return !status.ok(); },
                        [&]() -> absl::StatusOr<ExitCode> {
                          ASSIGN_OR_RETURN(const Document answer,
                                           VerifyOnce(session, patience.CallTimeout()));
                          PrintReady(session, answer, start);
                          return ExitCode::kDone;
                        });
}

absl::StatusOr<ExitCode> RunProbe(Session& session, const Inputs&) {
  ASSIGN_OR_RETURN(const Document answer, VerifyOnce(session, session.timeout()));
  RETURN_IF_ERROR(session.Print(answer, View{}));
  return ExitCode::kDone;
}

}  // namespace

absl::StatusOr<std::string> MeantConnector(Session& session, absl::Duration timeout) {
  const std::string& wanted = session.settings().String("connector");
  if (!wanted.empty()) return absl::StrCat("connectors/", wanted);
  ListConnectorsRequest request;
  ListConnectorsResponse response;
  RETURN_IF_ERROR(session.Call(MethodNamed(kList), request, response, timeout));
  std::vector<std::string> names;
  for (const Connector& connector : response.connectors()) {
    if (!connector.template_().empty()) names.push_back(connector.name());
  }
  if (names.size() != 1) return NotOne(names);
  return names[0];
}

absl::StatusOr<Document> ProbePipeline(Session& session, const std::string& connector,
                                       absl::Duration timeout) {
  VerifyPipelineRequest request;
  request.set_name(connector);
  // The service answers with the cause before the call's own deadline cuts it off.
  const absl::Duration inner = std::min(timeout * 0.9, absl::Duration(absl::Seconds(60)));
  request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(inner));
  request.mutable_timeout()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(inner) % 1'000'000'000));
  VerifyPipelineResponse response;
  RETURN_IF_ERROR(session.Call(MethodNamed(kVerify), request, response, timeout));
  return ToDocument(response);
}

absl::Duration DurationOf(const std::string& text) {
  absl::Duration duration;
  return absl::ParseDuration(text, &duration) ? duration : absl::ZeroDuration();
}

std::string Banner(const config::Settings& settings, absl::Duration took,
                   absl::Duration event_latency) {
  const std::string& gateway = settings.String("gateway_address");
  return absl::StrCat(
      absl::StrFormat("ready in %.1f s: change event seen %d ms after its commit\n",
                      absl::ToDoubleSeconds(took), absl::ToInt64Milliseconds(event_latency)),
      "  Swagger UI  http://", gateway, "/docs\n",  //
      "  Postgres    ", settings.String("postgres_address"), "\n", "  Connect     http://",
      settings.String("connect_address"), "\n", "  Kafka       ", settings.String("kafka_address"),
      "\n", "  next: storefrontctl seed-runs full-load --help\n");
}

Command ReadyCommand() {
  return {
      .words = {"ready"},
      .summary = "Ready means: a change event written by a probe was read back from Kafka.",
      .details =
          "Tries until --timeout and prints the banner. Exit code 4 when the event did not "
          "come, 6 when the connector-manager is not there.",
      .flags = {{.name = "follow",
                 .doc = "Goes on for ever: a probe each 10 s, a line when it breaks or heals."},
                {.name = "check",
                 .doc = "Only asks for the age of the last probe event: fails over 35 s."}},
      .examples = {{"storefrontctl ready --timeout 2m", "Waits for the pipeline"},
                   {"storefrontctl ready --check", "For a health check"}},
      .run = RunReady,
  };
}

Command ProbeCommand() {
  return {
      .words = {"probe"},
      .summary = "Writes a marker row and shows its change event: latency, topic, offset.",
      .examples = {{"storefrontctl probe -o json", "One probe, for a script"}},
      .run = RunProbe,
  };
}

}  // namespace storefront::cli
