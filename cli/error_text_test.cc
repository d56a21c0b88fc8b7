// SPDX-License-Identifier: Apache-2.0
#include "cli/error_text.h"

#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "libs/status/error.h"

namespace storefront::cli {
namespace {

TEST(ErrorTexts, CarryEverythingAPersonNeeds) {
  const absl::Status status = status::Error({.code = absl::StatusCode::kUnavailable,
                                             .reason = status::Reason::kOverloaded,
                                             .message = "Too many calls.",
                                             .metadata = {{"setting", "calls_max"}},
                                             .fields = {{"load.rows", "must be at most 10"}},
                                             .retry_after = absl::Seconds(2),
                                             .internal = "secret host"});
  EXPECT_EQ(ErrorText(status, "6f0c", false),
            "error: Too many calls.\n"
            "reason: OVERLOADED (setting=calls_max)\n"
            "  load.rows: must be at most 10\n"
            "hint: Try again after the delay that the answer carries.\n"
            "retry after: 2s\n"
            "request id: 6f0c\n");
}

TEST(ErrorTexts, AWrongCommandLineIsOneSentence) {
  EXPECT_EQ(ErrorText(UsageError("There is no flag '--x' here."), "", false),
            "error: There is no flag '--x' here.\n");
}

TEST(ErrorTexts, TheDocumentIsTheStatusOfRest) {
  const Document document = ErrorDocument(status::InvalidField("scale", "must be over 0"));
  EXPECT_EQ(document["code"], 3);
  EXPECT_EQ(document["details"][0]["reason"], "INVALID_FIELD");
  EXPECT_EQ(document["details"][1]["fieldViolations"][0]["field"], "scale");
}

}  // namespace
}  // namespace storefront::cli
