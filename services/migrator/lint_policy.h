// What findings of lint do to a run, and how they read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/script_judge.h"

namespace storefront::migrator {

// "off", "warn", "error", as in the setting. INVALID_ARGUMENT INVALID_SETTING.
absl::StatusOr<LintPolicy> ParseLintPolicy(absl::string_view text);

// "note", "warning", "error".
absl::string_view LintSeverityName(LintSeverity severity);

// "warning: require-concurrent-index-creation: … Fix: …".
std::string LintText(const LintFinding& finding);

// FAILED_PRECONDITION LINT_FAILED with every error as a violation; OK without errors.
absl::Status LintToStatus(const std::vector<LintFinding>& findings);

}  // namespace storefront::migrator
