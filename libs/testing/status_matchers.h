// Matchers for results: code and reason together, and Abseil's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "libs/status/error.h"

namespace storefront::testing {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// EXPECT_THAT(result, HasReason(absl::StatusCode::kAborted, Reason::kRunActive)).
MATCHER_P2(HasReason, code, reason, "") {
  const absl::Status status = StatusOf(arg);
  *result_listener << status << " with reason "
                   << storefront::status::ReasonName(storefront::status::ReasonOf(status));
  return status.code() == code && storefront::status::ReasonOf(status) == reason;
}

}  // namespace storefront::testing
