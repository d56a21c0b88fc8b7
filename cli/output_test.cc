// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "libs/testing/status_matchers.h"

namespace storefront::cli {
namespace {

using testing::IsOkAndHolds;

Document Runs() {
  return {{"seedRuns",
           {{{"name", "seedRuns/full-2"}, {"state", "RUNNING"}, {"progress", {{"percent", 41.5}}}},
            {{"name", "seedRuns/full-1"}, {"state", "SUCCEEDED"}}}},
          {"nextPageToken", ""}};
}

View RunsView() {
  return {.rows = "seedRuns",
          .columns = {{"NAME", "name"},
                      {"STATE", "state"},
                      {.heading = "PERCENT", .path = "progress.percent", .right = true},
                      {.heading = "SEED", .path = "seed", .wide = true}},
          .empty = "no runs"};
}

TEST(Output, TablesAlignTheirColumns) {
  EXPECT_THAT(Render(Runs(), RunsView(), Format::kTable, {}),
              IsOkAndHolds("NAME             STATE      PERCENT\n"
                           "seedRuns/full-2  RUNNING       41.5\n"
                           "seedRuns/full-1  SUCCEEDED        -\n"));
}

TEST(Output, WideAddsColumns) {
  const auto text = Render(Runs(), RunsView(), Format::kWide, {});
  ASSERT_TRUE(text.ok());
  EXPECT_NE(text->find("SEED"), std::string::npos);
}

TEST(Output, ColourIsOnlyThereWhenAskedFor) {
  const auto plain = Render(Runs(), RunsView(), Format::kTable, {.color = false});
  const auto painted = Render(Runs(), RunsView(), Format::kTable, {.color = true});
  EXPECT_EQ(plain->find('\x1b'), std::string::npos);
  EXPECT_NE(painted->find("\x1b[32mSUCCEEDED\x1b[0m"), std::string::npos);
}

TEST(Output, AnAnswerCannotDriveTheTerminal) {
  const Document evil = {{"rows", {{{"name", "a\x1b[2Jb\nc"}}}}};
  EXPECT_THAT(Render(evil, {.rows = "rows", .columns = {{"NAME", "name"}}}, Format::kTable, {}),
              IsOkAndHolds("NAME\na?[2Jb c\n"));
}

TEST(Output, ARecordMayHaveTablesBelowIt) {
  Document run = {{"name", "r"}, {"steps", Document::array()}};
  const View view{.columns = {{"run", "name"}},
                  .below = {{.rows = "steps", .columns = {{"SCRIPT", "script"}}}}};
  EXPECT_THAT(Render(run, view, Format::kTable, {}), IsOkAndHolds("run  r\n"));
  run["steps"].push_back({{"script", "V1__a.sql"}});
  EXPECT_THAT(Render(run, view, Format::kTable, {}), IsOkAndHolds("run  r\n\nSCRIPT\nV1__a.sql\n"));
  for (size_t i = 0; i < kRowsBelow; ++i) run["steps"].push_back({{"script", "V2__b.sql"}});
  const auto text = Render(run, view, Format::kTable, {});
  EXPECT_NE(text->find("… and 1 more; -o wide shows all\n"), std::string::npos);
  EXPECT_EQ(Render(run, view, Format::kWide, {})->find("more"), std::string::npos);
}

TEST(Output, ARecordIsLinesOfFieldAndValue) {
  const Document run = {{"name", "r"}, {"progress", {{"percent", 5}}}, {"warnings", {"a", "b"}}};
  EXPECT_THAT(Render(run, View{}, Format::kTable, {}),
              IsOkAndHolds("name              r\nprogress.percent  5\nwarnings          a,b\n"));
}

TEST(Output, ListsOfARecordAreTablesBelowIt) {
  const Document run = {{"name", "r"}, {"steps", {{{"script", "V1"}, {"state", "APPLIED"}}}}};
  EXPECT_THAT(Render(run, View{}, Format::kTable, {}),
              IsOkAndHolds("name  r\n\nsteps:\nSCRIPT  STATE\nV1      APPLIED\n"));
}

TEST(Output, AnEmptyListIsNoText) {
  EXPECT_THAT(Render({{"seedRuns", Document::array()}}, RunsView(), Format::kTable, {}),
              IsOkAndHolds(""));
}

TEST(Output, JsonKeepsTheOrderOfTheFields) {
  EXPECT_THAT(Render({{"b", 1}, {"a", "x"}}, View{}, Format::kJson, {}),
              IsOkAndHolds("{\n  \"b\": 1,\n  \"a\": \"x\"\n}\n"));
}

TEST(Output, JsonLinesHaveARowEach) {
  EXPECT_THAT(Render({{"l", {{{"a", 1}}, {{"a", 2}}}}}, {.rows = "l"}, Format::kJsonLines, {}),
              IsOkAndHolds("{\"a\":1}\n{\"a\":2}\n"));
  EXPECT_THAT(Render({{"a", 1}}, View{}, Format::kJsonLines, {}), IsOkAndHolds("{\"a\":1}\n"));
}

TEST(Output, NamesAreOnePerRow) {
  EXPECT_THAT(Render(Runs(), RunsView(), Format::kName, {}),
              IsOkAndHolds("seedRuns/full-2\nseedRuns/full-1\n"));
  EXPECT_THAT(Render({{"name", "topics/t"}}, View{}, Format::kName, {}),
              IsOkAndHolds("topics/t\n"));
}

TEST(Output, AnAnswerWithoutANameSaysSo) {
  EXPECT_EQ(ExitCodeOf(Render({{"valid", true}}, View{}, Format::kName, {}).status()),
            ExitCode::kUsage);
}

TEST(Output, FlywaysTableHasFlywaysWordsAndLines) {
  const Document answer = {{"migrations",
                            {{{"category", "VERSIONED"},
                              {"state", "OUT_OF_ORDER"},
                              {"version", "1"},
                              {"description", "init"},
                              {"type", "SQL"},
                              {"installTime", "2026-01-02T03:04:05.678901Z"},
                              {"undoable", false}}}}};
  EXPECT_THAT(
      Render(answer, EntryFor("storefront.migrator.v1.ListMigrationsResponse"), Format::kTable, {}),
      IsOkAndHolds("+-----------+---------+-------------+------+---------------------+-------------"
                   "-+----------+\n"
                   "| Category  | Version | Description | Type | Installed On        | State       "
                   " | Undoable |\n"
                   "+-----------+---------+-------------+------+---------------------+-------------"
                   "-+----------+\n"
                   "| Versioned | 1       | init        | SQL  | 2026-01-02 03:04:05 | Out of "
                   "Order | No       |\n"
                   "+-----------+---------+-------------+------+---------------------+-------------"
                   "-+----------+\n"));
}

TEST(Output, EveryFormatHasAName) {
  for (const std::string& name : FormatNames()) EXPECT_TRUE(ParseFormat(name)) << name;
  EXPECT_FALSE(ParseFormat("xml"));
}

}  // namespace
}  // namespace storefront::cli
