// What every run store must do, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/testing/status_matchers.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

// A place where nothing was ever written. Each store on it is another process; its destruction is
// the process's death.
class RunStoreBench {
 public:
  virtual ~RunStoreBench() = default;
  virtual std::unique_ptr<RunStore> NewProcess() = 0;
};

inline Run StoredRun(const std::string& id, absl::Time create_time) {
  Run run{.id = id, .state = RunState::kRunning};
  run.steps = {{.migration = "V1",
                .script = "V1__a.sql",
                .description = "a",
                .transactional = false,
                .state = StepState::kRunning,
                .installed_rank = 1,
                .statements = 2,
                .attempts = 3,
                .execution_time = absl::Milliseconds(4),
                .action = StepAction::kRecord,
                .detail = "d"}};
  run.create_time = create_time;
  run.start_time = create_time + absl::Microseconds(1);
  run.end_time = absl::InfinitePast();
  run.sequence = 7;
  run.target = "latest";
  run.initial_version = "1";
  return run;
}

inline Run Ended(Run run, RunState state) {
  run.state = state;
  run.end_time = run.create_time + absl::Seconds(1);
  ++run.sequence;
  return run;
}

using MakeRunStoreBench = std::function<std::unique_ptr<RunStoreBench>()>;
class RunStoreContract : public ::testing::TestWithParam<MakeRunStoreBench> {
 protected:
  std::unique_ptr<RunStoreBench> bench_ = GetParam()();
  std::unique_ptr<RunStore> store_ = bench_->NewProcess();
  const absl::Time now_ = absl::FromUnixMicros(1'767'225'600'123'456);
};

TEST_P(RunStoreContract, WhereNothingWasWrittenNothingIsFound) {
  EXPECT_THAT(store_->List(10).value(), ::testing::IsEmpty());
  EXPECT_EQ(store_->Get("r").value(), std::nullopt);
  EXPECT_THAT(store_->Events("r", 0, 10).value(), ::testing::IsEmpty());
  EXPECT_FALSE(store_->FindRequest("x").value().has_value());
  EXPECT_EQ(store_->InterruptOrphans().value(), 0);
  EXPECT_EQ(store_->Forget(absl::Seconds(1)).value(), 0);
}

TEST_P(RunStoreContract, ARunIsReadAsItWasKept) {
  const auto run = StoredRun("r", now_);
  ASSERT_THAT(store_->Create(run, {}), testing::IsOk());
  EXPECT_EQ(store_->Get("r").value(), run);
  auto ended = Ended(run, RunState::kFailed);
  ended.error = status::Error({.code = absl::StatusCode::kFailedPrecondition,
                               .reason = status::Reason::kScriptFailed,
                               .message = "it's \"wrong\"\n",
                               .metadata = {{"sqlstate", "22012"}}});
  ended.steps[0].state = StepState::kFailed;
  ASSERT_THAT(store_->Save({.run = ended}), testing::IsOk());
  ASSERT_THAT(store_->Save({.run = ended}), testing::IsOk()) << "again";
  EXPECT_EQ(store_->Get("r").value(), ended);
  auto later = ended;
  later.steps.clear();
  ASSERT_THAT(store_->Save({.run = later, .with_steps = false}), testing::IsOk());
  EXPECT_EQ(store_->Get("r").value(), ended) << "steps stay";
}

TEST_P(RunStoreContract, TheNewestComesFirst) {
  ASSERT_THAT(store_->Create(StoredRun("old", now_), {}), testing::IsOk());
  ASSERT_THAT(store_->Create(StoredRun("new", now_ + absl::Seconds(1)), {}), testing::IsOk());
  const auto runs = store_->List(10).value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].id, "new");
  EXPECT_THAT(runs[0].steps, ::testing::IsEmpty());
  EXPECT_EQ(store_->List(1).value().size(), 1U);
}

TEST_P(RunStoreContract, EventsAreKeptOnceAndInOrder) {
  const auto run = StoredRun("r", now_);
  ASSERT_THAT(store_->Create(run, {}), testing::IsOk());
  const std::vector<RunEvent> events = {{.sequence = 1, .time = now_, .type = "validated"},
                                        {.sequence = 3,
                                         .time = now_ + absl::Microseconds(5),
                                         .type = "statement_finished",
                                         .script = "V1__ü \"{}.sql",
                                         .statement = 1,
                                         .statements = 2,
                                         .line = 3,
                                         .duration = absl::Nanoseconds(5),
                                         .rows = 6,
                                         .sqlstate = "00000",
                                         .message = "with \\ and , and 'quotes'"}};
  ASSERT_THAT(store_->Save({.run = run, .events = events}), testing::IsOk());
  ASSERT_THAT(store_->Save({.run = run, .events = {events[1]}}), testing::IsOk());
  EXPECT_EQ(store_->Events("r", 0, 10).value(), events);
  EXPECT_EQ(store_->Events("r", 1, 10).value().size(), 1U);
  EXPECT_EQ(store_->Events("r", 0, 1).value(), std::vector<RunEvent>{events[1]}) << "the newest";
  EXPECT_THAT(store_->Events("other", 0, 10).value(), ::testing::IsEmpty());
}

TEST_P(RunStoreContract, AnEndedRunKeepsItsNewestEvents) {
  const auto run = StoredRun("r", now_);
  ASSERT_THAT(store_->Create(run, {}), testing::IsOk());
  RunRecord record{.run = run};
  for (int i = 1; i <= 20; ++i) record.events.push_back({.sequence = i, .time = now_, .type = "e"});
  ASSERT_THAT(store_->Save(record), testing::IsOk());
  ASSERT_THAT(store_->Save({.run = Ended(run, RunState::kSucceeded), .keep_events = 5}),
              testing::IsOk());
  const auto kept = store_->Events("r", 0, 100).value();
  ASSERT_EQ(kept.size(), 5U);
  EXPECT_EQ(kept.back().sequence, 20);
}

TEST_P(RunStoreContract, ARunMayBeKeptAtItsEndFirst) {
  const auto run = Ended(StoredRun("r", now_), RunState::kSucceeded);
  const RunRecord record{.run = run, .origin = {.request_id = "q", .digest = "d"}};
  ASSERT_THAT(store_->Save(record), testing::IsOk());
  ASSERT_THAT(store_->Save(record), testing::IsOk()) << "again";
  EXPECT_EQ(store_->Get("r").value(), run);
  EXPECT_EQ(store_->FindRequest("q").value()->run_id, "r");
}

TEST_P(RunStoreContract, ARequestLeadsToItsRun) {
  ASSERT_THAT(store_->Create(StoredRun("a", now_), {}), testing::IsOk());
  ASSERT_THAT(store_->Create(StoredRun("b", now_), {.request_id = "id", .digest = "d"}),
              testing::IsOk());
  ASSERT_THAT(store_->Save({.run = Ended(StoredRun("b", now_), RunState::kSucceeded)}),
              testing::IsOk());
  const auto known = bench_->NewProcess()->FindRequest("id").value();
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->run_id, "b");
  EXPECT_EQ(known->digest, "d");
  EXPECT_FALSE(store_->FindRequest("other").value().has_value());
  EXPECT_FALSE(store_->FindRequest("").value().has_value());
}

TEST_P(RunStoreContract, TheRunOfALivingProcessRunsForOthersToo) {
  ASSERT_THAT(store_->Create(StoredRun("r", now_), {}), testing::IsOk());
  auto other = bench_->NewProcess();
  EXPECT_EQ(other->Get("r").value()->state, RunState::kRunning);
  EXPECT_EQ(other->InterruptOrphans().value(), 0);
  EXPECT_EQ(other->Get("r").value()->state, RunState::kRunning);
}

TEST_P(RunStoreContract, M3TheRunOfADeadProcessIsInterrupted) {
  const auto run = StoredRun("r", now_);
  ASSERT_THAT(store_->Create(run, {}), testing::IsOk());
  ASSERT_THAT(store_->Create(Ended(StoredRun("done", now_), RunState::kSucceeded), {}),
              testing::IsOk());
  ASSERT_THAT(
      store_->Save({.run = run, .events = {{.sequence = 7, .time = now_, .type = "validated"}}}),
      testing::IsOk());
  store_.reset();
  auto other = bench_->NewProcess();
  // A server needs a moment to see that a client has gone.
  for (int i = 0; i < 500 && other->Get("r").value()->state == RunState::kRunning; ++i) {
    clock::SystemClock().WaitFor(absl::Milliseconds(10), {});
  }
  EXPECT_EQ(other->Get("r").value()->state, RunState::kInterrupted) << "as read";
  EXPECT_NE(other->Get("r").value()->end_time, absl::InfinitePast());
  EXPECT_EQ(other->List(10).value().size(), 2U);
  EXPECT_EQ(other->InterruptOrphans().value(), 1);
  EXPECT_EQ(other->InterruptOrphans().value(), 0) << "once";
  EXPECT_EQ(other->Get("r").value()->state, RunState::kInterrupted);
  EXPECT_EQ(other->Get("done").value()->state, RunState::kSucceeded);
  const auto events = other->Events("r", 0, 10).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events.back().type, "finished");
  EXPECT_EQ(events.back().sequence, other->Get("r").value()->sequence);
}

TEST_P(RunStoreContract, OldRunsAreForgottenThoseUnderWayAreNot) {
  const auto run = StoredRun("ended", now_ - absl::Hours(24 * 400));
  ASSERT_THAT(store_->Create(run, {}), testing::IsOk());
  ASSERT_THAT(store_->Save({.run = Ended(run, RunState::kSucceeded),
                            .events = {{.sequence = 1, .time = now_, .type = "e"}}}),
              testing::IsOk());
  ASSERT_THAT(store_->Create(StoredRun("running", now_ - absl::Hours(24 * 400)), {}),
              testing::IsOk());
  EXPECT_EQ(store_->Forget(absl::Hours(24 * 1000)).value(), 0);
  EXPECT_EQ(store_->Forget(absl::Hours(24 * 90)).value(), 1);
  EXPECT_EQ(store_->Get("ended").value(), std::nullopt);
  EXPECT_THAT(store_->Events("ended", 0, 10).value(), ::testing::IsEmpty());
  EXPECT_NE(store_->Get("running").value(), std::nullopt);
}

}  // namespace storefront::migrator
