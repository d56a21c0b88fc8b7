// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/prepared_script.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_script_source.h"
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

TEST(DecideTransactional, TheConfigurationHasTheLastWord) {
  const auto decide = [](const std::string& text, std::optional<bool> in_transaction,
                         bool allow_mixed = false) {
    return DecideTransactional(Prepare(text)->statements,
                               {.execute_in_transaction = in_transaction}, allow_mixed);
  };
  EXPECT_THAT(decide("select 1;", std::nullopt), testing::IsOkAndHolds(true));
  EXPECT_THAT(decide("select 1;", false), testing::IsOkAndHolds(false));
  EXPECT_THAT(decide("select 1;", true), testing::IsOkAndHolds(true));
  EXPECT_THAT(decide("vacuum;", std::nullopt), testing::IsOkAndHolds(false));
  EXPECT_THAT(decide("vacuum;", true), testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                                          Reason::kInvalidScriptConfig));
  EXPECT_THAT(
      decide("begin; select 1; commit;", true),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidScriptConfig));
}

TEST(DecideTransactional, MixedScriptsRunOutsideWhereTheyAreAllowed) {
  const std::string text = "create table t (i int); vacuum;";
  EXPECT_THAT(Prepare(text),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kMixedScript));
  FakeStatementParser parser;
  Script script{ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, {}};
  const auto prepare = [&](bool allow_mixed) {
    return PrepareScript(script, MakeText(text), Placeholders::Make({}).value(), {}, parser, 100,
                         allow_mixed);
  };
  EXPECT_FALSE(prepare(true)->transactional);
  script.config.execute_in_transaction = false;
  EXPECT_FALSE(prepare(false)->transactional);
}

TEST(PrepareScript, PlaceholdersStayWhereTheConfigurationSaysSo) {
  FakeStatementParser parser;
  Script script{ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, {}};
  script.config.replace_placeholders = false;
  const auto prepared = PrepareScript(script, MakeText("select '${nobody}';"),
                                      Placeholders::Make({}).value(), {}, parser, 100);
  ASSERT_THAT(prepared, testing::IsOk());
  EXPECT_EQ(prepared->Text(prepared->statements[0]), "select '${nobody}'");
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
