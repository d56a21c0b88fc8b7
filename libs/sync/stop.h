// Waiting that a stop request ends at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "absl/time/time.h"

namespace storefront::sync {

// False when the stop came first. A duration <= 0 only asks. Steady clock.
inline bool SleepUnlessStopped(absl::Duration duration, const std::stop_token& stop) {
  if (duration <= absl::ZeroDuration()) return !stop.stop_requested();
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock<std::mutex> lock(mutex);
  condition.wait_for(lock, stop, absl::ToChronoNanoseconds(duration), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace storefront::sync
