// Where the policy is read from.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/topic-admin/policy.h"

namespace storefront::topics {

struct LoadedPolicy {
  TopicPolicy policy;
  std::string etag;      // digest of the bytes
  absl::Time read_time;  // when this content was first seen
  std::vector<Finding> findings;
};

// POLICY_INVALID with the problems as field violations; OK when there are none.
absl::Status PolicyInvalid(absl::StatusCode code, const std::vector<PolicyProblem>& problems);

// Thread-safety: all methods.
class PolicyFile {
 public:
  virtual ~PolicyFile() = default;

  // The policy as it is now: a change of the file shows in the next call.
  // FAILED_PRECONDITION POLICY_INVALID with the first 100 problems as field violations (path, or
  // line:column for a fault of JSON itself): missing, over 1 MiB, not strict JSON, unknown or
  // wrong members, or refused by CheckPolicy.
  virtual absl::StatusOr<LoadedPolicy> Read() = 0;

  // Judges the text of a policy file as strictly, without storing it. INVALID_ARGUMENT
  // POLICY_INVALID with the same problems.
  virtual absl::StatusOr<LoadedPolicy> Parse(absl::string_view text) = 0;
};

}  // namespace storefront::topics
