// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "libs/testing/poll.h"

namespace storefront::grpcserver {
namespace {

TEST(Pool, RefusesWhenRunningAndQueuedAreFullAndServesAgainAfterwards) {
  std::latch release(1);
  std::atomic<int> ran{0};
  Pool pool({.running_max = 2, .queued_max = 1});
  const auto body = [&] {
    release.wait();
    ++ran;
  };
  EXPECT_TRUE(pool.Submit(body));
  EXPECT_TRUE(pool.Submit(body));
  EXPECT_TRUE(pool.Submit(body));
  EXPECT_FALSE(pool.Submit(body));
  EXPECT_EQ(pool.load(), 3u);
  release.count_down();
  EXPECT_TRUE(testing::PollUntil([&] { return pool.load() == 0; }));
  EXPECT_EQ(ran, 3);
  EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  EXPECT_TRUE(testing::PollUntil([&] { return ran == 4; }));
}

TEST(Pool, TheDestructorRunsWhatIsQueued) {
  std::atomic<int> ran{0};
  {
    Pool pool({.running_max = 1, .queued_max = 100});
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 50);
}

}  // namespace
}  // namespace storefront::grpcserver
