// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/request_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "libs/status/error.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using status::Reason;

class RequestMemoryTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Once(const std::string& key, const std::string& payload) {
    return memory_.Once(key, payload, {}, [&]() -> absl::StatusOr<std::string> {
      return "answer " + std::to_string(++calls_);
    });
  }

  testing::FakeClock clock_;
  RequestMemory memory_{{.entries_max = 3, .kept = absl::Hours(1)}, clock_};
  int calls_ = 0;
};

TEST_F(RequestMemoryTest, TheSameRequestGetsTheSameAnswer) {
  EXPECT_THAT(Once("k", "p"), testing::IsOkAndHolds("answer 1"));
  EXPECT_THAT(Once("k", "p"), testing::IsOkAndHolds("answer 1"));
  EXPECT_THAT(Once("other", "p"), testing::IsOkAndHolds("answer 2"));
}

TEST_F(RequestMemoryTest, AnotherPayloadIsRefused) {
  EXPECT_THAT(Once("k", "p"), testing::IsOk());
  EXPECT_THAT(Once("k", "q"),
              testing::HasReason(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused));
}

TEST_F(RequestMemoryTest, AFailureIsNotRemembered) {
  const auto failed = memory_.Once(
      "k", "p", {}, []() -> absl::StatusOr<std::string> { return absl::UnavailableError("no"); });
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Once("k", "p"), testing::IsOkAndHolds("answer 1"));
}

TEST_F(RequestMemoryTest, ForgetsByAgeAndByNumber) {
  EXPECT_THAT(Once("a", "p"), testing::IsOkAndHolds("answer 1"));
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(Once("a", "p"), testing::IsOkAndHolds("answer 2"));
  for (const char* key : {"b", "c", "d"}) EXPECT_THAT(Once(key, "p"), testing::IsOk());
  EXPECT_THAT(Once("a", "p"), testing::IsOkAndHolds("answer 6"));
}

TEST_F(RequestMemoryTest, ConcurrentRepeatsRunOnce) {
  std::atomic<int> runs{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto answer = memory_.Once("k", "p", {}, [&]() -> absl::StatusOr<std::string> {
        ++runs;
        return "one";
      });
      EXPECT_THAT(answer, testing::IsOkAndHolds("one"));
    });
  }
  threads.clear();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace storefront::grpcserver
