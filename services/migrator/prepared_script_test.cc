// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/prepared_script.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

using status::Reason;

absl::StatusOr<PreparedScript> Prepare(const std::string& text,
                                       const std::string& file = "V1__a.sql") {
  FakeStatementParser parser;
  const Script script{ParseScriptName(file).value(), {"m", file}, {}};
  return PrepareScript(script, {TextInMemory(text), ScriptChecksum(text)},
                       Placeholders::Make({.values = {{"long", "a_long_value"}}}).value(), {},
                       parser, 100);
}

TEST(PrepareScript, StatementsKnowTheirLines) {
  const auto script = Prepare("\n-- c\nselect 1; select\n2;\r\n\r\nselect 3");
  ASSERT_THAT(script, testing::IsOk());
  ASSERT_EQ(script->statements.size(), 3U);
  EXPECT_EQ(script->statements[0].line, 3);
  EXPECT_EQ(script->statements[1].line, 3);
  EXPECT_EQ(script->statements[2].line, 6);
}

TEST(PrepareScript, M8PositionsAreThoseOfTheFile) {
  const auto script = Prepare("a;\nselect 'ü', ${long}, x;");
  ASSERT_THAT(script, testing::IsOk());
  // The server counts in the replaced text: x is its 27th character.
  const TextPosition at = script->PositionIn(script->statements[1], 27);
  EXPECT_EQ(at.line, 2);
  EXPECT_EQ(at.column, 22);
}

TEST(PrepareScript, ChecksumsAreRawForVersionsAndReplacedForRepeatables) {
  const std::string text = "select '${long}';";
  EXPECT_EQ(Prepare(text)->script.checksum, ScriptChecksum(text));
  EXPECT_EQ(Prepare(text, "R__a.sql")->script.checksum, ScriptChecksum("select 'a_long_value';"));
}

TEST(PrepareScript, RefusesWhatMustNotRun) {
  const struct {
    absl::string_view text;
    Reason reason;
  } cases[] = {
      {"x; prepare transaction 'x'", Reason::kInvalidScript},
      {"discard all", Reason::kInvalidScript},
      {"select PG_Advisory_Unlock_All()", Reason::kInvalidScript},
      {"copy t to stdout", Reason::kInvalidScript},
      {"copy t from stdin (format binary);\n\\.\n", Reason::kInvalidScript},
      {"select 'x", Reason::kInvalidScript},
      {"select ${nobody}", Reason::kMissingPlaceholder},
      {"create table t (i int); vacuum", Reason::kMixedScript},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(Prepare(std::string(c.text)),
                testing::HasReason(absl::StatusCode::kFailedPrecondition, c.reason));
  }
}

TEST(DecideTransactional, OwnTransactionControlTakesItOut) {
  EXPECT_TRUE(Prepare("create table t (i int); savepoint a;")->transactional);
  EXPECT_TRUE(Prepare("-- nothing")->transactional);
  EXPECT_FALSE(Prepare("vacuum; reindex database d;")->transactional);
  EXPECT_FALSE(Prepare("begin; create table t (i int); commit; vacuum;")->transactional);
}

}  // namespace
}  // namespace storefront::migrator
