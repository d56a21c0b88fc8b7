// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/history_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_script_source.h"
#include "services/migrator/fake_statement_parser.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr CommitFate kLosses[] = {CommitFate::kLostBefore, CommitFate::kLostAfter};

class HistoryCommandsTest : public ::testing::Test {
 protected:
  HistoryCommandsTest() {
    for (const char* version : {"1", "2", "3"}) {
      source_.files[absl::StrCat("V", version, "__a.sql")] =
          absl::StrCat("create table t", version, " (i int);");
      source_.files[absl::StrCat("U", version, "__a.sql")] =
          absl::StrCat("drop table t", version, ";");
    }
  }
  // A history as if versions 1 to `count` had been applied.
  void Applied(int count) {
    History history{.exists = true};
    for (int i = 1; i <= count; ++i) {
      const std::string path = absl::StrCat("V", i, "__a.sql");
      history.rows.push_back({.installed_rank = i,
                              .version = Version::Parse(absl::StrCat(i)).value(),
                              .description = "a",
                              .script = path,
                              .checksum = ScriptChecksum(source_.files[path])});
    }
    database_.SetHistory(std::move(history));
    database_.WithCatalog([&](FakeCatalog& catalog) {
      for (int i = 1; i <= count; ++i) catalog.AddTable(absl::StrCat("t", i));
    });
  }
  // The run at its end.
  migrator::Run End(const absl::StatusOr<migrator::Run>& started) {
    EXPECT_THAT(started, testing::IsOk());
    if (!started.ok()) return {};
    const auto journal = runs_.Find(started->id).value();
    EXPECT_TRUE(testing::PollUntil([&] { return IsFinal(journal->state()); }));
    EXPECT_TRUE(testing::PollUntil([&] { return runs_.ActiveId().empty(); }));
    events_.clear();
    for (const RunEvent& event : journal->EventsAfter(0)) events_.push_back(event.type);
    return journal->Snapshot();
  }
  std::vector<std::string> Rows() {
    std::vector<std::string> rows;
    for (const HistoryRow& row : database_.history().rows) {
      rows.push_back(absl::StrCat(row.installed_rank, " ", HistoryTypeName(row.type), " ",
                                  row.version ? row.version->text() : row.description));
    }
    return rows;
  }
  HistoryCommands Commands() {
    return {{database_, catalog_, database_, clock_},
            runs_,
            {.baseline = {.version = Version::Parse("1").value()}, .clean_enabled = true}};
  }

  testing::FakeClock clock_;
  FakeScriptSource source_;
  FakeStatementParser parser_;
  Placeholders placeholders_ = Placeholders::Make({}).value();
  ScriptCatalog catalog_{source_, parser_, placeholders_, clock_, {}};
  FakeMigrationDatabase database_;
  RunRegistry runs_{clock_, {}};
  HistoryCommands commands_ = Commands();
  std::vector<std::string> events_;
};

const auto kAllApplied = Each(Field(&RunStep::state, StepState::kApplied));

TEST_F(HistoryCommandsTest, ABaselineIsARunWithOneStep) {
  const auto run = End(commands_.Baseline({.version = "7", .description = "as found"}));
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.kind, RunKind::kBaseline);
  EXPECT_THAT(run.id, ::testing::StartsWith("baseline-"));
  ASSERT_EQ(run.steps.size(), 1U);
  EXPECT_EQ(run.steps[0].action, StepAction::kRecord);
  EXPECT_EQ(run.steps[0].migration, "B7");
  EXPECT_EQ(run.initial_version, "");
  EXPECT_EQ(run.final_version, "7");
  EXPECT_THAT(Rows(), ElementsAre("1 BASELINE 7"));
  EXPECT_THAT(events_, ElementsAre("lock_acquired", "validated", "migration_started",
                                   "migration_finished", "finished"));
  const auto again = End(commands_.Baseline({.version = "7", .description = "as found"}));
  EXPECT_EQ(again.state, RunState::kSucceeded);
  EXPECT_THAT(again.steps, IsEmpty());
  EXPECT_THAT(commands_.Baseline({}),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kAlreadyBaselined));
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
}

TEST_F(HistoryCommandsTest, WhatARequestLeavesEmptyComesFromTheSettings) {
  EXPECT_EQ(End(commands_.Baseline({})).steps.at(0).description, "<< Flyway Baseline >>");
  EXPECT_THAT(Rows(), ElementsAre("1 BASELINE 1"));
  EXPECT_THAT(commands_.Baseline({.version = "x"}),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST_F(HistoryCommandsTest, M5ABaselineInDoubtIsSettledByTheHistory) {
  for (const CommitFate fate : kLosses) {
    database_.SetHistory({});
    database_.SetFates({fate});
    const auto run = End(commands_.Baseline({}));
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_THAT(run.steps, kAllApplied);
    EXPECT_EQ(run.steps.size(), 1U);
    EXPECT_THAT(Rows(), ElementsAre("1 BASELINE 1"));
    EXPECT_THAT(events_, Contains("reconnecting"));
  }
}

TEST_F(HistoryCommandsTest, M5ARepairInDoubtIsSettledByTheHistory) {
  for (const CommitFate fate : kLosses) {
    Applied(3);
    History history = database_.history();
    history.rows[1].success = false;
    history.rows[0].checksum = 1;
    database_.SetHistory(history);
    database_.SetFates({fate});
    const auto run = End(commands_.Repair({}));
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.steps.size(), 2U);
    EXPECT_THAT(run.steps, kAllApplied);
    EXPECT_THAT(Rows(), ElementsAre("1 SQL 1", "3 SQL 3"));
    EXPECT_THAT(End(commands_.Repair({})).steps, IsEmpty());
  }
}

TEST_F(HistoryCommandsTest, M5AnUndoInDoubtTakesEachBackOnce) {
  for (const CommitFate fate : kLosses) {
    for (size_t at = 0; at < 3; ++at) {
      SCOPED_TRACE(at);
      Applied(3);
      std::deque<CommitFate> fates(at, CommitFate::kGood);
      fates.push_back(fate);
      database_.SetFates(fates);
      const size_t before = database_.runs().size();
      const auto run = End(commands_.Undo({.target = "0?", .confirmation = "fake"}));
      EXPECT_EQ(run.state, RunState::kSucceeded);
      EXPECT_EQ(run.final_version, "");
      EXPECT_THAT(run.steps, kAllApplied);
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(run.steps[i].installed_rank, static_cast<int>(4 + i));
      }
      const std::vector<std::string> scripts = database_.runs();
      EXPECT_THAT(std::vector<std::string>(scripts.begin() + static_cast<std::ptrdiff_t>(before),
                                           scripts.end()),
                  ElementsAre("U3__a.sql", "U2__a.sql", "U1__a.sql"));
      EXPECT_THAT(Rows(), ElementsAre("1 SQL 1", "2 SQL 2", "3 SQL 3", "4 DELETE 3", "5 DELETE 2",
                                      "6 DELETE 1"));
    }
  }
}

TEST_F(HistoryCommandsTest, M5ALostUndoOfTheNewestDoesNotTakeTheNextOne) {
  for (const CommitFate fate : kLosses) {
    Applied(3);
    database_.SetFates({fate});
    const auto run = End(commands_.Undo({.confirmation = "fake"}));
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.final_version, "2");
    EXPECT_THAT(Rows(), ElementsAre("1 SQL 1", "2 SQL 2", "3 SQL 3", "4 DELETE 3"));
  }
}

TEST_F(HistoryCommandsTest, M5AnUndoTellsEachTextOnceWhateverIsLost) {
  for (const CommitFate fate : {CommitFate::kGood, kLosses[0], kLosses[1]}) {
    Applied(3);
    database_.SetFates({fate, CommitFate::kGood, fate});
    const auto run = End(commands_.Undo({.target = "0?", .confirmation = "fake"}));
    ASSERT_EQ(run.state, RunState::kSucceeded);
    std::vector<std::string> told;
    for (const AppliedText& each : (*runs_.Find(run.id))->TakeApplied()) {
      told.push_back(absl::StrCat(each.installed_rank, " ", each.script, " ", each.text->view()));
    }
    EXPECT_THAT(told, ElementsAre(::testing::StartsWith("4 U3__a.sql "),
                                  ::testing::StartsWith("5 U2__a.sql "),
                                  ::testing::StartsWith("6 U1__a.sql ")));
  }
}

TEST_F(HistoryCommandsTest, M5ACleanInDoubtIsNotRepeatedOnWhatOthersMade) {
  for (const CommitFate fate : kLosses) {
    Applied(2);
    const int before = database_.cleans();
    database_.SetFates({fate});
    int opened = 0;
    database_.on_open = [&] {
      if (++opened != 2 || fate == CommitFate::kLostBefore) return;
      database_.WithCatalog([](FakeCatalog& catalog) { catalog.AddTable("of_others"); });
    };
    const auto run = End(commands_.Clean({.confirmation = "fake"}));
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_THAT(run.steps, kAllApplied);
    EXPECT_EQ(database_.cleans(), before + 1);
    database_.WithCatalog([&](FakeCatalog& catalog) {
      EXPECT_EQ(catalog.objects.size(), fate == CommitFate::kLostAfter ? 1U : 0U);
      catalog.Clear();
    });
    database_.on_open = [] {};
  }
}

TEST_F(HistoryCommandsTest, ASessionThatIsLostAgainAndAgainEndsTheRun) {
  Applied(1);
  database_.SetFates(std::deque<CommitFate>(10, CommitFate::kLostBefore));
  const auto run = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(Rows(), ElementsAre("1 SQL 1"));
}

TEST_F(HistoryCommandsTest, UndoStopsAtTheFirstFailureAndSaysWhere) {
  Applied(3);
  source_.files["U2__a.sql"] = "drop table t2;\n select 1/0;";
  const auto run = End(commands_.Undo({.target = "0?", .confirmation = "fake"}));
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kScriptFailed));
  EXPECT_EQ(status::DetailsOf(run.error).metadata.at("file"), "U2__a.sql");
  EXPECT_EQ(status::DetailsOf(run.error).metadata.at("line"), "2");
  EXPECT_EQ(run.steps[0].state, StepState::kApplied);
  EXPECT_EQ(run.steps[1].state, StepState::kFailed);
  EXPECT_EQ(run.steps[2].state, StepState::kPending);
  EXPECT_EQ(run.final_version, "2");
}

TEST_F(HistoryCommandsTest, M7ALockTimeoutIsRepeatedWithinBounds) {
  Applied(1);
  source_.files["U1__a.sql"] = "locked;";
  database_.locked_failures = 2;
  const auto run = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.steps[0].attempts, 3);
  Applied(1);
  database_.locked_failures = -1;
  const auto failed = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_THAT(failed.error, testing::HasReason(absl::StatusCode::kAborted, Reason::kLockTimeout));
  EXPECT_EQ(failed.steps[0].attempts, 6);
}

TEST_F(HistoryCommandsTest, WhatAPersonMustTypeIsTheDatabasesName) {
  Applied(1);
  for (const char* typed : {"", "Fake", "public"}) {
    const absl::Status statuses[] = {commands_.Undo({.confirmation = typed}).status(),
                                     commands_.Clean({.confirmation = typed}).status(),
                                     commands_.ForceUnlock({.confirmation = typed}).status()};
    for (const absl::Status& status : statuses) {
      EXPECT_THAT(status, testing::HasReason(absl::StatusCode::kInvalidArgument,
                                             Reason::kConfirmationMismatch));
      EXPECT_EQ(status::DetailsOf(status).fields.at(0).field, "confirmation");
    }
  }
  EXPECT_THAT(Rows(), ElementsAre("1 SQL 1"));
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
  EXPECT_THAT(runs_.List().value(), IsEmpty());
}

TEST_F(HistoryCommandsTest, ValidateOnlyShowsTheStepsAndStartsNothing) {
  Applied(2);
  const auto undo = commands_.Undo({.target = "0?", .validate_only = true});
  ASSERT_THAT(undo, testing::IsOk());
  EXPECT_EQ(undo->id, "");
  EXPECT_EQ(undo->steps.size(), 2U);
  EXPECT_THAT(undo->steps, Each(Field(&RunStep::state, StepState::kPending)));
  EXPECT_EQ(undo->initial_version, "2");
  EXPECT_EQ(commands_.Clean({.validate_only = true})->steps.at(0).detail, "public: 3 tables");
  EXPECT_THAT(commands_.Repair({.validate_only = true})->steps, IsEmpty());
  EXPECT_THAT(commands_.Baseline({.validate_only = true}),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kHistoryNotEmpty));
  EXPECT_THAT(runs_.List().value(), IsEmpty());
  EXPECT_EQ(database_.history().rows.size(), 2U);
}

TEST_F(HistoryCommandsTest, CleanNeedsItsSetting) {
  HistoryCommands careful({database_, catalog_, database_, clock_}, runs_,
                          {.baseline = {.version = Version::Parse("1").value()}});
  for (const bool validate_only : {false, true}) {
    EXPECT_THAT(careful.Clean({.confirmation = "fake", .validate_only = validate_only}),
                testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kCleanDisabled));
  }
}

TEST_F(HistoryCommandsTest, ALockThatOthersHoldIsWaitedForByTheRun) {
  Applied(1);
  database_.HoldLock(7);
  const auto run = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kDeadlineExceeded, Reason::kHistoryLockTimeout));
  EXPECT_THAT(Rows(), ElementsAre("1 SQL 1"));
}

TEST_F(HistoryCommandsTest, ACancelledUndoKeepsWhatItHasDone) {
  Applied(3);
  std::atomic<bool> asked = false;
  database_.on_apply = [&](const PreparedScript& script) {
    if (script.script.file.path != "U2__a.sql" || asked.exchange(true)) return;
    EXPECT_THAT(runs_.Cancel(runs_.ActiveId()), testing::IsOk());
  };
  const auto run = End(commands_.Undo({.target = "0?", .confirmation = "fake"}));
  EXPECT_EQ(run.state, RunState::kCancelled);
  EXPECT_THAT(Rows(), ElementsAre("1 SQL 1", "2 SQL 2", "3 SQL 3", "4 DELETE 3"));
  EXPECT_EQ(run.steps[1].state, StepState::kPending);
}

TEST_F(HistoryCommandsTest, CallbacksRunAroundItOnce) {
  Applied(1);
  for (const char* name : {"beforeUndo.sql", "afterUndo__b.sql", "afterUndo__a.sql",
                           "beforeRepair.sql", "afterRepair.sql", "beforeClean.sql"}) {
    source_.files[name] = "select 1;";
  }
  database_.SetFates({CommitFate::kGood, CommitFate::kLostAfter});
  EXPECT_EQ(End(commands_.Undo({.confirmation = "fake"})).state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(),
              ElementsAre("beforeUndo.sql", "U1__a.sql", "afterUndo__a.sql", "afterUndo__b.sql"));
  EXPECT_THAT(events_, Contains("callback"));
  End(commands_.Repair({}));
  EXPECT_THAT(database_.runs().back(), "afterRepair.sql") << "also when there is nothing to do";
}

TEST_F(HistoryCommandsTest, ACallbackThatFailsEndsTheRun) {
  Applied(1);
  source_.files["beforeUndo.sql"] = "select 1/0;";
  const auto run = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kScriptFailed));
  EXPECT_THAT(Rows(), ElementsAre("1 SQL 1"));
  source_.files["beforeUndo.sql"] = "select '";
  EXPECT_THAT(commands_.Undo({.confirmation = "fake"}),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidScript));
}

TEST_F(HistoryCommandsTest, ACallbackWhoseSessionIsLostIsNotRepeated) {
  Applied(1);
  source_.files["afterUndo.sql"] = "select 1;";
  database_.SetFates({CommitFate::kGood, CommitFate::kLostAfter});
  const auto run = End(commands_.Undo({.confirmation = "fake"}));
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(database_.runs(), ElementsAre("U1__a.sql", "afterUndo.sql"));
  EXPECT_EQ(run.steps[0].state, StepState::kApplied);
}

TEST_F(HistoryCommandsTest, ForceUnlockEndsTheHolderThatIsNamed) {
  auto holder = database_.Open().value();
  ASSERT_THAT(holder->TryLock(), testing::IsOkAndHolds(true));
  const LockHolder seen = *database_.Read()->lock_holder;
  const auto ended = commands_.ForceUnlock(
      {.pid = seen.pid, .backend_start = seen.backend_start, .confirmation = "fake"});
  ASSERT_THAT(ended, testing::IsOk());
  EXPECT_EQ(ended->pid, holder->backend_pid());
  EXPECT_THAT(commands_.ForceUnlock(
                  {.pid = seen.pid, .backend_start = seen.backend_start, .confirmation = "fake"}),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kLockNotHeld));
}

}  // namespace
}  // namespace storefront::migrator
