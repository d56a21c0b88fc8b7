// When each event is due: absolute times from seed, rate and changes of the rate. Lateness never
// moves a later event.
//
// Times are nanoseconds of schedule time, which runs with the steady clock and stands still while
// a run is paused. Thread-safety: none; each worker has a cursor of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "services/seeder/counter_rng.h"

namespace storefront::seeder {

enum class Arrival { kPoisson, kConstant };

// From event `first_event` on the rate holds; its own due time is `start_ns` plus a gap.
struct RateChange {
  int64_t first_event = 0;
  int64_t start_ns = 0;
  double events_per_second = 20;
  bool operator==(const RateChange&) const = default;
};

// Walks the events in order.
class ArrivalCursor {
 public:
  // `changes` is by first_event, the first one from event 0.
  ArrivalCursor(uint64_t seed, Arrival arrival, std::vector<RateChange> changes);

  int64_t event() const { return event_; }
  int64_t due_ns() const { return due_ns_; }
  void Next();

  // Appends a change and, when the cursor has passed its first event, goes back to it.
  void Add(const RateChange& change);

 private:
  int64_t Gap(int64_t event) const;
  void Enter(size_t change);

  CounterRng gaps_;
  Arrival arrival_;
  std::vector<RateChange> changes_;
  size_t change_ = 0;
  int64_t mean_gap_ns_ = 0;
  int64_t event_ = 0, due_ns_ = 0;
};

}  // namespace storefront::seeder
