// SPDX-License-Identifier: Apache-2.0
#include "cli/repeat.h"

#include <algorithm>
#include <random>

#include "libs/status/error.h"

namespace storefront::cli {

absl::Status WithRepeats(clock::Clock& clock, const std::stop_token& stop,
                         const RepeatPolicy& policy,
                         const std::function<absl::Status(absl::Duration left)>& attempt) {
  const clock::SteadyTime end = policy.timeout == absl::InfiniteDuration()
                                    ? clock::SteadyTime(absl::InfiniteDuration())
                                    : clock.Steady() + policy.timeout;
  std::minstd_rand random(std::random_device{}());
  absl::Duration longest = absl::Milliseconds(100);
  bool told = false;
  while (true) {
    const absl::Status status = attempt(end - clock.Steady());
    if (status.code() != absl::StatusCode::kUnavailable || !policy.safe) return status;
    absl::Duration wait = longest * std::uniform_real_distribution<double>(0.5, 1.0)(random);
    if (const auto asked = status::DetailsOf(status).retry_after) {
      wait = std::clamp(*asked, wait, absl::Seconds(2));
    }
    if (end - clock.Steady() <= wait) return status;
    if (!told) policy.on_first_wait(status);
    told = true;
    if (!clock.WaitFor(wait, stop)) return status;
    longest = std::min(longest * 2, absl::Duration(absl::Seconds(2)));
  }
}

}  // namespace storefront::cli
