// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/apply_engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_lint.h"

namespace storefront::connectors {
namespace {

using status::Reason;

constexpr absl::Duration kPollInterval = absl::Milliseconds(150);
constexpr absl::Duration kSettleInterval = absl::Milliseconds(500);
// How long a write that timed out may still come through once Connect is well again.
constexpr absl::Duration kSettlePatience = absl::Seconds(4);
constexpr absl::Duration kSteadyFor = absl::Seconds(2);

absl::Status BlockedError(const PlanStep& step) {
  status::ErrorSpec spec{
      .code = absl::StatusCode::kFailedPrecondition,
      .reason = Reason::kPreflightFailed,
      .message = absl::StrCat("Connector ", step.connector, " cannot be applied.")};
  for (const Finding& finding : step.findings) {
    if (finding.severity != Severity::kError) continue;
    const bool of_config = finding.line > 0 || !finding.source.empty();
    if (of_config) {
      spec.code = absl::StatusCode::kInvalidArgument;
      spec.reason = Reason::kConnectorConfigInvalid;
    }
    spec.preconditions.push_back(
        {finding.rule, finding.key.empty() ? step.connector : finding.key, finding.message});
    spec.fields.push_back({finding.source.empty()
                               ? finding.key
                               : absl::StrCat(finding.source, ":", finding.line, ":",
                                              finding.column, " ", finding.key),
                           finding.message});
  }
  return status::Error(std::move(spec));
}

absl::Status CheckConfirmations(const ApplyRequest& request, const ConnectorPlan& plan) {
  std::vector<status::PreconditionViolation> violations;
  const auto need = [&](const PlanStep& step, std::string type, std::string description) {
    violations.push_back({std::move(type), step.connector, std::move(description)});
  };
  for (const PlanStep& step : plan.steps) {
    if (step.action != Action::kUpdate) continue;
    if (step.risk >= Risk::kContract && request.plan_token.empty()) {
      need(step, "PLAN_TOKEN", "needs the token of a reviewed plan");
    }
    if (step.risk == Risk::kContract && !request.allow_contract_change) {
      need(step, "RISK_FLAG", "changes what consumers read; needs allow_contract_change");
    }
    if (step.risk == Risk::kIdentity && !request.confirm.contains(step.connector)) {
      need(step, "CONFIRM", "can lose changes or start a new snapshot; needs its name in confirm");
    }
  }
  if (violations.empty()) return absl::OkStatus();
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kConfirmationRequired,
       .message = "The plan holds changes that must be confirmed; nothing was changed.",
       .preconditions = std::move(violations)});
}

}  // namespace

absl::string_view ApplyResultName(ApplyResult result) {
  switch (result) {
    case ApplyResult::kApplied:
      return "APPLIED";
    case ApplyResult::kUnchanged:
      return "UNCHANGED";
    case ApplyResult::kBlocked:
      return "BLOCKED";
    case ApplyResult::kFailed:
      return "FAILED";
    case ApplyResult::kPending:
      return "PENDING";
    case ApplyResult::kPlanned:
      return "PLANNED";
    case ApplyResult::kOutcomeUnknown:
      return "OUTCOME_UNKNOWN";
  }
  return "";
}

absl::StatusOr<Applied> ApplyEngine::Apply(const ApplyRequest& request, const CallLimits& limits) {
  ASSIGN_OR_RETURN(const Planned planned, planner_.Plan(request.only, limits));
  if (!request.plan_token.empty()) {
    RETURN_IF_ERROR(planner_.CheckToken(request.plan_token, planned));
  }
  RETURN_IF_ERROR(CheckConfirmations(request, planned.plan));

  Applied applied{.outcomes = {}, .plan_token = planned.plan.token};
  std::vector<Written> written;
  for (const PlanStep& step : planned.plan.steps) {
    if (step.action == Action::kUnmanaged) continue;
    Written& one = written.emplace_back();
    if (request.validate_only) {
      applied.outcomes.push_back(
          {.step = step, .result = ApplyResult::kPlanned, .error = {}, .view = {}});
    } else {
      applied.outcomes.push_back(ApplyStep(step, planned, limits, one));
    }
  }
  if (request.validate_only) return applied;

  // All are written; they start side by side, so they share one wait.
  const CallLimits wait{std::min(limits.deadline, clock_.Steady() + request.wait_timeout),
                        limits.stop};
  for (size_t i = 0; i < applied.outcomes.size(); ++i) {
    ApplyOutcome& outcome = applied.outcomes[i];
    const bool stands =
        outcome.result == ApplyResult::kApplied || outcome.result == ApplyResult::kUnchanged;
    if (request.wait_for_running && stands &&
        !WaitForRunning(outcome.step.connector, planned.rendered.at(outcome.step.connector).config,
                        written[i], wait)) {
      outcome.result = ApplyResult::kPending;
    }
    if (auto view = directory_.Get(outcome.step.connector, limits); view.ok()) {
      outcome.view = *std::move(view);
    }
  }
  return applied;
}

ApplyOutcome ApplyEngine::ApplyStep(const PlanStep& step, const Planned& planned,
                                    const CallLimits& limits, Written& written) {
  ApplyOutcome outcome{.step = step, .result = ApplyResult::kUnchanged, .error = {}, .view = {}};
  if (step.action == Action::kBlocked) {
    outcome.result = ApplyResult::kBlocked;
    outcome.error = BlockedError(step);
    return outcome;
  }
  if (step.action == Action::kNoop) return outcome;
  const ConnectorConfig& config = planned.rendered.at(step.connector).config;
  const auto hold = locks_.Acquire(step.connector, limits, clock_);
  if (hold.ok()) {
    if (step.action == Action::kUpdate) written.slot_pid_before = SlotPid(config, limits);
    written.is_new_task = true;
    outcome.error = WriteConfig(step.connector, config, limits);
  } else {
    outcome.error = hold.status();
  }
  if (outcome.error.ok()) {
    outcome.result = ApplyResult::kApplied;
  } else {
    outcome.result = status::ReasonOf(outcome.error) == Reason::kOutcomeUnknown
                         ? ApplyResult::kOutcomeUnknown
                         : ApplyResult::kFailed;
  }
  return outcome;
}

absl::Status ApplyEngine::WriteConfig(const std::string& name, const ConnectorConfig& config,
                                      const CallLimits& limits) {
  for (;;) {
    const absl::Status put = connect_.PutConfig(name, config, limits);
    if (status::ReasonOf(put) != Reason::kOutcomeUnknown) return put;
    ASSIGN_OR_RETURN(const bool arrived, SettleWrite(name, config, limits));
    if (arrived) return absl::OkStatus();
  }
}

absl::StatusOr<bool> ApplyEngine::SettleWrite(const std::string& name,
                                              const ConnectorConfig& config,
                                              const CallLimits& limits) {
  std::optional<clock::SteadyTime> well_since;
  for (;;) {
    // While Kafka is away Connect answers reads from an old memory: they prove nothing.
    if (connect_.Health(limits) == ConnectHealth::kHealthy) {
      if (!well_since) well_since = clock_.Steady();
      const auto live = connect_.GetConfig(name, limits);
      if (live.ok() && IsEqualConfig(config, *live)) return true;
      const bool answered = live.ok() || absl::IsNotFound(live.status());
      if (answered && clock_.Steady() - *well_since >= kSettlePatience) return false;
    } else {
      well_since.reset();
    }
    const clock::SteadyTime next = clock_.Steady() + kSettleInterval;
    if (next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = Reason::kOutcomeUnknown,
                            .message = absl::StrCat("Whether the config of ", name,
                                                    " was written could not be found out in time."),
                            .metadata = {{"backend", "connect"}}});
    }
  }
}

int32_t ApplyEngine::SlotPid(const ConnectorConfig& config, const CallLimits& limits) {
  const auto slots = source_.Slots(limits);
  if (!slots.ok()) return 0;
  for (const SlotRow& slot : *slots) {
    if (slot.name == ValueOf(config, "slot.name")) return slot.active_pid;
  }
  return 0;
}

bool ApplyEngine::RunsNow(const std::string& name, const ConnectorConfig& config,
                          const Written& written, const CallLimits& limits) {
  const auto status = connect_.GetStatus(name, limits);
  if (!status.ok() || status->state != "RUNNING" || status->tasks.empty()) return false;
  for (const TaskStatus& task : status->tasks) {
    if (task.state != "RUNNING") return false;
  }
  const auto tasks = connect_.GetTasks(name, limits);
  if (!tasks.ok() || tasks->empty()) return false;
  ConnectorConfig declared = config;
  declared.erase("tasks.max");  // a task's config need not repeat what only the connector reads
  for (const ConnectorConfig& task : *tasks) {
    if (!IsEqualConfig(declared, task)) return false;
  }
  if (ValueOf(config, "connector.class") != kDebeziumPostgres) return true;
  const auto view = directory_.Get(name, limits);
  if (!view.ok()) return false;
  if (view->state == ConnectorState::kSnapshotting) return true;
  if (view->state != ConnectorState::kStreaming || !view->slot) return false;
  // Right after a change the old reader can still be there, and Connect still say RUNNING.
  return !written.is_new_task || view->slot->active_pid != written.slot_pid_before;
}

bool ApplyEngine::WaitForRunning(const std::string& name, const ConnectorConfig& config,
                                 const Written& written, const CallLimits& limits) {
  std::optional<clock::SteadyTime> since;
  // What was left alone is as it was; one look is enough if it is good.
  const absl::Duration steady_for = written.is_new_task ? kSteadyFor : absl::ZeroDuration();
  for (;;) {
    const bool runs = RunsNow(name, config, written, limits);
    const clock::SteadyTime now = clock_.Steady();
    if (!runs) {
      since.reset();
    } else if (!since) {
      since = now;
    }
    if (since && now - *since >= steady_for) return true;
    const clock::SteadyTime next = now + kPollInterval;
    if (next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) return false;
  }
}

}  // namespace storefront::connectors
