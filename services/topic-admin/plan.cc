// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/plan.h"

#include "services/topic-admin/digest.h"

namespace storefront::topics {

bool IsChange(StepKind kind) {
  switch (kind) {
    case StepKind::kCreate:
    case StepKind::kAlterConfig:
    case StepKind::kAddPartitions:
      return true;
    case StepKind::kChangeReplication:
    case StepKind::kNoop:
    case StepKind::kBlocked:
    case StepKind::kUnenforceable:
      return false;
  }
  return false;
}

bool IsFinal(PlanState state) {
  return state != PlanState::kReady && state != PlanState::kApplying;
}

absl::string_view StepKindName(StepKind kind) {
  switch (kind) {
    case StepKind::kCreate:
      return "CREATE";
    case StepKind::kAlterConfig:
      return "ALTER_CONFIG";
    case StepKind::kAddPartitions:
      return "ADD_PARTITIONS";
    case StepKind::kChangeReplication:
      return "CHANGE_REPLICATION";
    case StepKind::kNoop:
      return "NOOP";
    case StepKind::kBlocked:
      return "BLOCKED";
    case StepKind::kUnenforceable:
      return "UNENFORCEABLE";
  }
  return "";
}

absl::string_view StepStatusName(StepStatus status) {
  switch (status) {
    case StepStatus::kPlanned:
      return "PLANNED";
    case StepStatus::kApplied:
      return "APPLIED";
    case StepStatus::kSkipped:
      return "SKIPPED";
    case StepStatus::kFailed:
      return "FAILED";
    case StepStatus::kAborted:
      return "ABORTED";
    case StepStatus::kPending:
      return "PENDING";
    case StepStatus::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

absl::string_view RiskName(Risk risk) {
  switch (risk) {
    case Risk::kNone:
      return "NONE";
    case Risk::kSafe:
      return "SAFE";
    case Risk::kAvailability:
      return "AVAILABILITY";
    case Risk::kOrdering:
      return "ORDERING";
    case Risk::kDataLoss:
      return "DATA_LOSS";
  }
  return "";
}

absl::string_view PlanStateName(PlanState state) {
  switch (state) {
    case PlanState::kReady:
      return "READY";
    case PlanState::kApplying:
      return "APPLYING";
    case PlanState::kApplied:
      return "APPLIED";
    case PlanState::kPartial:
      return "PARTIAL";
    case PlanState::kFailed:
      return "FAILED";
    case PlanState::kCancelled:
      return "CANCELLED";
    case PlanState::kExpired:
      return "EXPIRED";
    case PlanState::kInterrupted:
      return "INTERRUPTED";
  }
  return "";
}

absl::string_view FlagFor(Risk risk) {
  switch (risk) {
    case Risk::kNone:
    case Risk::kSafe:
      return "";
    case Risk::kAvailability:
      return "allow_availability_risk";
    case Risk::kOrdering:
      return "allow_reordering";
    case Risk::kDataLoss:
      return "allow_data_loss";
  }
  return "";
}

std::string PlanEtag(const TopicPlan& plan) {
  Digest digest;
  digest.Add(plan.cluster_id).Add(plan.policy_etag);
  for (const PlanStep& step : plan.steps) {
    digest.Add(StepKindName(step.kind)).Add(step.topic).Add(RiskName(step.risk)).Add(step.reason);
    digest.Add(step.partitions_before).Add(step.partitions_after);
    digest.Add(step.replication_before).Add(step.replication_after);
    for (const ConfigChange& change : step.configs) {
      digest.Add(change.key).Add(change.operation == ConfigOperation::kSet ? "SET" : "DELETE");
      digest.Add(change.before).Add(change.after);
    }
  }
  for (const auto& [topic, fingerprint] : plan.fingerprints) digest.Add(topic).Add(fingerprint);
  return digest.Hex();
}

}  // namespace storefront::topics
