// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/effect.h"

#include "absl/strings/str_cat.h"
#include "services/topic-admin/config_value.h"

namespace storefront::topics {
namespace {

std::string Configs(const PlanStep& step, const ObservedTopic& observed) {
  for (const ConfigChange& change : step.configs) {
    const auto found = observed.configs.find(change.key);
    const bool is_override =
        found != observed.configs.end() && found->second.source == ConfigSource::kTopic;
    if (change.operation == ConfigOperation::kDelete) {
      if (is_override) return absl::StrCat(change.key, " is still set on the topic");
      continue;
    }
    if (!is_override) return absl::StrCat(change.key, " is not set on the topic");
    if (!SameValue(change.key, found->second.value, change.after)) {
      return absl::StrCat(change.key, " is ", found->second.value);
    }
  }
  return "";
}

std::string Partitions(const PlanStep& step, const TopicState& state) {
  const auto count = static_cast<int32_t>(state.partitions.size());
  if (step.partitions_after > 0 && count != step.partitions_after) {
    return absl::StrCat("it has ", count, " partitions");
  }
  for (const PartitionState& partition : state.partitions) {
    if (partition.leader < 0) return absl::StrCat("partition ", partition.id, " has no leader");
  }
  return "";
}

}  // namespace

std::string MissingEffect(const PlanStep& step, const ObservedTopic* observed) {
  if (observed == nullptr) return "the topic is not there";
  switch (step.kind) {
    case StepKind::kCreate: {
      const std::string partitions = Partitions(step, observed->state);
      return partitions.empty() ? Configs(step, *observed) : partitions;
    }
    case StepKind::kAlterConfig:
      return Configs(step, *observed);
    case StepKind::kAddPartitions:
      return Partitions(step, observed->state);
    case StepKind::kChangeReplication:
    case StepKind::kNoop:
    case StepKind::kBlocked:
    case StepKind::kUnenforceable:
      return "";
  }
  return "";
}

}  // namespace storefront::topics
