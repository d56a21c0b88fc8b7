// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "absl/time/clock.h"
#include "libs/clock/clock.h"
#include "libs/sync/stop.h"

namespace storefront::clock {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  SteadyTime Steady() const override {
    return SteadyTime(absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
  }
  bool WaitUntil(SteadyTime when, const std::stop_token& stop) override {
    return sync::SleepUnlessStopped(when - Steady(), stop);
  }
};

}  // namespace

Clock& SystemClock() {
  static RealClock& clock = *new RealClock;
  return clock;
}

}  // namespace storefront::clock
