// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using ::testing::HasSubstr;

TEST(ParseScriptConfig, ReadsTheKnownKeys) {
  const auto config = ParseScriptConfig(
      "V1__a.sql.conf",
      "# runs alone\r\n! really\n\n executeInTransaction = FALSE\r\nencoding:utf-8\n"
      "placeholderReplacement=false");
  ASSERT_THAT(config, testing::IsOk());
  EXPECT_EQ(config->execute_in_transaction, false);
  EXPECT_FALSE(config->replace_placeholders);
}

TEST(ParseScriptConfig, AnEmptyFileChangesNothing) {
  EXPECT_THAT(ParseScriptConfig("a.conf", ""), testing::IsOkAndHolds(ScriptConfig{}));
  EXPECT_THAT(ParseScriptConfig("a.conf", "\xEF\xBB\xBF"), testing::IsOkAndHolds(ScriptConfig{}));
}

TEST(ParseScriptConfig, NamesEveryWrongLine) {
  const auto config =
      ParseScriptConfig("sub/V1__a.sql.conf",
                        "shouldExecute=false\nexecuteInTransaction=yes\nencoding=latin1\nplain");
  EXPECT_THAT(config, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kInvalidScriptConfig));
  const std::string message(config.status().message());
  EXPECT_THAT(message, HasSubstr("sub/V1__a.sql.conf:1: there is no key \"shouldExecute\""));
  EXPECT_THAT(message, HasSubstr(":2: executeInTransaction must be true or false"));
  EXPECT_THAT(message, HasSubstr(":3: encoding must be UTF-8"));
  EXPECT_THAT(message, HasSubstr(":4: the line is not key=value"));
}

TEST(ParseScriptConfig, KeysAreCaseSensitiveAsInFlyway) {
  EXPECT_FALSE(ParseScriptConfig("a.conf", "executeintransaction=false").ok());
}

}  // namespace
}  // namespace storefront::migrator
