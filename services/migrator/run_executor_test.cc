// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    MigrateExecutor executor({database_, catalog_, database_, clock_}, {}, Complete(options));
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

}  // namespace
}  // namespace storefront::migrator
