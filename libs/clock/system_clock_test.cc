// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "libs/clock/clock.h"
#include "libs/testing/fake_clock.h"

namespace storefront::clock {
namespace {

TEST(SystemClock, SteadyTimeMovesForwardAcrossAWait) {
  Clock& clock = SystemClock();
  const SteadyTime before = clock.Steady();
  EXPECT_TRUE(clock.WaitFor(absl::Milliseconds(2), std::stop_token()));
  EXPECT_GE(clock.Steady() - before, absl::Milliseconds(2));
}

TEST(SystemClock, AStopEndsTheWait) {
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(SystemClock().WaitFor(absl::Seconds(60), source.get_token()));
}

TEST(FakeClock, WaitsAdvanceItAndAWallJumpLeavesSteadyTimeAlone) {
  storefront::testing::FakeClock clock;
  const absl::Time wall = clock.Now();
  const SteadyTime steady = clock.Steady();
  EXPECT_TRUE(clock.WaitFor(absl::Seconds(5), std::stop_token()));
  EXPECT_EQ(clock.Now() - wall, absl::Seconds(5));
  clock.JumpWall(-absl::Hours(1));
  EXPECT_EQ(clock.Steady() - steady, absl::Seconds(5));
  EXPECT_EQ(clock.Now() - wall, absl::Seconds(5) - absl::Hours(1));
}

}  // namespace
}  // namespace storefront::clock
