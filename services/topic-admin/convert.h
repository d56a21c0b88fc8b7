// Topics and plans between proto and domain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/topic-admin/cluster_state.h"
#include "services/topic-admin/plan.h"
#include "services/topic-admin/plan_runs.h"
#include "storefront/topics/v1/topics.pb.h"

namespace storefront::topics {

// The topic in "topics/NAME". INVALID_ARGUMENT INVALID_FIELD for another form or an illegal name.
absl::StatusOr<std::string> TopicFromName(absl::string_view name);

// The id in "topicPlans/ID". INVALID_ARGUMENT INVALID_FIELD for another form.
absl::StatusOr<std::string> PlanIdFromName(absl::string_view name);

ApplyRequest FromProto(const v1::ApplyTopicPlanRequest& request, std::string id,
                       std::string principal);

// `configs` is null in view BASIC.
v1::Topic ToProto(const TopicState& state, const TopicConfigs* configs,
                  const std::string& protection, const std::vector<std::string>& policy_sources);

v1::TopicCluster ToProto(const ClusterInfo& cluster, size_t topic_count);

// Everything but the steps.
v1::TopicPlan ToProto(const TopicPlan& plan);

v1::TopicPlanStep ToProto(const PlanStep& step, size_t index);

}  // namespace storefront::topics
