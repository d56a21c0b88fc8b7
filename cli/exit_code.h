// What the process's exit code says; scripts rely on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace storefront::cli {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,  // a wrong command, flag, value or setting: nothing was sent
  kDifferences = 3,
  kTimeout = 4,
  kNotAllowed = 5,
  kUnreachable = 6,
  kInterrupted = 130,
};

// For the error of a call or of a command. OK is kDone.
ExitCode ExitCodeOf(const absl::Status& status);

// An error of the command line itself: ExitCodeOf gives kUsage. INVALID_ARGUMENT INVALID_SETTING.
absl::Status UsageError(absl::string_view message);

}  // namespace storefront::cli
