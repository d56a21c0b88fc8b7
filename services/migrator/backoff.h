// Pauses between tries, so that two waiters part.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace storefront::migrator {

// Doubles from `first` to `last`, each up to a quarter less by chance.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration last, clock::Clock& clock)
      : next_(first),
        last_(last),
        random_(
            static_cast<uint64_t>(absl::ToInt64Nanoseconds(clock.Steady() - clock::SteadyTime())) |
            1U) {}

  absl::Duration Next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    const absl::Duration now = next_ - next_ * (static_cast<double>(random_ % 1000) / 4000.0);
    next_ = std::min(next_ * 2, last_);
    return now;
  }

 private:
  absl::Duration next_, last_;
  uint64_t random_;
};

}  // namespace storefront::migrator
