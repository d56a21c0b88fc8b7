// Whether a policy makes sense by itself, without a cluster.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "services/topic-admin/policy.h"

namespace storefront::topics {

inline constexpr size_t kMaxProblems = 100;
inline constexpr size_t kMaxRegexLength = 512;

struct PolicyLimits {
  size_t max_rules = 1000;
  size_t max_topics = 20'000;
};

struct PolicyReport {
  std::vector<PolicyProblem> problems;  // the policy cannot be used; the first 100, by place
  std::vector<Finding> findings;        // it can, but a person should look
};

// Pure. All problems at once.
PolicyReport CheckPolicy(const TopicPolicy& policy, const PolicyLimits& limits = {});

}  // namespace storefront::topics
