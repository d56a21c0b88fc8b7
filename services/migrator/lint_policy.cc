// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_policy.h"

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::migrator {

absl::StatusOr<LintPolicy> ParseLintPolicy(absl::string_view text) {
  if (text == "off") return LintPolicy::kOff;
  if (text == "warn") return LintPolicy::kWarn;
  if (text == "error") return LintPolicy::kStop;
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = "lint_policy: must be off, warn or error",
                        .fields = {{"lint_policy", "must be off, warn or error"}}});
}

absl::string_view LintSeverityName(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kNote:
      return "note";
    case LintSeverity::kWarning:
      return "warning";
    case LintSeverity::kError:
      return "error";
  }
  return "";
}

std::string LintText(const LintFinding& finding) {
  return absl::StrCat(LintSeverityName(finding.severity), ": ", finding.rule, ": ", finding.message,
                      finding.fix.empty() ? "" : " Fix: ", finding.fix);
}

absl::Status LintToStatus(const std::vector<LintFinding>& findings) {
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                         .reason = status::Reason::kLintFailed};
  for (const LintFinding& finding : findings) {
    if (finding.severity != LintSeverity::kError) continue;
    const std::string text = absl::StrCat(finding.script, ":", finding.line, ":", finding.column,
                                          ": ", finding.rule, ": ", finding.message);
    if (spec.message.empty()) spec.message = text;
    spec.preconditions.push_back({.type = finding.rule,
                                  .subject = finding.migration.empty()
                                                 ? finding.script
                                                 : absl::StrCat("migrations/", finding.migration),
                                  .description = text});
  }
  if (spec.preconditions.empty()) return absl::OkStatus();
  if (spec.preconditions.size() > 1) {
    absl::StrAppend(&spec.message, " (and ", spec.preconditions.size() - 1, " more errors)");
  }
  return status::Error(std::move(spec));
}

}  // namespace storefront::migrator
