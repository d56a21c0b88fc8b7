// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <string>

#include "libs/status/error.h"

namespace storefront::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kDone;
  if (status::ReasonOf(status) == status::Reason::kInvalidSetting) return ExitCode::kUsage;
  if (status.code() == absl::StatusCode::kUnavailable) return ExitCode::kUnreachable;
  if (status.code() == absl::StatusCode::kDeadlineExceeded) return ExitCode::kTimeout;
  if (status.code() == absl::StatusCode::kPermissionDenied ||
      status.code() == absl::StatusCode::kUnauthenticated) {
    return ExitCode::kNotAllowed;
  }
  if (status::ReasonOf(status) == status::Reason::kCallCancelled) return ExitCode::kInterrupted;
  return ExitCode::kFailed;
}

absl::Status UsageError(absl::string_view message) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = std::string(message)});
}

}  // namespace storefront::cli
