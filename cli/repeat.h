// When a call that found nobody is made again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace storefront::cli {

struct RepeatPolicy {
  bool safe = false;                           // a read, or a call with a request id
  absl::Duration timeout = absl::Seconds(30);  // for all attempts together
  // Called once, before the first wait: says that it goes on trying.
  std::function<void(const absl::Status&)> on_first_wait = [](const absl::Status&) {};
};

// Calls `attempt` with the time that is left, again after UNAVAILABLE while that is safe, with
// waits of up to 100 ms, 200 ms, … 2 s (full jitter), until the timeout. Gives the last answer.
absl::Status WithRepeats(clock::Clock& clock, const std::stop_token& stop,
                         const RepeatPolicy& policy,
                         const std::function<absl::Status(absl::Duration left)>& attempt);

}  // namespace storefront::cli
