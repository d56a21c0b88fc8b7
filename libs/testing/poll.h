// Waiting in tests: poll with a deadline, never sleep for a guess.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/sync/stop.h"

namespace storefront::testing {

// True as soon as `done()` is; false after `deadline`. Asks every 5 ms.
template <typename Done>
bool PollUntil(Done done, absl::Duration deadline = absl::Seconds(20)) {
  const absl::Time end = absl::Now() + deadline;
  while (!done()) {
    if (absl::Now() >= end) return false;
    sync::SleepUnlessStopped(absl::Milliseconds(5), std::stop_token());
  }
  return true;
}

}  // namespace storefront::testing
