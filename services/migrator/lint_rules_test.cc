// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LintRules, TheTableIsIndexedByTheEnum) {
  for (size_t i = 0; i < LintRules().size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(LintRules()[i].rule), i);
    EXPECT_EQ(&InfoOf(LintRules()[i].rule), &LintRules()[i]);
  }
}

TEST(LintRules, NamesAreUnique) {
  std::set<absl::string_view> names;
  for (const LintRuleInfo& info : LintRules()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.what.empty());
    EXPECT_FALSE(info.fix.empty());
    EXPECT_EQ(info.what.back(), '.');
    EXPECT_EQ(info.fix.back(), '.');
  }
}

// With WRITE_LINT_DOCUMENT, which tools/gen-docs sets, it writes the document there instead.
TEST(LintRules, TheDocumentListsThem) {
  if (const char* path = std::getenv("WRITE_LINT_DOCUMENT"); path != nullptr) {
    std::ofstream out(path);
    out << LintRulesMarkdown();
    ASSERT_TRUE(out.flush().good()) << path;
    return;
  }
  std::ifstream file("docs/lint.md");
  ASSERT_TRUE(file.is_open()) << "run in the repository's root";
  const std::string written{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(written, LintRulesMarkdown()) << "docs/lint.md has fallen behind: run make docs";
}

TEST(LintRules, Aliases) {
  EXPECT_THAT(FindLintRules("prefer-timestamptz"), ElementsAre(LintRule::kPreferTimestampTz));
  EXPECT_THAT(FindLintRules("require-timeout-settings"),
              ElementsAre(LintRule::kRequireLockTimeout, LintRule::kRequireStatementTimeout));
  EXPECT_THAT(FindLintRules("nothing"), IsEmpty());
}

TEST(LintSelection, OptInRulesAreOff) {
  const LintSelection selection;
  EXPECT_TRUE(selection.Has(LintRule::kBanDropTable));
  EXPECT_FALSE(selection.Has(LintRule::kRequireTableSchema));
  const auto chosen =
      LintSelection::Make({"require-table-schema", "ban-drop-table"}, {"ban-drop-table"});
  ASSERT_THAT(chosen, testing::IsOk());
  EXPECT_TRUE(chosen->Has(LintRule::kRequireTableSchema));
  EXPECT_FALSE(chosen->Has(LintRule::kBanDropTable));
}

TEST(LintSelection, UnknownNamesAreNamed) {
  const auto wrong = LintSelection::Make({"ban-drop-table", "nothing"}, {});
  EXPECT_THAT(
      wrong, testing::HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidField));
  ASSERT_THAT(status::DetailsOf(wrong.status()).fields, SizeIs(1));
  EXPECT_EQ(status::DetailsOf(wrong.status()).fields[0].field, "enable_rules[1]");
  EXPECT_FALSE(LintSelection::Make({}, {"nothing"}).ok());
}

}  // namespace
}  // namespace storefront::migrator
