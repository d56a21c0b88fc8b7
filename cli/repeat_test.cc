// SPDX-License-Identifier: Apache-2.0
#include "cli/repeat.h"

#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"

namespace storefront::cli {
namespace {

absl::Status Away() { return absl::UnavailableError("away"); }

TEST(Repeats, GoOnUntilSomebodyAnswers) {
  testing::FakeClock clock;
  int attempts = 0, told = 0;
  const absl::Status status =
      WithRepeats(clock, {}, {.safe = true, .on_first_wait = [&](const absl::Status&) { ++told; }},
                  [&](absl::Duration) { return ++attempts < 4 ? Away() : absl::OkStatus(); });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(attempts, 4);
  EXPECT_EQ(told, 1);
}

TEST(Repeats, EndWithTheTimeout) {
  testing::FakeClock clock;
  const auto start = clock.Steady();
  int attempts = 0;
  const absl::Status status = WithRepeats(clock, {}, {.safe = true, .timeout = absl::Seconds(10)},
                                          [&](absl::Duration left) {
                                            EXPECT_LE(left, absl::Seconds(10));
                                            ++attempts;
                                            return Away();
                                          });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_LE(clock.Steady() - start, absl::Seconds(10));
  EXPECT_GT(attempts, 5);
  EXPECT_LT(attempts, 40) << "waits must grow";
}

TEST(Repeats, AreNotForUnsafeCallsNorForOtherErrors) {
  testing::FakeClock clock;
  int attempts = 0;
  const auto count = [&](absl::Status status) {
    return [&attempts, status](absl::Duration) {
      ++attempts;
      return status;
    };
  };
  EXPECT_FALSE(WithRepeats(clock, {}, {.safe = false}, count(Away())).ok());
  EXPECT_EQ(attempts, 1);
  EXPECT_FALSE(WithRepeats(clock, {}, {.safe = true}, count(absl::AbortedError("x"))).ok());
  EXPECT_EQ(attempts, 2);
}

TEST(Repeats, EndWithCtrlC) {
  testing::FakeClock clock;
  std::stop_source stop;
  int attempts = 0;
  EXPECT_FALSE(WithRepeats(clock, stop.get_token(), {.safe = true}, [&](absl::Duration) {
                 if (++attempts == 2) stop.request_stop();
                 return Away();
               }).ok());
  EXPECT_EQ(attempts, 2);
}

}  // namespace
}  // namespace storefront::cli
