// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/clock/clock.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_run_store.h"

namespace storefront::migrator {
namespace {

class RunRecorderTest : public ::testing::Test {
 protected:
  std::shared_ptr<RunJournal> Journal(const std::string& id) {
    migrator::Run run{.id = id, .steps = {{.migration = "V1", .script = "V1.sql"}}};
    run.create_time = clock_.Now();
    run.start_time = run.end_time = absl::InfinitePast();
    return std::make_shared<RunJournal>(run, clock_, 100);
  }
  std::optional<migrator::Run> Kept(const std::string& id) {
    return FakeRunStore(tables_, clock_).Get(id).value();
  }
  size_t KeptEvents(const std::string& id) {
    return FakeRunStore(tables_, clock_).Events(id, 0, 1000).value().size();
  }
  void SetAway(bool away) {
    sync::MutexLock lock(tables_->mutex);
    tables_->away = away;
  }

  // Seconds between what a recorder does again and again, by a clock whose waits take no time.
  std::vector<int64_t> PausesBetween(std::vector<clock::SteadyTime> FakeRunTables::* list,
                                     size_t count) {
    testing::FakeClock clock;
    FakeRunStore store(tables_, clock);
    options_.interval = absl::Milliseconds(500);
    RunRecorder recorder(store, clock, options_);
    std::vector<int64_t> seconds;
    EXPECT_TRUE(testing::PollUntil([&] {
      sync::MutexLock lock(tables_->mutex);
      return ((*tables_).*list).size() > count;
    }));
    recorder.Stop();
    sync::MutexLock lock(tables_->mutex);
    const std::vector<clock::SteadyTime>& times = (*tables_).*list;
    for (size_t i = 0; i < count && i + 1 < times.size(); ++i) {
      seconds.push_back(absl::ToInt64Seconds(times[i + 1] - times[i]));
    }
    return seconds;
  }

  clock::Clock& clock_ = clock::SystemClock();
  const std::shared_ptr<FakeRunTables> tables_ = std::make_shared<FakeRunTables>();
  FakeRunStore store_{tables_, clock_};
  RunRecorderOptions options_{.interval = absl::Milliseconds(5),
                              .steps_interval = absl::ZeroDuration()};
};

TEST_F(RunRecorderTest, ARunIsKeptBeforeItBegins) {
  RunRecorder recorder(store_, clock_, options_);
  const auto journal = Journal("r");
  ASSERT_THAT(recorder.Begin(journal, {.request_id = "id", .digest = "d"}), testing::IsOk());
  EXPECT_EQ(Kept("r")->state, RunState::kPending);
  EXPECT_EQ(store_.FindRequest("id").value()->run_id, "r");
}

TEST_F(RunRecorderTest, ChangesFollowBehindItsBack) {
  RunRecorder recorder(store_, clock_, options_);
  const auto journal = Journal("r");
  ASSERT_THAT(recorder.Begin(journal, {}), testing::IsOk());
  journal->Update([](auto& run) { run.state = RunState::kRunning; }, RunEvent{.type = "a"});
  journal->NoteApplied({1, "V1.sql", TextInMemory("select 1;")});
  EXPECT_TRUE(testing::PollUntil([&] { return Kept("r")->state == RunState::kRunning; }));
  EXPECT_TRUE(testing::PollUntil([&] { return KeptEvents("r") == 1; }));
  EXPECT_TRUE(testing::PollUntil([&] {
    sync::MutexLock lock(tables_->mutex);
    return tables_->applied.size() == 1;
  }));
}

TEST_F(RunRecorderTest, NothingIsWrittenWhileNothingChanges) {
  RunRecorder recorder(store_, clock_, options_);
  const auto journal = Journal("r");
  ASSERT_THAT(recorder.Begin(journal, {}), testing::IsOk());
  journal->Note({.type = "a"});
  ASSERT_TRUE(testing::PollUntil([&] { return KeptEvents("r") == 1; }));
  const auto saves = [&] {
    sync::MutexLock lock(tables_->mutex);
    return tables_->saves;
  };
  const int before = saves();
  clock_.WaitFor(absl::Milliseconds(60), {});
  EXPECT_LE(saves(), before + 1);
}

TEST_F(RunRecorderTest, TheEndIsKeptAtOnce) {
  options_.interval = absl::Hours(1);
  RunRecorder recorder(store_, clock_, options_);
  const auto journal = Journal("r");
  ASSERT_THAT(recorder.Begin(journal, {}), testing::IsOk());
  for (int i = 0; i < 50; ++i) journal->Note({.type = "a"});
  auto ended = journal->Snapshot();
  ended.state = RunState::kSucceeded;
  ended.end_time = clock_.Now();
  recorder.End(ended);
  EXPECT_EQ(Kept("r")->state, RunState::kSucceeded);
  EXPECT_EQ(KeptEvents("r"), 50U);
}

TEST_F(RunRecorderTest, WhileTheDatabaseIsAwayChangesGather) {
  int problems = 0;
  options_.on_problem = [&](const absl::Status&) { ++problems; };
  RunRecorder recorder(store_, clock_, options_);
  const auto journal = Journal("r");
  ASSERT_THAT(recorder.Begin(journal, {}), testing::IsOk());
  SetAway(true);
  journal->Note({.type = "a"});
  auto ended = journal->Snapshot();
  ended.state = RunState::kFailed;
  ended.end_time = clock_.Now();
  recorder.End(ended);
  SetAway(false);
  EXPECT_TRUE(testing::PollUntil([&] { return Kept("r")->state == RunState::kFailed; }));
  EXPECT_EQ(KeptEvents("r"), 1U);
  recorder.Stop();
  EXPECT_EQ(problems, 1) << "told once";
}

TEST_F(RunRecorderTest, WhatCannotBeKeptDoesNotBegin) {
  {
    sync::MutexLock lock(tables_->mutex);
    tables_->denied = true;
  }
  RunRecorder recorder(store_, clock_, options_);
  EXPECT_THAT(
      recorder.Begin(Journal("r"), {}),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kSideSchemaDenied));
}

TEST_F(RunRecorderTest, M3OrphansAreInterruptedWhenAProcessStarts) {
  {
    FakeRunStore dead(tables_, clock_);
    ASSERT_THAT(dead.Create(Journal("orphan")->Snapshot(), {}), testing::IsOk());
  }
  SetAway(true);
  RunRecorder recorder(store_, clock_, options_);
  SetAway(false);
  EXPECT_TRUE(testing::PollUntil([&] {
    sync::MutexLock lock(tables_->mutex);
    return tables_->runs.at("orphan").run.state == RunState::kInterrupted;
  }));
}

TEST_F(RunRecorderTest, OrphansAreLookedForEverMoreSeldom) {
  EXPECT_THAT(PausesBetween(&FakeRunTables::orphan_looks, 8),
              ::testing::ElementsAre(1, 2, 4, 8, 16, 30, 30, 30));
}

TEST_F(RunRecorderTest, OldRunsAreForgottenEveryTenMinutes) {
  EXPECT_THAT(PausesBetween(&FakeRunTables::forgets, 2), ::testing::ElementsAre(600, 600));
}

TEST_F(RunRecorderTest, OrphansAreLookedForSoonAfterTheDatabaseWasAway) {
  SetAway(true);
  EXPECT_THAT(PausesBetween(&FakeRunTables::orphan_looks, 4), ::testing::Each(1));
}

TEST_F(RunRecorderTest, ACopyFollowsAnotherProcessesRun) {
  FakeRunStore other(tables_, clock_);
  auto run = Journal("r")->Snapshot();
  run.state = RunState::kRunning;
  ASSERT_THAT(other.Create(run, {}), testing::IsOk());
  RunRecorder recorder(store_, clock_, options_);
  const auto copy = std::make_shared<RunJournal>(run, clock_, 100);
  recorder.Follow(copy);
  run.state = RunState::kSucceeded;
  run.end_time = clock_.Now();
  ++run.sequence;
  ASSERT_THAT(other.Save({.run = run, .events = {{.sequence = 1, .type = "finished"}}}),
              testing::IsOk());
  EXPECT_TRUE(testing::PollUntil([&] { return copy->state() == RunState::kSucceeded; }));
  EXPECT_EQ(copy->LastEvent(), 1);
}

}  // namespace
}  // namespace storefront::migrator
