// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/convert.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "libs/status/macros.h"

namespace storefront::connectors {
namespace {

constexpr absl::string_view kConnectors = "connectors/";
constexpr absl::string_view kTemplates = "connectorTemplates/";
constexpr absl::Duration kWaitMax = absl::Seconds(60);

bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

std::string Encode(absl::string_view text) {
  static constexpr absl::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsPlain(c)) {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

absl::StatusOr<absl::Duration> DurationFrom(const google::protobuf::Duration& duration,
                                            absl::string_view field) {
  const absl::Duration value =
      absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
  if (value <= absl::ZeroDuration() || value > kWaitMax) {
    return status::InvalidField(field, "must be more than 0 and at most 60 seconds");
  }
  return value;
}

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void SetDuration(absl::Duration duration, google::protobuf::Duration& out) {
  out.set_seconds(absl::ToInt64Seconds(duration));
  out.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(absl::ToInt64Seconds(duration)))));
}

v1::Connector::State StateOf(ConnectorState state) {
  v1::Connector::State out = v1::Connector::STATE_UNSPECIFIED;
  v1::Connector::State_Parse(std::string(ConnectorStateName(state)), &out);
  return out;
}

v1::ConnectorPlanStep::Action ActionOf(Action action) {
  switch (action) {
    case Action::kCreate:
      return v1::ConnectorPlanStep::CREATE;
    case Action::kUpdate:
      return v1::ConnectorPlanStep::UPDATE;
    case Action::kNoop:
      return v1::ConnectorPlanStep::NOOP;
    case Action::kBlocked:
      return v1::ConnectorPlanStep::BLOCKED;
    case Action::kUnmanaged:
      return v1::ConnectorPlanStep::UNMANAGED;
  }
  return v1::ConnectorPlanStep::ACTION_UNSPECIFIED;
}

v1::ConnectorPlanStep::Risk RiskToProto(Risk risk) {
  switch (risk) {
    case Risk::kNone:
      return v1::ConnectorPlanStep::RISK_UNSPECIFIED;
    case Risk::kSafe:
      return v1::ConnectorPlanStep::SAFE;
    case Risk::kContract:
      return v1::ConnectorPlanStep::CONTRACT;
    case Risk::kIdentity:
      return v1::ConnectorPlanStep::IDENTITY;
  }
  return v1::ConnectorPlanStep::RISK_UNSPECIFIED;
}

std::string ResourceOfTemplate(absl::string_view id) {
  return id.empty() ? "" : absl::StrCat(kTemplates, id);
}

}  // namespace

absl::StatusOr<std::string> ConnectorFromResource(absl::string_view resource,
                                                  absl::string_view field) {
  absl::string_view segment = resource;
  absl::ConsumePrefix(&segment, kConnectors);
  if (segment.empty() || absl::StrContains(segment, "/")) {
    return status::InvalidField(field, "must be connectors/{connector}");
  }
  std::string name;
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      name.push_back(segment[i]);
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= segment.size() || !absl::SimpleHexAtoi(segment.substr(i + 1, 2), &byte)) {
      return status::InvalidField(field, "has a % that is not followed by two hexadecimal digits");
    }
    name.push_back(static_cast<char>(byte));
    i += 2;
  }
  // Connect's web server takes an encoded `/` or `%` for an ambiguous address and refuses it.
  if (absl::StrContains(name, "/") || absl::StrContains(name, "%") ||
      name.find('\0') != std::string::npos || !IsValidUtf8(name) || name == "." || name == ".." ||
      name.size() > 300) {
    return status::InvalidField(
        field, "a connector's name here has no `/` or `%`, is UTF-8 and at most 300 bytes long");
  }
  return name;
}

std::string ResourceOfConnector(absl::string_view name) {
  return absl::StrCat(kConnectors, Encode(name));
}

absl::StatusOr<std::string> TemplateFromResource(absl::string_view resource) {
  absl::string_view id = resource;
  if (!absl::ConsumePrefix(&id, kTemplates) || !IsTemplateId(id)) {
    return status::InvalidField(
        "name",
        "must be connectorTemplates/{id}; an id has lower-case letters, digits, `.`, `_`, `-`");
  }
  return std::string(id);
}

absl::StatusOr<std::set<std::string>> NamesFromProto(
    const google::protobuf::RepeatedPtrField<std::string>& names, absl::string_view field) {
  std::set<std::string> set;
  for (int i = 0; i < names.size(); ++i) {
    ASSIGN_OR_RETURN(std::string name,
                     ConnectorFromResource(names[i], absl::StrCat(field, "[", i, "]")));
    set.insert(std::move(name));
  }
  return set;
}

absl::StatusOr<ApplyRequest> FromProto(const v1::ApplyConnectorsRequest& request) {
  ApplyRequest apply;
  ASSIGN_OR_RETURN(apply.only, NamesFromProto(request.connectors(), "connectors"));
  ASSIGN_OR_RETURN(apply.confirm, NamesFromProto(request.confirm(), "confirm"));
  apply.plan_token = request.plan_token();
  apply.allow_contract_change = request.allow_contract_change();
  switch (request.wait_for()) {
    case v1::ApplyConnectorsRequest::WAIT_FOR_UNSPECIFIED:
      break;
    case v1::ApplyConnectorsRequest::RUNNING:
      apply.wait_for_running = true;
      break;
    default:
      return status::InvalidField("wait_for", "must be RUNNING or not set");
  }
  if (request.has_wait_timeout()) {
    ASSIGN_OR_RETURN(apply.wait_timeout, DurationFrom(request.wait_timeout(), "wait_timeout"));
  }
  apply.validate_only = request.validate_only();
  return apply;
}

absl::StatusOr<absl::Duration> ProbeTimeout(const v1::VerifyPipelineRequest& request,
                                            absl::Duration usual) {
  if (!request.has_timeout()) return usual;
  return DurationFrom(request.timeout(), "timeout");
}

void ToProto(const SlotView& view, v1::ReplicationSlot& out) {
  const SlotRow& slot = view.slot;
  out.set_name(absl::StrCat("replicationSlots/", slot.name));
  out.set_plugin(slot.plugin);
  out.set_database(slot.database);
  out.set_active(slot.active);
  out.set_active_pid(slot.active_pid);
  out.set_restart_lsn(slot.restart_lsn);
  out.set_confirmed_flush_lsn(slot.confirmed_flush_lsn);
  out.set_retained_bytes(slot.retained_bytes);
  out.set_lag_bytes(slot.lag_bytes);
  out.set_wal_status(slot.wal_status);
  if (slot.safe_wal_size) out.set_safe_wal_size(*slot.safe_wal_size);
  if (slot.inactive_since) SetTime(*slot.inactive_since, *out.mutable_inactive_since());
  out.set_invalidation_reason(slot.invalidation_reason);
  if (!view.connector.empty()) out.set_connector(ResourceOfConnector(view.connector));
}

void ToProto(const ConnectorView& view, v1::Connector& out) {
  out.set_name(ResourceOfConnector(view.name));
  out.set_display_name(view.name);
  out.set_state(StateOf(view.state));
  for (const ConditionSince& one : view.conditions) {
    v1::Condition& condition = *out.add_conditions();
    v1::FailureClass failure = v1::FAILURE_CLASS_UNSPECIFIED;
    v1::FailureClass_Parse(std::string(FailureClassName(one.condition.failure)), &failure);
    condition.set_class_(failure);
    SetTime(one.since, *condition.mutable_since());
    condition.set_message(view.redactor.Redact(one.condition.message));
    condition.set_fix(std::string(FixFor(one.condition.failure)));
  }
  if (view.deployed) {
    const ConnectorStatus& status = view.deployed->status;
    out.set_connect_state(status.state);
    out.set_worker_id(status.worker_id);
    out.set_trace(ShownTrace(status.trace, view.redactor));
    for (const TaskStatus& task : status.tasks) {
      v1::ConnectorTask& shown = *out.add_tasks();
      shown.set_id(task.id);
      shown.set_state(task.state);
      shown.set_worker_id(task.worker_id);
      shown.set_trace(ShownTrace(task.trace, view.redactor));
    }
    for (const auto& [key, value] : Masked(view.deployed->config)) {
      // A secret can stand under any key that a template fed with it.
      (*out.mutable_config())[key] = view.redactor.Redact(value);
    }
  }
  if (view.slot) ToProto(SlotView{*view.slot, view.name}, *out.mutable_slot());
  out.set_template_(ResourceOfTemplate(view.template_id));
  out.set_revision(view.revision);
  if (view.last_probe) {
    SetTime(view.last_probe->time, *out.mutable_last_probe()->mutable_time());
    SetDuration(view.last_probe->latency, *out.mutable_last_probe()->mutable_latency());
  }
}

void ToProto(const Finding& finding, v1::Finding& out) {
  switch (finding.severity) {
    case Severity::kInfo:
      out.set_severity(v1::Finding::INFO);
      break;
    case Severity::kWarning:
      out.set_severity(v1::Finding::WARNING);
      break;
    case Severity::kError:
      out.set_severity(v1::Finding::ERROR);
      break;
  }
  out.set_rule(finding.rule);
  out.set_message(finding.message);
  out.set_key(finding.key);
  out.set_template_(finding.source);
  out.set_line(finding.line);
  out.set_column(finding.column);
  out.set_variable(finding.variable);
}

void ToProto(const PlanStep& step, v1::ConnectorPlanStep& out) {
  out.set_connector(ResourceOfConnector(step.connector));
  out.set_template_(ResourceOfTemplate(step.template_id));
  out.set_action(ActionOf(step.action));
  out.set_risk(RiskToProto(step.risk));
  for (const ConfigChange& change : step.changes) {
    v1::ConfigChange& shown = *out.add_changes();
    shown.set_key(change.key);
    if (change.from) shown.set_from(*change.from);
    if (change.to) shown.set_to(*change.to);
    shown.set_risk(RiskToProto(change.risk));
    shown.set_note(change.note);
  }
  for (const Finding& finding : step.findings) ToProto(finding, *out.add_findings());
  out.set_revision(step.revision);
}

void ToProto(const ConnectorPlan& plan, v1::ConnectorPlan& out) {
  for (const PlanStep& step : plan.steps) ToProto(step, *out.add_steps());
  for (const Finding& finding : plan.findings) ToProto(finding, *out.add_findings());
  out.set_plan_token(plan.token);
}

void ToProto(const Applied& applied, v1::ApplyConnectorsResponse& out) {
  for (const ApplyOutcome& outcome : applied.outcomes) {
    v1::ApplyOutcome& shown = *out.add_outcomes();
    ToProto(outcome.step, *shown.mutable_step());
    v1::ApplyOutcome::Result result = v1::ApplyOutcome::RESULT_UNSPECIFIED;
    v1::ApplyOutcome::Result_Parse(std::string(ApplyResultName(outcome.result)), &result);
    shown.set_result(result);
    if (!outcome.error.ok()) *shown.mutable_error() = status::ToRpcStatus(outcome.error);
    if (outcome.view) ToProto(*outcome.view, *shown.mutable_connector());
  }
  out.set_plan_token(applied.plan_token);
}

void ToProto(const Removal& removal, v1::DeleteConnectorResponse& out) {
  out.set_deleted(removal.deleted);
  for (const std::string& one : removal.removed) out.add_removed(one);
  for (const std::string& one : removal.remaining) out.add_remaining(one);
}

void ToProto(const ProbeResult& result, v1::VerifyPipelineResponse& out) {
  SetDuration(result.latency, *out.mutable_latency());
  SetTime(result.time, *out.mutable_time());
  out.set_topic(result.topic);
  out.set_partition(result.partition);
  out.set_offset(result.offset);
  out.set_source_lsn(result.source_lsn);
  out.set_slot_lag_bytes(result.slot_lag_bytes);
}

void ToProto(const ConnectorTemplate& parsed, v1::ConnectorTemplate& out) {
  out.set_name(ResourceOfTemplate(parsed.id));
  for (const Finding& finding : parsed.findings) ToProto(finding, *out.add_findings());
  if (!parsed.findings.empty()) return;
  out.set_connector(absl::StrCat(kConnectors, parsed.name.value.text));
  for (const TemplateEntry& entry : parsed.entries) {
    const bool is_variable = absl::StartsWith(entry.value.text, "${");
    (*out.mutable_config())[entry.key] =
        is_variable ? entry.value.text : ShownValue(entry.key, entry.value.text, false);
  }
  for (const std::string& name : MentionedVariables(parsed)) out.add_variables(name);
}

void ToProto(const RenderedConfig& rendered, v1::RenderedConnector& out) {
  if (!rendered.connector.empty()) out.set_connector(ResourceOfConnector(rendered.connector));
  for (const auto& [key, value] : Shown(rendered)) {
    const KeyOrigin& origin = rendered.origins.at(key);
    v1::RenderedKey& shown = *out.add_keys();
    shown.set_key(key);
    shown.set_value(value);
    for (const std::string& name : origin.variables) shown.add_variables(name);
    shown.set_secret(value == kMask);
  }
  for (const Finding& finding : rendered.findings) ToProto(finding, *out.add_findings());
  out.set_revision(rendered.revision);
}

}  // namespace storefront::connectors
