// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/delta_schedule.h"

#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

using testing::IsOk;
using Turn = DeltaSchedule::Turn;

TEST(ArrivalCursor, ConstantGapsAreEqual) {
  ArrivalCursor cursor(1, Arrival::kConstant, {{.events_per_second = 100}});
  for (int64_t event = 0; event < 50; ++event) {
    EXPECT_EQ(cursor.event(), event);
    EXPECT_EQ(cursor.due_ns(), (event + 1) * 10'000'000);
    cursor.Next();
  }
}

TEST(ArrivalCursor, PoissonHasTheRateItWasAskedFor) {
  ArrivalCursor cursor(1, Arrival::kPoisson, {{.events_per_second = 1000}});
  while (cursor.event() < 100'000) cursor.Next();
  EXPECT_NEAR(static_cast<double>(cursor.due_ns()) / 1e9, 100, 1);
}

TEST(ArrivalCursor, AChangeHoldsFromItsEventForThoseWhoPassedItToo) {
  const RateChange change = {.first_event = 10, .start_ns = 105'000'000, .events_per_second = 10};
  ArrivalCursor told_late(1, Arrival::kConstant, {{.events_per_second = 100}});
  while (told_late.event() < 30) told_late.Next();
  told_late.Add(change);
  ArrivalCursor from_ledger(1, Arrival::kConstant, {{.events_per_second = 100}, change});
  while (from_ledger.event() < 10) from_ledger.Next();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(told_late.event(), from_ledger.event());
    EXPECT_EQ(told_late.due_ns(), from_ledger.due_ns());
    told_late.Next();
    from_ledger.Next();
  }
}

class DeltaScheduleTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  DeltaSchedule schedule_{clock_, 1, Arrival::kConstant, {{.events_per_second = 10}}, 0};
  size_t seen_ = 0;
  ArrivalCursor cursor_ = schedule_.MakeCursor(seen_);
  absl::Duration late_;
};

TEST_F(DeltaScheduleTest, LatenessNeverMovesALaterEvent) {
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
  EXPECT_EQ(late_, absl::Milliseconds(-100));
  clock_.Advance(absl::Milliseconds(250));
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kGo);
  EXPECT_EQ(late_, absl::Milliseconds(150));
  cursor_.Next();
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kGo);
  EXPECT_EQ(late_, absl::Milliseconds(50));
  cursor_.Next();
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
}

TEST_F(DeltaScheduleTest, TimeStandsStillWhileAnyHaltIsOn) {
  schedule_.SetHalt(DeltaSchedule::kPaused, true);
  schedule_.SetHalt(DeltaSchedule::kThrottled, true);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kHalted);
  schedule_.SetHalt(DeltaSchedule::kPaused, false);
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kHalted);
  schedule_.SetHalt(DeltaSchedule::kThrottled, false);
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
  EXPECT_EQ(late_, absl::Milliseconds(-100));
}

TEST_F(DeltaScheduleTest, S12AJumpOfTheWallClockChangesNothing) {
  clock_.JumpWall(absl::Hours(1));
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
  clock_.JumpWall(absl::Hours(-2));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kGo);
}

TEST_F(DeltaScheduleTest, ANewRateIsStoredBeforeAnyoneSeesIt) {
  clock_.Advance(absl::Milliseconds(150));
  RateChange stored;
  ASSERT_THAT(schedule_.ChangeRate(1000,
                                   [&](const RateChange& change) {
                                     stored = change;
                                     return absl::OkStatus();
                                   }),
              IsOk());
  EXPECT_EQ(stored.first_event, 1);  // event 0 was due at 100 ms
  EXPECT_EQ(stored.start_ns, 150'000'000);
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kMoved);
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kGo);
  cursor_.Next();
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
  EXPECT_EQ(late_, absl::Milliseconds(-1));
}

TEST_F(DeltaScheduleTest, AChangeThatCannotBeStoredDoesNotHappen) {
  EXPECT_FALSE(
      schedule_.ChangeRate(1000, [](const RateChange&) { return absl::UnavailableError("x"); })
          .ok());
  EXPECT_EQ(schedule_.events_per_second(), 10);
  EXPECT_EQ(schedule_.Try(cursor_, seen_, late_), Turn::kWait);
}

}  // namespace
}  // namespace storefront::seeder
