// The schedule that the workers of a deltas run share: now, standing still, and the rate.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/seeder/arrival_schedule.h"

namespace storefront::seeder {

// Thread-safety: all methods. `clock` must outlive it.
class DeltaSchedule {
 public:
  enum Halt : unsigned { kPaused = 1, kThrottled = 2 };

  // Schedule time is `start_ns` now.
  DeltaSchedule(clock::Clock& clock, uint64_t seed, Arrival arrival,
                std::vector<RateChange> changes, int64_t start_ns);

  // A cursor for a worker, and the changes it knows of.
  ArrivalCursor MakeCursor(size_t& seen_changes) const;

  // Decides about the event under the cursor. kGo: it is due, and nobody moves it any more; `late`
  // is how long it has been. kWait: not yet; `late` is negative. kMoved: the rate changed, the
  // cursor may have gone back. kHalted: time stands still.
  enum class Turn { kGo, kWait, kMoved, kHalted };
  Turn Try(ArrivalCursor& cursor, size_t& seen_changes, absl::Duration& late);

  // While any reason is set, schedule time stands still.
  void SetHalt(Halt reason, bool on);

  // Changes the rate from the first event that is due after now. `store` is called with the change
  // before any worker sees it; its error leaves everything as it was.
  absl::Status ChangeRate(double events_per_second,
                          const std::function<absl::Status(const RateChange&)>& store);

  double events_per_second() const;
  int64_t now_ns() const;

 private:
  int64_t NowLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  clock::Clock& clock_;
  const uint64_t seed_;
  const Arrival arrival_;
  mutable sync::Mutex mutex_;
  std::vector<RateChange> changes_ ABSL_GUARDED_BY(mutex_);
  ArrivalCursor passed_ ABSL_GUARDED_BY(mutex_);  // a position that is not after any worker's
  clock::SteadyTime zero_ ABSL_GUARDED_BY(mutex_);
  clock::SteadyTime halted_at_ ABSL_GUARDED_BY(mutex_);
  unsigned halts_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace storefront::seeder
