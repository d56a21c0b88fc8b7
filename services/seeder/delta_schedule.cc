// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/delta_schedule.h"

#include <utility>

namespace storefront::seeder {

DeltaSchedule::DeltaSchedule(clock::Clock& clock, uint64_t seed, Arrival arrival,
                             std::vector<RateChange> changes, int64_t start_ns)
    : clock_(clock),
      seed_(seed),
      arrival_(arrival),
      changes_(std::move(changes)),
      passed_(seed, arrival, changes_),
      zero_(clock.Steady() + absl::Nanoseconds(-start_ns)) {}

ArrivalCursor DeltaSchedule::MakeCursor(size_t& seen_changes) const {
  sync::MutexLock lock(mutex_);
  seen_changes = changes_.size();
  return ArrivalCursor(seed_, arrival_, changes_);
}

int64_t DeltaSchedule::NowLocked() const {
  const clock::SteadyTime now = halts_ != 0 ? halted_at_ : clock_.Steady();
  return absl::ToInt64Nanoseconds(now - zero_);
}

int64_t DeltaSchedule::now_ns() const {
  sync::MutexLock lock(mutex_);
  return NowLocked();
}

double DeltaSchedule::events_per_second() const {
  sync::MutexLock lock(mutex_);
  return changes_.back().events_per_second;
}

DeltaSchedule::Turn DeltaSchedule::Try(ArrivalCursor& cursor, size_t& seen_changes,
                                       absl::Duration& late) {
  sync::MutexLock lock(mutex_);
  if (seen_changes != changes_.size()) {
    for (; seen_changes < changes_.size(); ++seen_changes) cursor.Add(changes_[seen_changes]);
    return Turn::kMoved;
  }
  late = absl::Nanoseconds(NowLocked() - cursor.due_ns());
  if (halts_ != 0) return Turn::kHalted;
  return late >= absl::ZeroDuration() ? Turn::kGo : Turn::kWait;
}

void DeltaSchedule::SetHalt(Halt reason, bool on) {
  sync::MutexLock lock(mutex_);
  const unsigned halts = on ? halts_ | reason : halts_ & ~static_cast<unsigned>(reason);
  if (halts_ == 0 && halts != 0) halted_at_ = clock_.Steady();
  if (halts_ != 0 && halts == 0) zero_ = zero_ + (clock_.Steady() - halted_at_);
  halts_ = halts;
}

absl::Status DeltaSchedule::ChangeRate(
    double events_per_second, const std::function<absl::Status(const RateChange&)>& store) {
  // Under the lock: no worker may send an event between its choice and the store's answer.
  sync::MutexLock lock(mutex_);
  const int64_t now = NowLocked();
  ArrivalCursor cursor = passed_;
  while (cursor.due_ns() <= now) cursor.Next();
  const RateChange change = {
      .first_event = cursor.event(), .start_ns = now, .events_per_second = events_per_second};
  if (absl::Status stored = store(change); !stored.ok()) return stored;
  changes_.push_back(change);
  cursor.Add(change);
  passed_ = std::move(cursor);
  return absl::OkStatus();
}

}  // namespace storefront::seeder
