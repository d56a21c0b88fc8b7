// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/planner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/observe.h"

namespace storefront::topics {
namespace {

std::vector<size_t> StepsOf(const TopicPlan& plan, StepKind kind) {
  std::vector<size_t> indexes;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].kind == kind) indexes.push_back(i);
  }
  return indexes;
}

// Collects what the broker refuses. Refusals are per topic; a failed call fails the plan.
class Validation {
 public:
  Validation(ClusterAdmin& cluster, const TopicPlan& plan, const BatchLimits& batches,
             const CallLimits& limits)
      : cluster_(cluster), plan_(plan), batches_(batches), limits_(limits) {}

  absl::StatusOr<std::map<std::string, std::string>> Run() {
    RETURN_IF_ERROR(Creations());
    RETURN_IF_ERROR(Alterations());
    RETURN_IF_ERROR(Additions());
    return std::move(refused_);
  }

 private:
  absl::Status Creations() {
    for (const auto& batch : Batches(plan_.steps, StepsOf(plan_, StepKind::kCreate), batches_)) {
      std::vector<NewTopic> topics;
      for (const size_t i : batch) topics.push_back(ToNewTopic(plan_.steps[i]));
      RETURN_IF_ERROR(Take(cluster_.CreateTopics(topics, /*validate_only=*/true, limits_)));
    }
    return absl::OkStatus();
  }

  // Both steps of a topic together: the broker judges the topic as it would be in the end.
  absl::Status Alterations() {
    std::map<std::string, TopicAlteration> by_topic;
    for (const size_t i : StepsOf(plan_, StepKind::kAlterConfig)) {
      TopicAlteration one = ToAlteration(plan_.steps[i]);
      TopicAlteration& all = by_topic[one.name];
      all.name = one.name;
      all.configs.merge(one.configs);
    }
    std::vector<TopicAlteration> batch;
    for (auto it = by_topic.begin(); it != by_topic.end();) {
      batch.push_back(std::move(it->second));
      ++it;
      if (batch.size() < batches_.topics && it != by_topic.end()) continue;
      RETURN_IF_ERROR(Take(cluster_.AlterConfigs(batch, /*validate_only=*/true, limits_)));
      batch.clear();
    }
    return absl::OkStatus();
  }

  absl::Status Additions() {
    for (const auto& batch :
         Batches(plan_.steps, StepsOf(plan_, StepKind::kAddPartitions), batches_)) {
      std::vector<PartitionAddition> topics;
      for (const size_t i : batch) topics.push_back(ToAddition(plan_.steps[i]));
      RETURN_IF_ERROR(Take(cluster_.AddPartitions(topics, /*validate_only=*/true, limits_)));
    }
    return absl::OkStatus();
  }

  absl::Status Take(const absl::StatusOr<ByTopic<TopicOutcome>>& answer) {
    RETURN_IF_ERROR(answer.status());
    for (const auto& [topic, outcome] : *answer) {
      if (outcome.status.ok()) continue;
      if (absl::IsUnavailable(outcome.status) || absl::IsResourceExhausted(outcome.status)) {
        return outcome.status;  // the broker could not judge: no plan is better than a wrong one
      }
      refused_.try_emplace(topic, absl::StrCat("the broker refuses it: ", outcome.broker_text,
                                               " (code ", outcome.kafka_code, ")"));
    }
    return absl::OkStatus();
  }

  ClusterAdmin& cluster_;
  const TopicPlan& plan_;
  const BatchLimits batches_;
  const CallLimits& limits_;
  std::map<std::string, std::string> refused_;
};

absl::Status CheckRequest(const PlanRequest& request, const TopicPolicy& policy,
                          const ClusterState& observed) {
  for (const std::string& topic : request.topics) {
    if (observed.topics.contains(topic)) continue;
    if (std::any_of(policy.topics.begin(), policy.topics.end(),
                    [&](const TopicEntry& entry) { return entry.name == topic; })) {
      continue;
    }
    return status::InvalidField(
        "topics",
        absl::StrCat("`", topic, "` is neither on the cluster nor in the policy's topics"));
  }
  return absl::OkStatus();
}

}  // namespace

NewTopic ToNewTopic(const PlanStep& step) {
  NewTopic topic = {.name = step.topic,
                    .partitions = step.partitions_after,
                    .replication_factor = step.replication_after};
  for (const ConfigChange& change : step.configs) topic.configs[change.key] = change.after;
  return topic;
}

PartitionAddition ToAddition(const PlanStep& step) {
  return {.name = step.topic, .total = step.partitions_after};
}

TopicAlteration ToAlteration(const PlanStep& step) {
  TopicAlteration alteration = {.name = step.topic};
  for (const ConfigChange& change : step.configs) {
    const bool is_set = change.operation == ConfigOperation::kSet;
    alteration.configs[change.key] = is_set ? std::optional(change.after) : std::nullopt;
  }
  return alteration;
}

std::vector<std::vector<size_t>> Batches(const std::vector<PlanStep>& steps,
                                         const std::vector<size_t>& indexes,
                                         const BatchLimits& batches) {
  std::vector<std::vector<size_t>> result;
  size_t partitions = 0;
  for (const size_t i : indexes) {
    const size_t own =
        static_cast<size_t>(std::max(1, steps[i].partitions_after - steps[i].partitions_before));
    const bool is_full = !result.empty() && (result.back().size() >= batches.topics ||
                                             partitions + own > batches.partitions);
    if (result.empty() || is_full) {
      result.emplace_back();
      partitions = 0;
    }
    result.back().push_back(i);
    partitions += own;
  }
  return result;
}

absl::StatusOr<TopicPlan> MakePlan(ClusterAdmin& cluster, const LoadedPolicy& policy,
                                   const std::vector<std::string>& connect_storage,
                                   const PlanRequest& request, const BatchLimits& batches,
                                   const CallLimits& limits) {
  ASSIGN_OR_RETURN(const ClusterState observed, Observe(cluster, {}, batches.topics, limits));
  if (!policy.policy.cluster_id.empty() &&
      policy.policy.cluster_id != observed.cluster.cluster_id) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = status::Reason::kClusterMismatch,
         .message = absl::StrCat("The policy is meant for cluster ", policy.policy.cluster_id,
                                 ", this service talks to ", observed.cluster.cluster_id, "."),
         .metadata = {{"cluster_id", observed.cluster.cluster_id}}});
  }
  RETURN_IF_ERROR(CheckRequest(request, policy.policy, observed));
  const Protection protection(connect_storage, policy.policy.protected_patterns);
  TopicPlan plan = BuildPlan(policy.policy, observed, protection, request);
  ASSIGN_OR_RETURN(const auto refused, Validation(cluster, plan, batches, limits).Run());
  for (const auto& [topic, message] : refused) {
    BlockTopic(plan, topic, "BROKER_REFUSED", message);
  }
  plan.policy_etag = policy.etag;
  plan.etag = PlanEtag(plan);
  return plan;
}

}  // namespace storefront::topics
