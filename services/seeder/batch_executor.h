// Brings batches into the database exactly once each, over a channel that may break at any point.
//
// The ledger row that begins each transaction decides everything: sent again after a lost
// connection, a batch either collides with its own row (it was committed) or goes in now.
// Thread-safety: none; one object per worker.
// Source: docs/adr/0007-lost-commit.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/seeder/delta_channel.h"
#include "services/seeder/seed_ledger.h"

namespace storefront::seeder {

struct BatchExecutorOptions {
  size_t pipeline_depth = 16;
  int retries_max = 10;     // of one batch, for conflicts and locks
  int doubt_waits_max = 3;  // lock waits on the old session's ledger row
  absl::Duration reconnect_wait = absl::Seconds(60);
};

class BatchExecutor {
 public:
  struct Hooks {
    // A batch is committed; `waited` is the time since it was sent first.
    std::function<void(const Batch&, absl::Duration waited)> committed;
    // Someone else changed rows of this shard: plan these events anew, from the tables. The answer
    // has as many batches, with the same events and numbers.
    std::function<absl::StatusOr<std::vector<Batch>>(int16_t shard, std::vector<Batch> failed)>
        replan;
    std::function<void(bool reconnecting)> reconnecting;
  };
  struct Counts {
    int64_t retries = 0, in_doubt_resolved = 0, replans = 0, reconnects = 0;
  };

  // `channel`, `ledger` and `clock` must outlive it.
  BatchExecutor(const BatchExecutorOptions& options, DeltaChannel& channel, SeedLedger& ledger,
                clock::Clock& clock, Hooks hooks);

  // Makes the session.
  absl::Status Start(const std::stop_token& stop);

  // Waits until a batch can be sent at once. Plan the next batch after it, not before: waiting may
  // plan earlier ones anew. Errors end the run's attempt:
  //   UNAVAILABLE BACKEND_UNAVAILABLE   not reached again within reconnect_wait
  //   ABORTED LEDGER_CONFLICT           another writer uses the ledger
  //   ABORTED COMMIT_IN_DOUBT           the old session did not end in time
  //   ABORTED LEDGER_BEHIND             acknowledged batches vanished in a server crash: read the
  //                                     ledger and plan anew from there
  //   FAILED_PRECONDITION GENERATOR_BUG a constraint refused our rows
  //   CANCELLED                         `stop` was requested
  absl::Status MakeRoom(const std::stop_token& stop);

  // Sends a batch. Errors as of MakeRoom.
  absl::Status Submit(Batch batch, const std::stop_token& stop);

  // Takes results in until `until` or until nothing is in flight. Errors as of MakeRoom.
  absl::Status Pump(clock::SteadyTime until, const std::stop_token& stop);
  // Until nothing is in flight.
  absl::Status Drain(const std::stop_token& stop);

  size_t in_flight() const { return sent_.size(); }
  const Counts& counts() const { return counts_; }

 private:
  struct Flight {
    Batch batch;
    clock::SteadyTime since;
    bool in_doubt = false;
    int retries = 0, waits = 0;
    bool replan = false;
  };

  absl::Status SendAll(std::deque<Flight> flights, const std::stop_token& stop);
  absl::Status Take(clock::SteadyTime until, const std::stop_token& stop, bool* taken);
  absl::Status Judge(Flight flight, const BatchResult& result);
  absl::Status Resolve(const Flight& flight);
  absl::Status Reconnect(const absl::Status& cause, const std::stop_token& stop);
  absl::Status RepeatFailed(const std::stop_token& stop);

  const BatchExecutorOptions options_;
  DeltaChannel& channel_;
  SeedLedger& ledger_;
  clock::Clock& clock_;
  const Hooks hooks_;
  std::deque<Flight> sent_;    // in flight, oldest first
  std::deque<Flight> failed_;  // to be sent again once nothing is in flight
  Counts counts_;
};

}  // namespace storefront::seeder
