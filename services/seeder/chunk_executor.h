// Carries a load plan out: workers take chunks, level by level, each stored exactly once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/seeder/load_plan.h"
#include "services/seeder/seed_ledger.h"
#include "services/seeder/storefront_store.h"

namespace storefront::seeder {

struct ChunkExecutorOptions {
  int connections = 2;
  int retries_max = 10;     // of one chunk, for conflicts and locks
  int doubt_waits_max = 3;  // lock waits on the old session's ledger row
  absl::Duration reconnect_wait = absl::Seconds(60);
};

class ChunkExecutor {
 public:
  struct Hooks {
    // Called by several threads.
    std::function<void(const ChunkDone&)> committed;
    std::function<void()> retried, in_doubt_resolved;
    std::function<void(bool reconnecting)> reconnecting;
    // Before each chunk: waits while paused; false ends the work in order.
    std::function<bool()> pass_gate;
  };

  // The references must outlive it.
  ChunkExecutor(const ChunkExecutorOptions& options, MakeStorefrontStore make_store,
                SeedLedger& ledger, clock::Clock& clock, Hooks hooks);

  // Stores every chunk of the plan that the ledger does not have, then reads the ledger again until
  // it has all of them: a crash of the server may take acknowledged ones back. OK with `*complete`
  // false when the gate ended the work. Errors: as of BatchExecutor::MakeRoom.
  absl::Status Run(int64_t run_id, const LoadPlan& plan, const std::stop_token& stop,
                   bool* complete);

 private:
  absl::Status RunLevel(int64_t run_id, const CoreRows& rows, const std::vector<Chunk>& chunks,
                        const std::stop_token& stop, bool* complete);
  absl::Status Store(int64_t run_id, const CoreRows& rows, const Chunk& chunk,
                     StorefrontStore& store, const std::stop_token& stop);

  const ChunkExecutorOptions options_;
  const MakeStorefrontStore make_store_;
  SeedLedger& ledger_;
  clock::Clock& clock_;
  const Hooks hooks_;
};

}  // namespace storefront::seeder
