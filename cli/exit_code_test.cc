// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include "libs/status/error.h"

namespace storefront::cli {
namespace {

using status::Reason;

TEST(ExitCodes, EachKindOfErrorHasItsOwn) {
  struct Case {
    const char* name;
    absl::StatusCode code;
    Reason reason;
    ExitCode expected;
  };
  constexpr Case kCases[] = {
      {"done", absl::StatusCode::kOk, Reason::kUnspecified, ExitCode::kDone},
      {"a request the server refuses", absl::StatusCode::kInvalidArgument, Reason::kInvalidField,
       ExitCode::kFailed},
      {"a failed precondition", absl::StatusCode::kFailedPrecondition, Reason::kRunState,
       ExitCode::kFailed},
      {"a wrong setting", absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting,
       ExitCode::kUsage},
      {"too late", absl::StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed,
       ExitCode::kTimeout},
      {"role too low", absl::StatusCode::kPermissionDenied, Reason::kRoleTooLow,
       ExitCode::kNotAllowed},
      {"no token", absl::StatusCode::kUnauthenticated, Reason::kTokenRequired,
       ExitCode::kNotAllowed},
      {"nobody there", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
       ExitCode::kUnreachable},
      {"Ctrl-C", absl::StatusCode::kCancelled, Reason::kCallCancelled, ExitCode::kInterrupted},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const absl::Status status =
        c.code == absl::StatusCode::kOk
            ? absl::OkStatus()
            : status::Error({.code = c.code, .reason = c.reason, .message = "x"});
    EXPECT_EQ(ExitCodeOf(status), c.expected);
  }
}

TEST(ExitCodes, AUsageErrorIsTwo) {
  EXPECT_EQ(ExitCodeOf(UsageError("no such flag")), ExitCode::kUsage);
}

}  // namespace
}  // namespace storefront::cli
