// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "libs/clock/clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// Ends when it is stopped.
void UntilStopped(RunJournal& journal, const std::stop_token& stop) {
  clock::SystemClock().WaitFor(absl::Seconds(60), stop);
  journal.Update([](auto& run) {
    run.state = run.state == RunState::kCancelling ? RunState::kCancelled : RunState::kInterrupted;
  });
}

TEST(RunRegistry, OneRunAtATime) {
  RunRegistry runs(clock::SystemClock(), {});
  const auto first = runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped);
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
                 });
  EXPECT_TRUE(testing::PollUntil([&] { return runs.ActiveId().empty(); }));
  EXPECT_NE(third.id, first.id);
  EXPECT_EQ(runs.List().front()->Snapshot().id, third.id);
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
                 });
  ASSERT_TRUE(
      testing::PollUntil([&] { return (*runs.Find(first.id))->state() == RunState::kSucceeded; }));
  EXPECT_EQ(runs.ActiveId(), "");
  auto slot = runs.Reserve();
  ASSERT_THAT(slot, testing::IsOk()) << "its thread is still on the way out";
  may_leave = true;
  const auto second = runs.Start(*std::move(slot), RunKind::kMigrate, "", {}, UntilStopped);
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
  const auto run = runs.Start(runs.Reserve().value(), RunKind::kMigrate, "", {}, UntilStopped);
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

}  // namespace
}  // namespace storefront::migrator
