// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using ::testing::HasSubstr;

TEST(ParseLintPolicy, KnowsTheSettingsWords) {
  EXPECT_THAT(ParseLintPolicy("off"), testing::IsOkAndHolds(LintPolicy::kOff));
  EXPECT_THAT(ParseLintPolicy("warn"), testing::IsOkAndHolds(LintPolicy::kWarn));
  EXPECT_THAT(ParseLintPolicy("error"), testing::IsOkAndHolds(LintPolicy::kStop));
  EXPECT_THAT(ParseLintPolicy("WARN"), testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                          status::Reason::kInvalidSetting));
}

TEST(LintToStatus, OnlyErrorsStopARun) {
  LintFinding finding{.rule = "ban-drop-column",
                      .severity = LintSeverity::kWarning,
                      .migration = "V2",
                      .script = "V2__b.sql",
                      .line = 3,
                      .column = 5,
                      .message = "it goes."};
  EXPECT_THAT(LintToStatus({}), testing::IsOk());
  EXPECT_THAT(LintToStatus({finding}), testing::IsOk());
  finding.severity = LintSeverity::kError;
  const absl::Status failed = LintToStatus({finding, finding});
  EXPECT_THAT(failed, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kLintFailed));
  EXPECT_THAT(std::string(failed.message()),
              HasSubstr("V2__b.sql:3:5: ban-drop-column: it goes. (and 1 more errors)"));
  EXPECT_EQ(status::DetailsOf(failed).preconditions.size(), 2U);
}

TEST(LintText, ReadsAsALine) {
  EXPECT_EQ(LintText({.rule = "r", .severity = LintSeverity::kNote, .message = "m.", .fix = "f."}),
            "note: r: m. Fix: f.");
}

}  // namespace
}  // namespace storefront::migrator
