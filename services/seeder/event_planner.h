// From an event's number to the transaction that carries it out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "services/seeder/business_change.h"
#include "services/seeder/counter_rng.h"
#include "services/seeder/event_mix.h"
#include "services/seeder/shard_state.h"

namespace storefront::seeder {

// Rows that a shard has inserted in its run so far: they give the next ids.
struct ShardCounters {
  int64_t customers = 0, orders = 0;
  int64_t batches = 0;      // number of the last one
  int64_t last_event = -1;  // of the last one
  bool operator==(const ShardCounters&) const = default;
};

// Where ids of a deltas run begin: the n-th insert of shard s gets base + kShards * n + s. The
// customers' base is a multiple of kShards, so that a new customer belongs to its shard.
struct IdBases {
  int64_t customer = 0, order = 0;
  bool operator==(const IdBases&) const = default;
};

// Thread-safety: const methods.
class EventPlanner {
 public:
  EventPlanner(int64_t run_id, uint64_t seed, const EventMix& mix, const IdBases& bases);

  // The shard that event `event` belongs to.
  int16_t Shard(int64_t event) const;

  // Chooses and plans the event at business time `now`, advances state and counters as if it were
  // committed. An event with nothing to act on becomes a restock, or a registration where there
  // are no products either (`substituted`).
  Batch Plan(int64_t event, Micros now, ShardState& state, ShardCounters& counters) const;

 private:
  bool TryPlan(EventKind kind, uint64_t event, Micros now, const ShardState& state,
               const ShardCounters& counters, Batch& batch) const;
  bool Checkout(uint64_t event, Micros now, const ShardState& state, const ShardCounters& counters,
                Batch& batch) const;
  bool Restock(uint64_t event, const ShardState& state, Batch& batch) const;
  bool Erase(uint64_t event, const ShardState& state, Batch& batch) const;

  const int64_t run_id_;
  const EventMix mix_;
  const IdBases bases_;
  const CounterRng shards_, kinds_, body_;
};

}  // namespace storefront::seeder
