// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "libs/clock/clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_run_store.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// Ends when it is stopped.
void UntilStopped(RunJournal& journal, const std::stop_token& stop) {
  clock::SystemClock().WaitFor(absl::Seconds(60), stop);
  journal.Update([](auto& run) {
    run.state = run.state == RunState::kCancelling ? RunState::kCancelled : RunState::kInterrupted;
    run.end_time = clock::SystemClock().Now();
  });
}

TEST(RunRegistry, OneRunAtATime) {
  RunRegistry runs(clock::SystemClock(), {});
  const auto first =
      runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped).value();
  EXPECT_EQ(runs.ActiveId(), first.id);
  const auto second = runs.Reserve();
  EXPECT_THAT(second, testing::HasReason(absl::StatusCode::kAborted, Reason::kRunActive));
  EXPECT_EQ(status::DetailsOf(second.status()).metadata.at("run"), "migrationRuns/" + first.id);
  ASSERT_THAT(runs.Cancel(first.id), testing::IsOk());
  EXPECT_TRUE(testing::PollUntil([&] { return runs.ActiveId().empty(); }));
  EXPECT_EQ((*runs.Find(first.id))->state(), RunState::kCancelled);
  EXPECT_THAT(runs.Cancel(first.id), testing::IsOk()) << "a repeat changes nothing";
  const auto third =
      runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {},
                 [](RunJournal& journal, const std::stop_token&) {
                   journal.Update([](auto& run) { run.state = RunState::kSucceeded; });
                 })
          .value();
  EXPECT_TRUE(testing::PollUntil([&] { return runs.ActiveId().empty(); }));
  EXPECT_NE(third.id, first.id);
  EXPECT_EQ(runs.List().value().front().id, third.id);
  EXPECT_THAT(runs.Cancel(third.id),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
}

TEST(RunRegistry, WhoSeesTheEndOfARunMayStartTheNextOne) {
  std::atomic<bool> may_leave = false;
  RunRegistry runs(clock::SystemClock(), {});
  const auto first =
      runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {},
                 [&](RunJournal& journal, const std::stop_token&) {
                   journal.Update([](auto& run) { run.state = RunState::kSucceeded; });
                   testing::PollUntil([&] { return may_leave.load(); });
                 })
          .value();
  ASSERT_TRUE(
      testing::PollUntil([&] { return (*runs.Find(first.id))->state() == RunState::kSucceeded; }));
  EXPECT_EQ(runs.ActiveId(), "");
  auto slot = runs.Reserve();
  ASSERT_THAT(slot, testing::IsOk()) << "its thread is still on the way out";
  may_leave = true;
  const auto second = runs.Start(*std::move(slot), RunKind::kMigrate, "", {}, UntilStopped).value();
  EXPECT_EQ(runs.ActiveId(), second.id) << "the end of the first leaves the second alone";
}

TEST(RunRegistry, ASlotNotUsedIsGivenBack) {
  RunRegistry runs(clock::SystemClock(), {});
  {
    const auto slot = runs.Reserve();
  }
  EXPECT_THAT(runs.Reserve(), testing::IsOk());
}

TEST(RunRegistry, StopInterruptsAndRefuses) {
  std::atomic<int> ended = 0;
  RunRegistry runs(clock::SystemClock(), {.on_end = [&](const auto&) { ++ended; }});
  const auto run =
      runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped).value();
  runs.Stop();
  EXPECT_EQ((*runs.Find(run.id))->state(), RunState::kInterrupted);
  EXPECT_EQ(ended, 1);
  EXPECT_THAT(runs.Reserve(),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
}

TEST(RunRegistry, AnUnknownRunIsNotFound) {
  RunRegistry runs(clock::SystemClock(), {});
  EXPECT_THAT(runs.Find("none"),
              testing::HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

// Ends at once.
void Succeed(RunJournal& journal, const std::stop_token&) {
  journal.Update(
      [](auto& run) {
        run.state = RunState::kSucceeded;
        run.end_time = clock::SystemClock().Now();
      },
      RunEvent{.type = "finished"});
}

class KeptRuns : public ::testing::Test {
 protected:
  // A process of its own on the same tables.
  struct Process {
    explicit Process(const KeptRuns& test,
                     std::function<void(const migrator::Run&)> before_end = {})
        : store(test.tables_, clock::SystemClock()),
          runs(clock::SystemClock(),
               {.runs_kept = 1,
                .store = &store,
                .recorder = {.interval = absl::Milliseconds(5)},
                .id_seed = ++last_seed,
                .before_end = before_end ? before_end : [](const migrator::Run&) {}}) {}
    migrator::Run RunOnce(const RunOrigin& origin = {}) {
      const auto run =
          runs.Start(runs.Reserve(origin).value(), RunKind::kMigrate, "", {}, Succeed).value();
      EXPECT_TRUE(testing::PollUntil([&] { return runs.ActiveId().empty(); }));
      return run;
    }
    static inline uint64_t last_seed = 0;
    FakeRunStore store;
    RunRegistry runs;
  };
  const std::shared_ptr<FakeRunTables> tables_ = std::make_shared<FakeRunTables>();
};

TEST_F(KeptRuns, OutliveMemoryAndProcess) {
  std::string first, second;
  {
    Process process(*this);
    first = process.RunOnce().id;
    second = process.RunOnce().id;
    EXPECT_EQ(process.runs.Get(first)->state, RunState::kSucceeded) << "no longer in memory";
    EXPECT_EQ(process.runs.List()->size(), 2U);
  }
  Process next(*this);
  EXPECT_EQ(next.runs.Get(second)->state, RunState::kSucceeded);
  EXPECT_EQ(next.runs.List()->front().id, second);
  const auto journal = next.runs.Find(second);
  ASSERT_THAT(journal, testing::IsOk());
  EXPECT_EQ((*journal)->EventsAfter(0).back().type, "finished");
  EXPECT_THAT(next.runs.Cancel(second),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
}

TEST_F(KeptRuns, ARepeatedRequestGetsItsRunAlsoFromTheNextProcess) {
  const RunOrigin origin{.request_id = "Migrate/me/1", .digest = "d"};
  std::string id;
  {
    Process process(*this);
    EXPECT_FALSE(process.runs.FindRequest(origin).value().has_value());
    id = process.RunOnce(origin).id;
  }
  Process next(*this);
  EXPECT_EQ(next.runs.FindRequest(origin).value()->id, id);
  EXPECT_THAT(next.runs.FindRequest({.request_id = origin.request_id, .digest = "other"}),
              testing::HasReason(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused));
  EXPECT_FALSE(next.runs.FindRequest({}).value().has_value());
}

TEST_F(KeptRuns, ARunOfALivingProcessIsWatchedButNotCancelledByAnother) {
  Process one(*this);
  Process other(*this);
  const auto run =
      one.runs.Start(one.runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped).value();
  const auto copy = other.runs.Find(run.id).value();
  EXPECT_FALSE(IsFinal(copy->state()));
  EXPECT_THAT(other.runs.Cancel(run.id),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
  ASSERT_THAT(one.runs.Cancel(run.id), testing::IsOk());
  EXPECT_TRUE(testing::PollUntil([&] { return copy->state() == RunState::kCancelled; }));
}

TEST_F(KeptRuns, M3ARunWhoseProcessDiedIsInterruptedAndItsStepsSettled) {
  {
    FakeRunStore dead(tables_, clock::SystemClock());
    migrator::Run run{.id = "r", .state = RunState::kRunning, .sequence = 1};
    run.steps = {{.script = "V1.sql", .state = StepState::kRunning},
                 {.script = "V2.sql", .state = StepState::kRunning}};
    ASSERT_THAT(dead.Create(run, {}), testing::IsOk());
    ASSERT_THAT(
        dead.Save({.run = run,
                   .events = {{.sequence = 1, .type = "migration_finished", .script = "V1.sql"}}}),
        testing::IsOk());
  }
  Process next(*this);
  const auto run = next.runs.Get("r").value();
  EXPECT_EQ(run.state, RunState::kInterrupted);
  EXPECT_EQ(run.steps[0].state, StepState::kApplied);
  EXPECT_EQ(run.steps[1].state, StepState::kPending);
}

TEST_F(KeptRuns, AnEndIsKeptBeforeItIsSeen) {
  bool was_called = false;
  Process process(*this, [&](const migrator::Run& run) {
    was_called = true;
    EXPECT_EQ(run.state, RunState::kSucceeded);
  });
  const auto run = process.RunOnce();
  EXPECT_TRUE(was_called);
  sync::MutexLock lock(tables_->mutex);
  EXPECT_EQ(tables_->runs.at(run.id).run.state, RunState::kSucceeded);
}

TEST_F(KeptRuns, ARunThatTakesNoTimeIsWrittenOnce) {
  bool was_called = false;
  Process process(*this, [&](const migrator::Run&) { was_called = true; });
  const RunOrigin origin{.request_id = "q", .digest = "d"};
  const auto run =
      process.runs
          .Record(process.runs.Reserve(origin).value(), RunKind::kMigrate, "latest",
                  [](RunJournal& journal) {
                    EndRun(journal, clock::SystemClock(), absl::OkStatus(), false, "3");
                  })
          .value();
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_TRUE(was_called);
  EXPECT_EQ(process.runs.Get(run.id).value(), run);
  EXPECT_EQ(process.runs.FindRequest(origin).value()->id, run.id);
  EXPECT_THAT(process.runs.Reserve(), testing::IsOk()) << "nothing is under way";
  sync::MutexLock lock(tables_->mutex);
  EXPECT_EQ(tables_->runs.at(run.id).run, run);
  EXPECT_EQ(tables_->runs.at(run.id).events.size(), 1U);
  EXPECT_EQ(tables_->saves, 1);
}

TEST_F(KeptRuns, WhatCannotBeKeptIsNotRun) {
  {
    sync::MutexLock lock(tables_->mutex);
    tables_->denied = true;
  }
  Process process(*this);
  EXPECT_THAT(
      process.runs.Start(process.runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kSideSchemaDenied));
  EXPECT_THAT(process.runs.Reserve(), testing::IsOk()) << "the place is free again";
}

}  // namespace
}  // namespace storefront::migrator
