// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_script_source.h"
#include "services/migrator/fake_statement_parser.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunExecutorTest : public ::testing::Test {
 protected:
  RunExecutorTest()
      : placeholders_(Placeholders::Make({.secrets = {{"password", "hunter2"}}}).value()),
        catalog_(source_, parser_, placeholders_, clock_, {}) {}

  migrator::Run Execute(const MigrateOptions& options = {}, std::stop_token stop = {}) {
    MigrateExecutor executor({database_, catalog_, database_, clock_, judge_}, {},
                             Complete(options));
    prepared_ = executor.Prepare();
    RunJournal journal({.id = "r"}, clock_, 1000);
    if (prepared_.ok()) executor.Execute(journal, stop);
    events_.clear();
    for (const RunEvent& event : journal.EventsAfter(0)) events_.push_back(event.type);
    return journal.Snapshot();
  }
  static MigrateOptions Complete(MigrateOptions options) {
    options.ignore = IgnorePatterns::Parse({}).value();
    return options;
  }

  testing::FakeClock clock_;
  FakeScriptSource source_{{{"V1__a.sql", "a;"}, {"V2__b.sql", "b;"}, {"V3__c.sql", "c;"}}};
  FakeStatementParser parser_;
  Placeholders placeholders_;
  ScriptCatalog catalog_;
  FakeMigrationDatabase database_;
  ScriptJudge* judge_ = nullptr;
  absl::Status prepared_;
  std::vector<std::string> events_;
};

TEST_F(RunExecutorTest, AppliesEachOnceThenNothing) {
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.final_version, "3");
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql", "V2__b.sql", "V3__c.sql"));
  EXPECT_THAT(Execute().steps, IsEmpty());
  EXPECT_EQ(database_.history().rows.size(), 3U);
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
}

TEST_F(RunExecutorTest, M5ACommitInDoubtIsSettledByTheHistory) {
  for (const CommitFate fate : {CommitFate::kLostBefore, CommitFate::kLostAfter}) {
    for (size_t at = 0; at < 3; ++at) {
      SCOPED_TRACE(at);
      FakeMigrationDatabase fresh;
      std::deque<CommitFate> fates(at, CommitFate::kGood);
      fates.push_back(fate);
      fresh.SetFates(fates);
      MigrateExecutor executor({fresh, catalog_, fresh, clock_}, {}, Complete({}));
      ASSERT_THAT(executor.Prepare(), testing::IsOk());
      RunJournal journal({.id = "r"}, clock_, 1000);
      executor.Execute(journal, {});
      EXPECT_EQ(journal.state(), RunState::kSucceeded);
      EXPECT_THAT(fresh.runs(), ElementsAre("V1__a.sql", "V2__b.sql", "V3__c.sql"));
      for (const RunStep& step : journal.Snapshot().steps) {
        EXPECT_EQ(step.state, StepState::kApplied);
      }
      std::vector<std::string> texts;
      for (const AppliedText& text : journal.TakeApplied()) {
        texts.push_back(absl::StrCat(text.installed_rank, " ", text.text->view()));
      }
      EXPECT_THAT(texts, ElementsAre("1 a;", "2 b;", "3 c;"));
    }
  }
}

TEST_F(RunExecutorTest, M5WhatACrashTookBackIsAppliedAgain) {
  int applied = 0;
  database_.on_apply = [&](const PreparedScript&) {
    if (++applied == 3) database_.CrashOnNextCommit();
  };
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql", "V2__b.sql", "V3__c.sql"));
  EXPECT_THAT(events_, Contains("reconnecting"));
}

TEST_F(RunExecutorTest, M5AScriptThatLosesEverySessionIsGivenUp) {
  database_.SetFates(std::deque<CommitFate>(10, CommitFate::kLostBefore));
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(database_.runs(), IsEmpty());
}

TEST_F(RunExecutorTest, ALostServerIsWaitedFor) {
  database_.SetFates({CommitFate::kLostAfter});
  database_.on_apply = [&, first = true](const PreparedScript&) mutable {
    if (std::exchange(first, false)) database_.RefuseConnects(5);
  };
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  EXPECT_EQ(database_.runs().size(), 3U);
}

TEST_F(RunExecutorTest, M8AFailureNamesPlaceAndKeepsSecrets) {
  source_.files["V2__b.sql"] = "b;\n  select 1/0;";
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kScriptFailed));
  const auto metadata = status::DetailsOf(run.error).metadata;
  EXPECT_EQ(metadata.at("file"), "V2__b.sql");
  EXPECT_EQ(metadata.at("line"), "2");
  EXPECT_EQ(metadata.at("column"), "3");
  EXPECT_EQ(run.steps[1].state, StepState::kFailed);
  EXPECT_EQ(run.steps[2].state, StepState::kPending);
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql"));
}

TEST_F(RunExecutorTest, M7LockTimeoutsAreRetriedWithinBounds) {
  source_.files["V2__b.sql"] = "locked;";
  database_.locked_failures = 2;
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.steps[1].attempts, 3);
  source_.files["V4__d.sql"] = "locked;";
  database_.locked_failures = -1;
  const auto failed = Execute();
  EXPECT_EQ(failed.steps.at(0).attempts, 6);
  EXPECT_THAT(failed.error, testing::HasReason(absl::StatusCode::kAborted, Reason::kLockTimeout));
}

TEST_F(RunExecutorTest, AHeldLockEndsTheWaitAtItsLimit) {
  database_.HoldLock(7);
  MigrateOptions options;
  options.lock_wait = absl::Seconds(5);
  const clock::SteadyTime begin = clock_.Steady();
  const auto run = Execute(options);
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kDeadlineExceeded, Reason::kHistoryLockTimeout));
  EXPECT_EQ(status::DetailsOf(run.error).metadata.at("pid"), "7");
  EXPECT_LT(clock_.Steady() - begin, absl::Seconds(8));
  EXPECT_THAT(events_, Contains("lock_waiting"));
}

TEST_F(RunExecutorTest, AStopEndsTheRunBetweenScripts) {
  std::stop_source stop;
  database_.on_apply = [&](const PreparedScript& script) {
    if (script.script.file.path == "V2__b.sql") stop.request_stop();
  };
  const auto run = Execute({}, stop.get_token());
  EXPECT_EQ(run.state, RunState::kInterrupted) << "nobody asked to cancel";
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql"));
}

TEST_F(RunExecutorTest, WhatForbidsTheRunIsToldBefore) {
  source_.files["V4__d.sql"] = "select '";
  source_.files["V5__e.sql"] = "${nobody}";
  Execute();
  EXPECT_THAT(prepared_,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidScript));
  EXPECT_EQ(status::DetailsOf(prepared_).preconditions.size(), 2U) << "all at once";
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
}

TEST_F(RunExecutorTest, CallbacksRunAtTheirPlaces) {
  source_.files = {{"V1__a.sql", "a;"},
                   {"V2__b.sql", "b;"},
                   {"R__v.sql", "v;"},
                   {"beforeMigrate.sql", "x;"},
                   {"beforeEachMigrate.sql", "x;"},
                   {"afterEachMigrate.sql", "x;"},
                   {"afterVersioned.sql", "x;"},
                   {"beforeRepeatables.sql", "x;"},
                   {"afterMigrateApplied.sql", "x;"},
                   {"afterMigrate__a.sql", "x;"},
                   {"afterMigrate__b.sql", "x;"},
                   {"afterMigrateError.sql", "x;"},
                   {"afterEachMigrateError.sql", "x;"}};
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(),
              ElementsAre("beforeMigrate.sql", "beforeEachMigrate.sql", "V1__a.sql",
                          "afterEachMigrate.sql", "beforeEachMigrate.sql", "V2__b.sql",
                          "afterEachMigrate.sql", "afterVersioned.sql", "beforeRepeatables.sql",
                          "beforeEachMigrate.sql", "R__v.sql", "afterEachMigrate.sql",
                          "afterMigrateApplied.sql", "afterMigrate__a.sql", "afterMigrate__b.sql"));
  EXPECT_EQ(database_.history().rows.size(), 3U) << "callbacks have no rows";
  const size_t before = database_.runs().size();
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  const auto runs = database_.runs();
  EXPECT_THAT(
      std::vector<std::string>(runs.begin() + static_cast<std::ptrdiff_t>(before), runs.end()),
      ElementsAre("beforeMigrate.sql", "afterVersioned.sql", "afterMigrate__a.sql",
                  "afterMigrate__b.sql"))
      << "without anything to apply";
}

TEST_F(RunExecutorTest, CallbacksAfterAFailureNeverHideIt) {
  source_.files["V2__b.sql"] = "select 1/0;";
  source_.files["afterEachMigrateError.sql"] = "x;";
  source_.files["afterMigrateError.sql"] = "select 1/0;";
  source_.files["afterMigrate.sql"] = "x;";
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_EQ(status::DetailsOf(run.error).metadata.at("file"), "V2__b.sql");
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql", "afterEachMigrateError.sql"));
  EXPECT_THAT(events_, Contains("failed"));
}

TEST_F(RunExecutorTest, ACallbackInAMigrationFallsWithIt) {
  source_.files["afterEachMigrate.sql"] = "select 1/0;";
  const auto run = Execute();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_EQ(status::DetailsOf(run.error).metadata.at("file"), "afterEachMigrate.sql");
  EXPECT_EQ(run.steps[0].state, StepState::kFailed);
  EXPECT_THAT(database_.runs(), IsEmpty());
  EXPECT_THAT(database_.history().rows, IsEmpty());
}

TEST_F(RunExecutorTest, ACallbackThatLosesItsSessionEndsTheRun) {
  source_.files["beforeMigrate.sql"] = "x;";
  database_.SetFates({CommitFate::kLostAfter});
  const auto run = Execute();
  EXPECT_THAT(run.error,
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(database_.runs(), ElementsAre("beforeMigrate.sql"));
}

TEST_F(RunExecutorTest, AGroupIsOneTransaction) {
  MigrateOptions options;
  options.group = true;
  source_.files["V3__c.sql"] = "select 1/0;";
  const auto failed = Execute(options);
  EXPECT_EQ(failed.state, RunState::kFailed);
  EXPECT_THAT(database_.runs(), IsEmpty());
  EXPECT_EQ(failed.steps[0].state, StepState::kPending);
  EXPECT_EQ(failed.steps[2].state, StepState::kFailed);
  EXPECT_EQ(status::DetailsOf(failed.error).metadata.at("file"), "V3__c.sql");
  source_.files["V3__c.sql"] = "c;";
  database_.SetFates({CommitFate::kLostAfter});
  const auto run = Execute(options);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(), ElementsAre("V1__a.sql", "V2__b.sql", "V3__c.sql"));
  EXPECT_EQ(database_.history().rows.back().installed_rank, 3);
}

TEST_F(RunExecutorTest, RowsOnlyWhereExecutingIsSkipped) {
  MigrateOptions options;
  options.skip_executing = true;
  source_.files["V2__b.sql"] = "vacuum;";
  source_.files["beforeEachMigrate.sql"] = "x;";
  const auto run = Execute(options);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(), IsEmpty());
  EXPECT_EQ(database_.history().rows.size(), 3U);
  EXPECT_EQ(run.steps[1].action, StepAction::kRecord);
}

TEST_F(RunExecutorTest, ADryRunChangesNothingAndStopsBeforeWhatItCouldNotTakeBack) {
  source_.files["V1__a.sql"] = "lock table t in share mode;";
  source_.files["V3__c.sql"] = "vacuum;";
  source_.files["V4__d.sql"] = "d;";
  MigrateOptions options;
  options.dry_run = true;
  const auto run = Execute(options);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_TRUE(run.dry_run);
  EXPECT_EQ(run.steps[0].state, StepState::kRolledBack);
  EXPECT_EQ(run.steps[0].detail, "holds SHARE on public.t");
  EXPECT_EQ(run.steps[1].state, StepState::kRolledBack);
  EXPECT_EQ(run.steps[2].state, StepState::kPending);
  EXPECT_THAT(run.steps[2].detail, ::testing::HasSubstr("outside a transaction"));
  EXPECT_THAT(run.steps[3].detail, ::testing::HasSubstr("V3__c.sql"));
  EXPECT_THAT(events_, Contains("locks"));
  EXPECT_THAT(database_.runs(), IsEmpty());
  EXPECT_THAT(database_.history().rows, IsEmpty());
  EXPECT_FALSE(database_.history().exists);
  source_.files["V2__b.sql"] = "select 1/0;";
  const auto failed = Execute(options);
  EXPECT_EQ(failed.state, RunState::kFailed);
  EXPECT_EQ(failed.steps[0].state, StepState::kRolledBack);
  EXPECT_EQ(failed.steps[1].state, StepState::kFailed);
}

TEST_F(RunExecutorTest, OnlyThePlanThatWasLookedAtIsCarriedOut) {
  MigrateExecutor planner({database_, catalog_, database_, clock_}, {}, Complete({}));
  ASSERT_THAT(planner.PlanOnly(), testing::IsOk());
  MigrateOptions options;
  options.plan_hash = planner.findings().hash;
  source_.files["V3__c.sql"] = "c; c;";
  Execute(options);
  EXPECT_THAT(prepared_, testing::HasReason(absl::StatusCode::kAborted, Reason::kPlanChanged));
  EXPECT_FALSE(database_.history().exists) << "nothing was touched";
  source_.files["V3__c.sql"] = "c;";
  database_.SetFates({CommitFate::kGood, CommitFate::kLostAfter});
  const auto run = Execute(options);
  EXPECT_EQ(run.state, RunState::kSucceeded)
      << "what is left of it after a loss is not another plan";
  EXPECT_EQ(run.plan_hash, options.plan_hash);
  Execute(options);
  EXPECT_THAT(prepared_, testing::HasReason(absl::StatusCode::kAborted, Reason::kPlanChanged));
}

TEST_F(RunExecutorTest, ABaselineComesFirstWhereThereIsContentWithoutHistory) {
  database_.has_content = true;
  Execute();
  EXPECT_THAT(prepared_,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kNonEmptySchema));
  MigrateOptions options;
  options.baseline = BaselineRow(Version::Parse("1").value(), "<< Flyway Baseline >>");
  source_.files["beforeBaseline.sql"] = "x;";
  const auto run = Execute(options);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_THAT(database_.runs(), ElementsAre("beforeBaseline.sql", "V2__b.sql", "V3__c.sql"));
  EXPECT_EQ(database_.history().rows.at(0).type, HistoryType::kBaseline);
  EXPECT_EQ(run.steps.at(0).state, StepState::kApplied);
  EXPECT_EQ(run.steps.at(2).installed_rank, 3);
}

TEST_F(RunExecutorTest, WhereNothingIsToBeDoneNoLockIsTaken) {
  SettledMemory memory;
  const auto settled = [&](MigrateOptions options = {}) {
    MigrateExecutor executor({database_, catalog_, database_, clock_, judge_}, {},
                             Complete(std::move(options)));
    if (!executor.FindSettled(memory)) return false;
    RunJournal journal({.id = "r"}, clock_, 1000);
    executor.EndSettled(journal);
    const migrator::Run run = journal.Snapshot();
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.final_version, "3");
    EXPECT_EQ(run.initial_version, "3");
    EXPECT_EQ(run.plan_hash.size(), 64U);
    EXPECT_NE(run.start_time, absl::InfinitePast());
    EXPECT_THAT(run.steps, IsEmpty());
    return true;
  };
  EXPECT_FALSE(settled()) << "no history";
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  database_.on_open = [] { ADD_FAILURE() << "it needs no session"; };
  EXPECT_TRUE(settled());
  MigrateOptions options;
  options.dry_run = true;
  EXPECT_FALSE(settled(options));
  options = {};
  options.plan_hash = std::string(64, '0');
  EXPECT_FALSE(settled(options)) << "of another plan";
  database_.HoldLock(77);
  EXPECT_FALSE(settled()) << "somebody may be changing it";
  database_.HoldLock(0);
  source_.files["beforeMigrate.sql"] = "x;";
  EXPECT_FALSE(settled()) << "a callback wants to run";
  source_.files.erase("beforeMigrate.sql");
  source_.files["afterMigrateApplied.sql"] = "x;";
  source_.files["afterClean.sql"] = "select 'broken";
  EXPECT_TRUE(settled()) << "these callbacks do not";
  source_.files.erase("afterMigrateApplied.sql");
  source_.files["V4__d.sql"] = "d;";
  EXPECT_FALSE(settled()) << "pending";
  source_.files.erase("V4__d.sql");
  source_.files["V1__a.sql"] = "changed;";
  EXPECT_FALSE(settled()) << "the run is to say what is wrong";
  source_.files["V1__a.sql"] = "a;";
  EXPECT_TRUE(settled());
}

TEST_F(RunExecutorTest, WhatWasSettledIsNotReadAgainUntilSomethingChanges) {
  SettledMemory memory;
  source_.files["R__view.sql"] = "v;";
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  const auto reads = [&](MigrateOptions options = {}) {
    const int before = source_.reads;
    MigrateExecutor executor({database_, catalog_, database_, clock_, judge_}, {},
                             Complete(std::move(options)));
    EXPECT_TRUE(executor.FindSettled(memory));
    EXPECT_EQ(executor.plan()->final_version, "3");
    EXPECT_EQ(executor.findings().hash.size(), 64U);
    return source_.reads - before;
  };
  EXPECT_EQ(reads(), 4);
  EXPECT_EQ(reads(), 0);
  MigrateOptions options;
  options.out_of_order = true;
  EXPECT_EQ(reads(options), 4) << "other options";
  EXPECT_EQ(reads(options), 0);
  source_.files["U3__c.sql"] = "u;";
  EXPECT_EQ(reads(options), 4) << "another file";
  EXPECT_EQ(reads(options), 0);
  source_.files["afterClean.sql"] = "x;";
  EXPECT_EQ(reads(options), 4) << "of which a migrate run has no need";
  EXPECT_EQ(reads(options), 0);
  source_.files["afterMigrateError.sql"] = "x;";
  EXPECT_GT(reads(options), 4);
  EXPECT_GT(reads(options), 4) << "a text that may tell the time";
}

TEST_F(RunExecutorTest, AScriptThatTellsTheTimeIsReadEachTime) {
  SettledMemory memory;
  source_.files["R__view.sql"] = "select '${Flyway:timestamp}';";
  EXPECT_EQ(Execute().state, RunState::kSucceeded);
  MigrateExecutor same({database_, catalog_, database_, clock_, judge_}, {}, Complete({}));
  EXPECT_TRUE(same.FindSettled(memory));
  clock_.Advance(absl::Seconds(1));
  MigrateExecutor later({database_, catalog_, database_, clock_, judge_}, {}, Complete({}));
  EXPECT_FALSE(later.FindSettled(memory)) << "its text is another one by now";
}

class OneFinding final : public ScriptJudge {
 public:
  explicit OneFinding(LintSeverity severity) : severity_(severity) {}
  absl::StatusOr<std::vector<LintFinding>> Judge(const ScriptsToJudge& scripts) override {
    judged = scripts.scripts.size();
    return std::vector<LintFinding>{
        {.rule = "ban-drop-table", .severity = severity_, .migration = "V1", .message = "it goes"}};
  }
  size_t judged = 0;

 private:
  const LintSeverity severity_;
};

TEST_F(RunExecutorTest, LintStopsOrTells) {
  OneFinding judge(LintSeverity::kError);
  judge_ = &judge;
  MigrateOptions options;
  options.lint_policy = LintPolicy::kStop;
  Execute(options);
  EXPECT_THAT(prepared_,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kLintFailed));
  EXPECT_FALSE(database_.history().exists);
  EXPECT_EQ(judge.judged, 3U);
  options.lint_policy = LintPolicy::kWarn;
  EXPECT_EQ(Execute(options).state, RunState::kSucceeded);
  EXPECT_THAT(events_, Contains("lint"));
  judge.judged = 0;
  EXPECT_EQ(Execute(options).state, RunState::kSucceeded);
  EXPECT_EQ(judge.judged, 0U) << "there is nothing to judge";
}

}  // namespace
}  // namespace storefront::migrator
