// A clock that only moves when a test moves it, or when somebody waits on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"

namespace storefront::testing {

// Thread-safety: all methods. A wait advances the clock to its end and returns at once.
class FakeClock final : public clock::Clock {
 public:
  explicit FakeClock(absl::Time start = absl::FromUnixSeconds(1'767'225'600)) : wall_(start) {}

  absl::Time Now() const override {
    sync::MutexLock lock(mutex_);
    return wall_;
  }
  clock::SteadyTime Steady() const override {
    sync::MutexLock lock(mutex_);
    return steady_;
  }
  bool WaitUntil(clock::SteadyTime when, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    sync::MutexLock lock(mutex_);
    if (when > steady_) {
      wall_ += when - steady_;
      steady_ = when;
    }
    return true;
  }

  void Advance(absl::Duration by) {
    sync::MutexLock lock(mutex_);
    wall_ += by;
    steady_ = steady_ + by;
  }
  void JumpWall(absl::Duration by) {
    sync::MutexLock lock(mutex_);
    wall_ += by;
  }

 private:
  mutable sync::Mutex mutex_;
  absl::Time wall_ ABSL_GUARDED_BY(mutex_);
  clock::SteadyTime steady_ ABSL_GUARDED_BY(mutex_){absl::Seconds(1000)};
};

}  // namespace storefront::testing
