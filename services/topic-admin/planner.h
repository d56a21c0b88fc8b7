// Makes a plan: reads the cluster, compares, and lets the broker judge what would be sent.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/plan.h"
#include "services/topic-admin/plan_builder.h"
#include "services/topic-admin/policy_file.h"

namespace storefront::topics {

struct BatchLimits {
  size_t topics = 100;       // in one request
  size_t partitions = 1000;  // in one creation or addition request
};

// Changes nothing on the cluster. All reads succeed or there is no plan (T1). Fills what BuildPlan
// fills, with steps that the broker would refuse as BLOCKED(BROKER_REFUSED), and cluster, policy
// and plan etags. Errors: FAILED_PRECONDITION CLUSTER_MISMATCH; INVALID_ARGUMENT for a topic in the
// request that neither cluster nor policy has; those of ClusterAdmin.
absl::StatusOr<TopicPlan> MakePlan(ClusterAdmin& cluster, const LoadedPolicy& policy,
                                   const std::vector<std::string>& connect_storage,
                                   const PlanRequest& request, const BatchLimits& batches,
                                   const CallLimits& limits);

// The request that a step stands for.
NewTopic ToNewTopic(const PlanStep& step);
PartitionAddition ToAddition(const PlanStep& step);
TopicAlteration ToAlteration(const PlanStep& step);

// Steps in groups that fit one request: at most `batches.topics` topics, and partitions.
std::vector<std::vector<size_t>> Batches(const std::vector<PlanStep>& steps,
                                         const std::vector<size_t>& indexes,
                                         const BatchLimits& batches);

}  // namespace storefront::topics
