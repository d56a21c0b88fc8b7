// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"

namespace storefront::migrator {
namespace {

TEST(RunJournal, WatchersGetTheStateAtOnceThenAtMostEveryTenthOfASecond) {
  testing::FakeClock clock;
  RunJournal journal({.id = "r"}, clock, 100);
  std::vector<int64_t> seen;
  const auto subscription =
      journal.Watch([&](const RunNews& news) { seen.push_back(news.sequence); });
  journal.Note({.type = "a"});
  journal.Note({.type = "b"});
  EXPECT_THAT(seen, ::testing::ElementsAre(0)) << "too soon";
  clock.Advance(absl::Milliseconds(150));
  journal.Flush();
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 2));
  journal.Flush();
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 2)) << "nothing changed";
  journal.Update([](auto& run) { run.state = RunState::kSucceeded; });
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 2, 3)) << "a state is told at once";
}

TEST(RunJournal, KeepsTheNewestEvents) {
  testing::FakeClock clock;
  RunJournal journal({.id = "r"}, clock, 3);
  for (int i = 0; i < 5; ++i) journal.Note({.type = "e"});
  EXPECT_EQ(journal.EventsAfter(0).size(), 3U);
  EXPECT_EQ(journal.EventsAfter(0).front().sequence, 3);
  EXPECT_EQ(journal.EventsAfter(4).size(), 1U);
}

TEST(RunJournal, CancelIsForRunsUnderWay) {
  testing::FakeClock clock;
  RunJournal journal({.id = "r"}, clock, 3);
  EXPECT_TRUE(journal.RequestCancel());
  EXPECT_TRUE(journal.RequestCancel());
  EXPECT_EQ(journal.state(), RunState::kCancelling);
  journal.Update([](auto& run) { run.state = RunState::kCancelled; });
  EXPECT_FALSE(journal.RequestCancel());
}

TEST(RunJournal, AnEndIsPreparedBeforeAnybodySeesIt) {
  testing::FakeClock clock;
  RunJournal* seen_by_hook = nullptr;
  std::vector<RunState> prepared, told;
  RunJournal journal(
      {.id = "r", .state = RunState::kRunning}, clock, 100, [&](const migrator::Run& run) {
        prepared.push_back(run.state);
        EXPECT_FALSE(run.error.ok());
        EXPECT_EQ(seen_by_hook->state(), RunState::kRunning);
        EXPECT_TRUE(seen_by_hook->Snapshot().error.ok());
        EXPECT_TRUE(seen_by_hook->RequestCancel()) << "too late, but it has not ended yet";
      });
  seen_by_hook = &journal;
  const auto subscription = journal.Watch([&](const RunNews& news) { told.push_back(news.state); });
  journal.Update(
      [](auto& run) {
        run.state = RunState::kFailed;
        run.error = absl::InternalError("x");
      },
      RunEvent{.type = "finished"});
  EXPECT_THAT(prepared, ::testing::ElementsAre(RunState::kFailed));
  EXPECT_THAT(told,
              ::testing::ElementsAre(RunState::kRunning, RunState::kCancelling, RunState::kFailed));
  EXPECT_EQ(journal.Snapshot().error, absl::InternalError("x"));
}

TEST(RunJournal, EventsComeInPages) {
  testing::FakeClock clock;
  RunJournal journal({.id = "r"}, clock, 100);
  for (int i = 0; i < 5; ++i) journal.Note({.type = "e"});
  bool more = false;
  EXPECT_EQ(journal.EventsAfter(1, 2, more).back().sequence, 3);
  EXPECT_TRUE(more);
  EXPECT_EQ(journal.EventsAfter(3, 2, more).size(), 2U);
  EXPECT_FALSE(more);
  EXPECT_EQ(journal.LastEvent(), 5);
}

TEST(RunJournal, ACopyTellsOfWhatItTookOver) {
  testing::FakeClock clock;
  RunJournal copy({.id = "r"}, clock, 100);
  std::vector<int64_t> seen;
  const auto subscription = copy.Watch([&](const RunNews& news) { seen.push_back(news.sequence); });
  copy.Replace({.id = "r", .state = RunState::kRunning, .sequence = 7},
               {{.sequence = 6, .type = "a"}, {.sequence = 7, .type = "b"}});
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 7));
  EXPECT_EQ(copy.LastEvent(), 7);
}

}  // namespace
}  // namespace storefront::migrator
