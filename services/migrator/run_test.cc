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
  const auto subscription = journal.Watch(
      [&](const std::shared_ptr<const RunView>& view) { seen.push_back(view->run.sequence); });
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

}  // namespace
}  // namespace storefront::migrator
