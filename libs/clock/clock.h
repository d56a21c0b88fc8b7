// Time as a port, so that domain code neither reads a clock nor sleeps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "absl/time/time.h"

namespace storefront::clock {

// A point on the steady clock: only differences mean something. Never goes back (S12).
class SteadyTime {
 public:
  SteadyTime() = default;
  explicit SteadyTime(absl::Duration since_start) : since_start_(since_start) {}
  absl::Duration since_start() const { return since_start_; }
  friend absl::Duration operator-(SteadyTime a, SteadyTime b) {
    return a.since_start_ - b.since_start_;
  }
  friend SteadyTime operator+(SteadyTime a, absl::Duration d) {
    return SteadyTime(a.since_start_ + d);
  }
  friend auto operator<=>(SteadyTime a, SteadyTime b) {
    return absl::ToInt64Nanoseconds(a.since_start_) <=> absl::ToInt64Nanoseconds(b.since_start_);
  }
  friend bool operator==(SteadyTime a, SteadyTime b) { return a.since_start_ == b.since_start_; }

 private:
  absl::Duration since_start_;
};

// Thread-safety: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock: for stamps that people read. May jump.
  virtual absl::Time Now() const = 0;

  // Steady clock: for deadlines, rates and durations.
  virtual SteadyTime Steady() const = 0;

  // Waits until `when`. False when `stop` was requested first; at once if `when` is past.
  virtual bool WaitUntil(SteadyTime when, const std::stop_token& stop) = 0;

  bool WaitFor(absl::Duration duration, const std::stop_token& stop) {
    return WaitUntil(Steady() + duration, stop);
  }
};

// The process's clock. Never null, never destroyed.
Clock& SystemClock();

}  // namespace storefront::clock
