// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/arrival_schedule.h"

#include <algorithm>
#include <utility>

#include "services/seeder/dwell_time.h"

namespace storefront::seeder {

ArrivalCursor::ArrivalCursor(uint64_t seed, Arrival arrival, std::vector<RateChange> changes)
    : gaps_(seed, Stream::kEventGap), arrival_(arrival), changes_(std::move(changes)) {
  Enter(0);
}

int64_t ArrivalCursor::Gap(int64_t event) const {
  if (arrival_ == Arrival::kConstant) return mean_gap_ns_;
  return ExponentialTime(gaps_.At(static_cast<uint64_t>(event)), mean_gap_ns_);
}

void ArrivalCursor::Enter(size_t change) {
  change_ = change;
  const RateChange& now = changes_[change];
  mean_gap_ns_ = std::max<int64_t>(1, static_cast<int64_t>(1e9 / now.events_per_second));
  event_ = now.first_event;
  due_ns_ = now.start_ns + Gap(event_);
}

void ArrivalCursor::Next() {
  if (change_ + 1 < changes_.size() && event_ + 1 >= changes_[change_ + 1].first_event) {
    Enter(change_ + 1);
    return;
  }
  ++event_;
  due_ns_ += Gap(event_);
}

void ArrivalCursor::Add(const RateChange& change) {
  // Two changes before the same event: the later one holds.
  while (!changes_.empty() && changes_.back().first_event >= change.first_event) {
    changes_.pop_back();
  }
  changes_.push_back(change);
  if (event_ >= change.first_event) Enter(changes_.size() - 1);
}

}  // namespace storefront::seeder
