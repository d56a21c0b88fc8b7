// SPDX-License-Identifier: Apache-2.0
#include "cli/connectors_command.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/json_message.h"
#include "cli/output_table.h"
#include "cli/patience.h"
#include "cli/rpc_command.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "libs/status/macros.h"
#include "storefront/connectors/v1/connectors.pb.h"

namespace storefront::cli {
namespace {

using connectors::v1::ApplyConnectorsRequest;
using connectors::v1::ApplyConnectorsResponse;
using connectors::v1::ApplyOutcome;
using connectors::v1::Connector;
using connectors::v1::ConnectorPlan;
using connectors::v1::ConnectorPlanStep;
using connectors::v1::Finding;
using connectors::v1::GetConnectorRequest;
using connectors::v1::PlanConnectorsRequest;

constexpr char kPlan[] = "storefront.connectors.v1.ConnectorService.PlanConnectors";
constexpr char kApply[] = "storefront.connectors.v1.ConnectorService.ApplyConnectors";
constexpr char kGet[] = "storefront.connectors.v1.ConnectorService.GetConnector";

bool Changes(const ConnectorPlanStep& step) {
  return step.action() == ConnectorPlanStep::CREATE || step.action() == ConnectorPlanStep::UPDATE;
}

// Set in the errors below to "true" when waiting cannot help.
constexpr char kNeedsAPerson[] = "needs_a_person";

// A starting stack passes through these: migrations make role and publication, servers come up.
bool MayPass(const Finding& finding) {
  static constexpr const char* kEarly[] = {"PREFLIGHT_",  "NOT_CHECKED", "CONFIG_INVALID",
                                           "SOURCE_DOWN", "CAPACITY",    "KAFKA_DOWN",
                                           "UNKNOWN"};
  return std::any_of(std::begin(kEarly), std::end(kEarly),
                     [&](const char* rule) { return absl::StartsWith(finding.rule(), rule); });
}

// The errors that stand against blocked steps, all at once. OK when none is blocked.
absl::Status Blocked(const ConnectorPlan& plan) {
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                         .reason = status::Reason::kPreflightFailed};
  bool may_pass = false;
  for (const ConnectorPlanStep& step : plan.steps()) {
    if (step.action() != ConnectorPlanStep::BLOCKED) continue;
    absl::StrAppend(&spec.message, spec.message.empty() ? "" : " ", step.connector(),
                    " is blocked.");
    for (const Finding& finding : step.findings()) {
      if (finding.severity() != Finding::ERROR) continue;
      may_pass |= MayPass(finding);
      spec.preconditions.push_back(
          {.type = finding.rule(), .subject = step.connector(), .description = finding.message()});
    }
  }
  if (spec.message.empty()) return absl::OkStatus();
  if (!spec.preconditions.empty()) {
    absl::StrAppend(&spec.message, " ", spec.preconditions[0].description);
    if (!may_pass) spec.metadata[kNeedsAPerson] = "true";
  }
  return status::Error(std::move(spec));
}

// The first outcome that is a failure. PENDING is none: it may still come.
absl::Status Failure(const ApplyConnectorsResponse& response) {
  for (const ApplyOutcome& outcome : response.outcomes()) {
    switch (outcome.result()) {
      case ApplyOutcome::BLOCKED:
      case ApplyOutcome::FAILED:
      case ApplyOutcome::OUTCOME_UNKNOWN: {
        const absl::Status error = status::FromRpcStatus(outcome.error());
        if (!error.ok()) return status::Prefix(outcome.step().connector(), error);
        return status::Error(
            {.code = absl::StatusCode::kAborted,
             .reason = status::Reason::kOutcomeUnknown,
             .message = absl::StrCat(outcome.step().connector(), " ended as ",
                                     ApplyOutcome::Result_Name(outcome.result()), ".")});
      }
      default:
        break;
    }
  }
  return absl::OkStatus();
}

bool Delivers(const Connector& connector) {
  return connector.state() == Connector::STREAMING || connector.state() == Connector::SNAPSHOTTING;
}

// A fault that no waiting heals: a person must change something first.
bool NeedsAPerson(const Connector& connector) {
  for (const connectors::v1::Condition& condition : connector.conditions()) {
    switch (condition.class_()) {
      case connectors::v1::CREDENTIALS:
      case connectors::v1::PUBLICATION:
      case connectors::v1::ROLE:
      case connectors::v1::CONFIG:
      case connectors::v1::NEEDS_RESET:
        return true;
      default:
        break;
    }
  }
  return false;
}

// OK once every connector of the plan delivers, or is held on purpose.
absl::Status CheckDelivery(Session& session, const ConnectorPlan& plan, absl::Duration timeout) {
  for (const ConnectorPlanStep& step : plan.steps()) {
    if (step.action() == ConnectorPlanStep::UNMANAGED) continue;
    GetConnectorRequest request;
    request.set_name(step.connector());
    Connector connector;
    RETURN_IF_ERROR(session.Call(MethodNamed(kGet), request, connector, timeout));
    const bool held =
        connector.state() == Connector::PAUSED || connector.state() == Connector::STOPPED;
    if (Delivers(connector) || held) continue;
    const std::string why =
        connector.conditions().empty() ? "" : absl::StrCat(": ", connector.conditions(0).message());
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = status::Reason::kConnectorState,
         .message = absl::StrCat(step.connector(), " is ", Connector::State_Name(connector.state()),
                                 why, why.empty() ? "." : ""),
         .metadata = {{"state", Connector::State_Name(connector.state())},
                      {kNeedsAPerson, NeedsAPerson(connector) ? "true" : "false"}}});
  }
  return absl::OkStatus();
}

absl::StatusOr<ConnectorPlan> Plan(Session& session, const Inputs& inputs, absl::Duration timeout) {
  PlanConnectorsRequest request;
  for (const std::string& name : inputs.All("connectors")) request.add_connectors(name);
  ConnectorPlan plan;
  RETURN_IF_ERROR(session.Call(MethodNamed(kPlan), request, plan, timeout));
  return plan;
}

absl::StatusOr<ApplyConnectorsResponse> Apply(Session& session, const Inputs& inputs,
                                              const ConnectorPlan& plan, absl::Duration timeout) {
  ApplyConnectorsRequest request;
  for (const std::string& name : inputs.All("connectors")) request.add_connectors(name);
  request.set_plan_token(inputs.Text("plan-token", plan.plan_token()));
  for (const std::string& name : inputs.All("confirm")) request.add_confirm(name);
  request.set_allow_contract_change(inputs.IsOn("allow-contract-change"));
  request.set_validate_only(inputs.IsOn("dry-run"));
  request.set_request_id(NewRequestId());
  ApplyConnectorsResponse response;
  RETURN_IF_ERROR(session.Call(MethodNamed(kApply), request, response, timeout));
  return response;
}

absl::StatusOr<ExitCode> ApplyOnce(Session& session, const Inputs& inputs, Patience& patience,
                                   bool& asked) {
  ASSIGN_OR_RETURN(const ConnectorPlan plan, Plan(session, inputs, patience.CallTimeout()));
  bool changes = false;
  for (const ConnectorPlanStep& step : plan.steps()) changes |= Changes(step);
  const absl::Status blocked = Blocked(plan);
  if (!blocked.ok() && (!changes || inputs.IsOn("wait"))) return blocked;

  if (changes && !asked && !inputs.IsOn("dry-run")) {
    session.Note(RenderTable(ToDocument(plan), EntryFor(ConnectorPlan::descriptor()->full_name()),
                             {.color = session.color_err()}));
    if (!inputs.IsOn("yes") && !session.Ask("Apply this?")) {
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = status::Reason::kCallCancelled,
                            .message = "Nothing was applied."});
    }
    asked = true;
  }
  ASSIGN_OR_RETURN(const ApplyConnectorsResponse response,
                   Apply(session, inputs, plan, patience.CallTimeout()));
  RETURN_IF_ERROR(Failure(response));
  if (inputs.IsOn("wait") && !inputs.IsOn("dry-run")) {
    RETURN_IF_ERROR(CheckDelivery(session, plan, patience.CallTimeout()));
  }
  const Document document = ToDocument(response);
  RETURN_IF_ERROR(
      session.Print(document, EntryFor(ApplyConnectorsResponse::descriptor()->full_name())));
  return blocked.ok() ? absl::StatusOr<ExitCode>(ExitCode::kDone) : blocked;
}

// What a starting stack goes through: services and Connect come up, migrations run.
bool IsEarly(const absl::Status& status) {
  switch (status::ReasonOf(status)) {
    case status::Reason::kConnectorState:
    case status::Reason::kPreflightFailed:
      return status::DetailsOf(status).metadata[kNeedsAPerson] != "true";
    case status::Reason::kConnectRebalancing:
    case status::Reason::kOutcomeUnknown:
    case status::Reason::kPlanChanged:
      return true;
    default:
      return status.code() == absl::StatusCode::kUnavailable;
  }
}

absl::StatusOr<ExitCode> Run(Session& session, const Inputs& inputs) {
  if (!inputs.IsOn("yes") && !inputs.IsOn("dry-run") && !session.terminal().in_is_terminal) {
    return UsageError("Nobody can be asked here: give --yes. Nothing was sent.");
  }
  ASSIGN_OR_RETURN(Patience patience, Patience::Of(session, inputs));
  bool asked = false;
  return patience.Until(IsEarly, [&] { return ApplyOnce(session, inputs, patience, asked); });
}

}  // namespace

Command ConnectorsApplyCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kApply)), with_docs);
  // Waiting is done here, over several calls, so that it survives restarts.
  std::erase_if(command.flags, [](const Flag& flag) {
    return flag.name == "wait-for" || flag.name == "wait-timeout" || flag.name == "request-id";
  });
  command.flags.push_back({.name = "yes", .doc = "Applies without asking."});
  command.flags.push_back(
      {.name = "wait", .doc = "Waits until each connector is seen to stream by its slot."});
  command.flags.push_back({.name = "wait-timeout",
                           .value = "DURATION",
                           .doc = "Longest wait; 2 min without it. Exit code 4 when it passed."});
  command.summary = "Makes the connectors what the templates want: plans, shows, asks, applies.";
  command.details =
      "A connector whose config is already equal is left alone. With --wait a plan that is blocked "
      "because migrations or Connect are not there yet is made again until the time is over. May "
      "run any number of times.";
  command.examples = {{"storefrontctl connectors apply", "Shows the plan and asks"},
                      {"storefrontctl connectors apply --yes --wait",
                       "For a start-up script: ends when the connectors stream"}};
  command.run = Run;
  return command;
}

}  // namespace storefront::cli
