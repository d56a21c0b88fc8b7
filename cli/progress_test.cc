// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "cli/output_table.h"
#include "cli/session_fixture.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Progress, ReadsAFullLoad) {
  const RunProgress progress = ProgressOf({{"name", "seedRuns/full-1"},
                                           {"state", "RUNNING"},
                                           {"progress",
                                            {{"percent", 41.6},
                                             {"eta", "11.2s"},
                                             {"rowsPerSecond", 412345.6},
                                             {"chunksDone", "5"},
                                             {"chunksPlanned", "12"}}}});
  EXPECT_EQ(ProgressLine(progress),
            "seedRuns/full-1: RUNNING, 42 %, 5 of 12 chunks, 412346 rows/s, 12s left");
}

TEST(Progress, ReadsAMigrationRunAndAPlan) {
  EXPECT_EQ(ProgressLine(ProgressOf({{"name", "m"},
                                     {"state", "RUNNING"},
                                     {"progress", {{"scriptsTotal", 4}, {"scriptsDone", 1}}}})),
            "m: RUNNING, 25 %, 1 of 4 scripts");
  EXPECT_EQ(
      ProgressLine(ProgressOf(
          {{"name", "p"}, {"state", "APPLYING"}, {"summary", {{"changes", 5}, {"applied", 5}}}})),
      "p: APPLYING, 100 %, 5 of 5 steps");
}

TEST(Progress, NamesTheScriptUnderWayOrWhoHoldsTheLock) {
  EXPECT_EQ(ProgressLine(ProgressOf({{"name", "m"},
                                     {"state", "RUNNING"},
                                     {"progress",
                                      {{"scriptsTotal", 4},
                                       {"scriptsDone", 1},
                                       {"statementsTotal", 7},
                                       {"statementsDone", 2},
                                       {"currentScript", "V2__x.sql"}}}})),
            "m: RUNNING, 25 %, 1 of 4 scripts, V2__x.sql (2 of 7 statements)");
  EXPECT_EQ(
      ProgressLine(ProgressOf({{"name", "m"},
                               {"state", "WAITING_FOR_LOCK"},
                               {"progress", {{"scriptsTotal", 0}, {"currentScript", ""}}},
                               {"lockHolder", {{"pid", 12}, {"applicationName", "Flyway"}}}})),
      "m: WAITING_FOR_LOCK, the lock is held by pid 12 (Flyway)");
}

TEST(Progress, EventsThatAPersonWantsAreLines) {
  EXPECT_EQ(EventLine({{"type", "blocked"},
                       {"script", "V2__x.sql"},
                       {"line", 3},
                       {"message", "waits for pid 12\n\x1b[2J"}}),
            "V2__x.sql:3: blocked: waits for pid 12  [2J");
  EXPECT_EQ(EventLine({{"type", "retry"},
                       {"script", "V2__x.sql"},
                       {"line", 0},
                       {"duration", "0.500s"},
                       {"sqlstate", "55P03"},
                       {"message", "attempt 2"}}),
            "V2__x.sql: retry: attempt 2 after 55P03, in 0.500s");
  EXPECT_EQ(EventLine({{"type", "statement_started"}, {"message", "x"}}), "");
}

TEST(Progress, ALongStatementTellsItsPhase) {
  const std::string phase = PhaseOf({{"type", "statement_progress"},
                                     {"script", "V4__i.sql"},
                                     {"phase", "building index: scanning table"},
                                     {"phaseDone", "40"},
                                     {"phaseTotal", "100"}},
                                    "");
  EXPECT_EQ(phase, "V4__i.sql: building index: scanning table 40 %");
  EXPECT_EQ(PhaseOf({{"type", "notice"}}, phase), phase);
  EXPECT_EQ(PhaseOf({{"type", "statement_finished"}}, phase), "");
}

TEST(Progress, ACutBarKeepsWholeCharacters) {
  const RunProgress progress{.name = "m", .state = "RUNNING", .phase = "ääääääääää"};
  for (int columns = 2; columns < 30; ++columns) {
    const std::string bar = ProgressBar(progress, columns);
    EXPECT_TRUE(bar.empty() || (static_cast<unsigned char>(bar.back()) & 0xC0U) != 0xC0U) << bar;
  }
}

TEST(Progress, ARunWithoutAnEndHasNoPercent) {
  const RunProgress progress =
      ProgressOf({{"name", "d"},
                  {"state", "RUNNING"},
                  {"progress", {{"percent", 0.0}, {"eventsDone", "120"}, {"rowsPerSecond", 60}}}});
  EXPECT_FALSE(progress.percent);
  EXPECT_EQ(ProgressLine(progress), "d: RUNNING, 120 events, 60 rows/s");
}

TEST(Progress, ABarNeverWraps) {
  const RunProgress progress{.name = "seedRuns/full-1",
                             .state = "RUNNING",
                             .percent = 50,
                             .rate = "412000 rows/s",
                             .eta = "12s",
                             .detail = "5 of 10 chunks"};
  for (int columns = 1; columns < 200; ++columns) {
    EXPECT_LT(DisplayWidth(ProgressBar(progress, columns)), std::max(columns, 2));
  }
  EXPECT_THAT(ProgressBar(progress, 150), HasSubstr("[####################--------------------]"));
}

TEST(Progress, OffATerminalALineComesPerStateAndTenSeconds) {
  SessionFixture f;
  ProgressDisplay display(f.session);
  for (int second = 0; second < 25; ++second) {
    display.Show({.name = "r", .state = "RUNNING", .percent = second});
    f.clock.Advance(absl::Seconds(1));
  }
  display.Show({.name = "r", .state = "SUCCEEDED", .percent = 100});
  EXPECT_EQ(f.err.str(),
            "r: RUNNING, 0 %\nr: RUNNING, 10 %\nr: RUNNING, 20 %\nr: SUCCEEDED, 100 %\n");
}

TEST(Progress, OnATerminalTheBarIsDrawnOverAndTakenAway) {
  SessionFixture f;
  f.terminal.err_is_terminal = true;
  {
    ProgressDisplay display(f.session);
    display.Show({.name = "r", .state = "RUNNING", .percent = 1});
    display.Show({.name = "r", .state = "RUNNING", .percent = 2});  // too soon
  }
  EXPECT_THAT(f.err.str(), Not(HasSubstr("\n")));
  EXPECT_THAT(f.err.str(), Not(HasSubstr("2 %")));
  EXPECT_THAT(f.err.str(), ::testing::EndsWith("\r\x1b[K"));
}

}  // namespace
}  // namespace storefront::cli
