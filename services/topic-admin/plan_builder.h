// The difference between policy and cluster, as steps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "services/topic-admin/cluster_state.h"
#include "services/topic-admin/plan.h"
#include "services/topic-admin/policy.h"
#include "services/topic-admin/protection.h"

namespace storefront::topics {

struct PlanRequest {
  std::set<std::string> topics;  // only these; empty: all
};

// Pure: the same policy, state and request give the same steps in the same order. Fills steps,
// fingerprints and findings, nothing else.
//
// Order: CREATE, ALTER_CONFIG of risk SAFE, ADD_PARTITIONS, other ALTER_CONFIG, then what is not
// sent; by topic inside each. A topic has at most two ALTER_CONFIG steps, so that a longer
// min.compaction.lag.ms is in force before `compact` is. A BLOCKED topic has no other step.
TopicPlan BuildPlan(const TopicPolicy& policy, const ClusterState& observed,
                    const Protection& protection, const PlanRequest& request);

// Replaces all steps of `topic` by one BLOCKED step: what the broker's own check refused.
void BlockTopic(TopicPlan& plan, const std::string& topic, const std::string& reason,
                const std::string& message);

}  // namespace storefront::topics
