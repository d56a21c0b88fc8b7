// A plan as a value: what would be done to which topic, then what became of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/topic-admin/policy.h"

namespace storefront::topics {

enum class StepKind {
  kCreate,
  kAlterConfig,
  kAddPartitions,
  kChangeReplication,  // by hand only
  kNoop,
  kBlocked,
  kUnenforceable,
};

enum class StepStatus { kPlanned, kApplied, kSkipped, kFailed, kAborted, kPending, kUnknown };

// Severest last.
enum class Risk { kNone, kSafe, kAvailability, kOrdering, kDataLoss };

enum class ConfigOperation { kSet, kDelete };

struct ConfigChange {
  std::string key;
  ConfigOperation operation = ConfigOperation::kSet;
  std::string before;  // effective value
  bool before_is_override = false;
  std::string after;   // in Kafka's form; empty for kDelete
  std::string source;  // part of the policy that asks for it
  bool operator==(const ConfigChange&) const = default;
};

struct PlanStep {
  StepKind kind = StepKind::kNoop;
  std::string topic;
  Risk risk = Risk::kNone;                                // the severest of its changes
  std::vector<std::string> required_flags;                // sorted; empty for SAFE
  std::vector<ConfigChange> configs;                      // by key
  int32_t partitions_before = 0, partitions_after = 0;    // after: -1 the broker's default
  int32_t replication_before = 0, replication_after = 0;  // after: -1 the broker's default
  std::string reason;                                     // in CAPITALS, for steps without a call
  std::string message;                                    // why, and what to do

  StepStatus status = StepStatus::kPlanned;
  int32_t kafka_code = 0;
  std::string outcome;
  int32_t attempts = 0;
  bool operator==(const PlanStep&) const = default;
};

enum class PlanState {
  kReady,
  kApplying,
  kApplied,
  kPartial,
  kFailed,
  kCancelled,
  kExpired,
  kInterrupted,
};

// A run failure as it is stored and shown.
struct PlanError {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string reason;  // name of the status::Reason
  std::string message;
  bool operator==(const PlanError&) const = default;
};

struct TopicPlan {
  std::string id;  // empty: not stored
  PlanState state = PlanState::kReady;
  int64_t revision = 1;  // rises with each change
  std::string etag;      // digest of the steps as planned
  absl::Time create_time, expire_time;
  absl::Time start_time = absl::InfinitePast(), end_time = absl::InfinitePast();  // past: not yet
  std::string created_by, applied_by;
  std::string cluster_id, policy_etag;
  std::vector<PlanStep> steps;                      // in the order they are applied
  std::map<std::string, std::string> fingerprints;  // by topic that a step changes
  std::vector<Finding> findings;
  PlanError error;
};

// True for the kinds that send something.
bool IsChange(StepKind kind);

// True for the states that do not change any more.
bool IsFinal(PlanState state);

// Names as in the API and in files: "ADD_PARTITIONS".
absl::string_view StepKindName(StepKind kind);
absl::string_view StepStatusName(StepStatus status);
absl::string_view RiskName(Risk risk);
absl::string_view PlanStateName(PlanState state);

// The flag of ApplyTopicPlan that a risk needs; empty for kNone and kSafe.
absl::string_view FlagFor(Risk risk);

// Digest of what a reviewer sees of the steps: kind, topic, risk, values. Outcomes are left out.
std::string PlanEtag(const TopicPlan& plan);

}  // namespace storefront::topics
