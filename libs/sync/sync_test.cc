// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "libs/sync/mutex.h"
#include "libs/sync/published.h"
#include "libs/sync/stop.h"

namespace storefront::sync {
namespace {

struct Counter {
  Mutex mutex;
  CondVar changed;
  int value ABSL_GUARDED_BY(mutex) = 0;
};

TEST(Mutex, KeepsIncrementsOfSeveralThreads) {
  Counter counter;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        MutexLock lock(counter.mutex);
        ++counter.value;
      }
    });
  }
  threads.clear();
  MutexLock lock(counter.mutex);
  EXPECT_EQ(counter.value, 4000);
}

TEST(CondVar, WakesWhenReadyAndTimesOutOtherwise) {
  Counter counter;
  std::jthread writer([&] {
    MutexLock lock(counter.mutex);
    counter.value = 1;
    counter.changed.NotifyAll();
  });
  MutexLock lock(counter.mutex);
  EXPECT_TRUE(counter.changed.WaitFor(
      counter.mutex, absl::Seconds(10),
      [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(counter.mutex) { return counter.value == 1; }));
  EXPECT_FALSE(counter.changed.WaitFor(counter.mutex, absl::Milliseconds(5), [] { return false; }));
}

TEST(Published, TellsThePresentValueAndEachChangeUntilTheSubscriptionEnds) {
  Published<int> number(1);
  std::vector<int> heard;
  {
    const Subscription subscription = number.Subscribe([&](int value) { heard.push_back(value); });
    number.Publish(2);
  }
  number.Publish(3);
  EXPECT_EQ(heard, (std::vector<int>{1, 2}));
  EXPECT_EQ(number.Get(), 3);
  EXPECT_EQ(Published<int>().Get(), std::nullopt);
}

TEST(Published, ASubscriptionMayOutliveIt) {
  Subscription subscription;
  {
    Published<int> number(1);
    subscription = number.Subscribe([](int) {});
  }
}

TEST(SleepUnlessStopped, EndsAtOnceWhenStopped) {
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const absl::Time before = absl::Now();
  EXPECT_FALSE(SleepUnlessStopped(absl::Seconds(30), source.get_token()));
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
  EXPECT_TRUE(SleepUnlessStopped(absl::Milliseconds(1), std::stop_token()));
}

}  // namespace
}  // namespace storefront::sync
