// The ports of runs in memory: tables that only full loads fill, and a store that a test can hold.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "libs/status/error.h"
#include "libs/sync/mutex.h"
#include "libs/sync/stop.h"
#include "services/seeder/fake_seed_ledger.h"
#include "services/seeder/slot_monitor.h"
#include "services/seeder/storefront_catalog.h"
#include "services/seeder/storefront_inspector.h"
#include "services/seeder/storefront_store.h"

namespace storefront::seeder {

// Counts what is in the ledger's chunks. Thread-safety: all methods.
class FakeStorefrontCatalog final : public StorefrontCatalog {
 public:
  explicit FakeStorefrontCatalog(FakeSeedLedger& ledger) : ledger_(ledger) {}

  absl::Status CheckSchema() override { return absl::OkStatus(); }
  absl::StatusOr<HighestIds> Highest() override {
    sync::MutexLock lock(mutex_);
    return reserved_;
  }
  absl::Status Reserve(const HighestIds& ids) override {
    sync::MutexLock lock(mutex_);
    for (const auto& [table, id] : ids) reserved_[table] = std::max(reserved_[table], id);
    return absl::OkStatus();
  }
  absl::StatusOr<std::map<Table, int64_t>> CountRows() override {
    std::map<Table, int64_t> rows;
    for (const Table table : kTables) rows[table] = 0;
    for (const ChunkDone& chunk : ledger_.AllChunks()) rows[chunk.table] += chunk.rows;
    return rows;
  }
  absl::StatusOr<Micros> LatestBusinessTime() override { return kClockStart; }
  absl::StatusOr<int64_t> CountOrphans(const ForeignKey&) override { return 0; }
  absl::Status Analyze() override { return absl::OkStatus(); }

 private:
  FakeSeedLedger& ledger_;
  sync::Mutex mutex_;
  HighestIds reserved_ ABSL_GUARDED_BY(mutex_);
};

// Finds every condition to hold.
class FakeStorefrontInspector final : public StorefrontInspector {
 public:
  absl::StatusOr<std::map<int16_t, LiveEntities>> ReadShards(const std::vector<int16_t>& shards,
                                                             const std::stop_token&) override {
    std::map<int16_t, LiveEntities> live;
    for (const int16_t shard : shards) live[shard];
    return live;
  }
  absl::StatusOr<std::vector<TableStats>> ReadStats(bool, const std::stop_token&) override {
    return std::vector<TableStats>();
  }
  absl::StatusOr<std::vector<ConditionResult>> Check(const std::vector<std::string>& conditions,
                                                     const std::stop_token&) override {
    std::vector<ConditionResult> results;
    for (const std::string& condition : conditions) {
      results.push_back({.condition = condition, .checked = 1});
    }
    return results;
  }
};

class FakeSlotMonitor final : public SlotMonitor {
 public:
  absl::StatusOr<int64_t> LargestLagBytes() override { return 0; }
};

// Lets stores pass, or holds them. Thread-safety: all methods.
class Gate {
 public:
  void Close() { is_open_ = false; }
  void Open() { is_open_ = true; }
  // False when `stop` was requested before it was open.
  bool Pass(const std::stop_token& stop) const {
    while (!is_open_ && !stop.stop_requested()) {
      sync::SleepUnlessStopped(absl::Milliseconds(1), stop);
    }
    return is_open_;
  }

 private:
  std::atomic<bool> is_open_{true};
};

// A chunk is stored when it is in the ledger.
class FakeStorefrontStore final : public StorefrontStore {
 public:
  FakeStorefrontStore(FakeSeedLedger& ledger, const Gate& gate) : ledger_(ledger), gate_(gate) {}

  absl::Status WriteChunk(int64_t run_id, const Chunk& chunk, ChunkSource& source,
                          const std::stop_token& stop) override {
    if (!gate_.Pass(stop)) {
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = status::Reason::kCallCancelled,
                            .message = "stopped"});
    }
    std::string slab;
    while (source.Next(1 << 16, slab)) {
    }
    if (!ledger_.AddChunk(run_id, {.table = chunk.table,
                                   .chunk_no = chunk.chunk_no,
                                   .rows = source.rows(),
                                   .bytes = source.bytes(),
                                   .digest = source.digest()})) {
      return status::Error({.code = absl::StatusCode::kAlreadyExists,
                            .reason = status::Reason::kUniqueViolation,
                            .message = "the chunk is stored",
                            .metadata = {{"table", "chunk"}}});
    }
    return absl::OkStatus();
  }

 private:
  FakeSeedLedger& ledger_;
  const Gate& gate_;
};

}  // namespace storefront::seeder
