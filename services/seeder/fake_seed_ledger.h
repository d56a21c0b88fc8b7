// SeedLedger in memory; batches are those of a FakeStorefront.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/status/error.h"
#include "libs/sync/mutex.h"
#include "services/seeder/fake_storefront.h"
#include "services/seeder/seed_ledger.h"

namespace storefront::seeder {

// Thread-safety: all methods that do not ask the FakeStorefront.
class FakeSeedLedger final : public SeedLedger {
 public:
  explicit FakeSeedLedger(FakeStorefront& storefront) : storefront_(storefront) {}

  // As if another process held the writer's lock.
  void LetAnotherWrite(bool writes) {
    sync::MutexLock lock(mutex_);
    another_writes_ = writes;
  }
  // False when the chunk is there.
  bool AddChunk(int64_t run_id, const ChunkDone& chunk) {
    sync::MutexLock lock(mutex_);
    return chunks_.emplace(std::tuple(run_id, chunk.table, chunk.chunk_no), chunk).second;
  }
  std::vector<ChunkDone> AllChunks() const {
    sync::MutexLock lock(mutex_);
    std::vector<ChunkDone> all;
    for (const auto& [key, chunk] : chunks_) all.push_back(chunk);
    return all;
  }

  absl::Status AcquireWriter() override {
    sync::MutexLock lock(mutex_);
    if (!another_writes_) return absl::OkStatus();
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = status::Reason::kRunActive,
                          .message = "another process writes"});
  }
  void ReleaseWriter() override {}

  absl::StatusOr<SeedRun> CreateRun(const SeedRun& run) override {
    sync::MutexLock lock(mutex_);
    SeedRun stored = run;
    stored.id = static_cast<int64_t>(runs_.size()) + 1;
    runs_[stored.id] = stored;
    return stored;
  }
  absl::StatusOr<int64_t> SaveRun(const SeedRun& run) override {
    sync::MutexLock lock(mutex_);
    SeedRun& stored = runs_[run.id];
    const int64_t etag = stored.etag + 1;
    stored = run;
    return stored.etag = etag;
  }
  absl::StatusOr<std::optional<SeedRun>> FindRun(int64_t id) override {
    sync::MutexLock lock(mutex_);
    const auto it = runs_.find(id);
    if (it == runs_.end()) return std::optional<SeedRun>();
    return std::optional<SeedRun>(it->second);
  }
  absl::StatusOr<std::optional<SeedRun>> FindRequest(const std::string& request_id) override {
    sync::MutexLock lock(mutex_);
    for (const auto& [id, run] : runs_) {
      if (run.request_id == request_id) return std::optional<SeedRun>(run);
    }
    return std::optional<SeedRun>();
  }
  absl::StatusOr<std::vector<SeedRun>> ListRuns(size_t offset, size_t limit) override {
    sync::MutexLock lock(mutex_);
    std::vector<SeedRun> runs;
    for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) runs.push_back(it->second);
    runs.erase(runs.begin(), runs.begin() + static_cast<int64_t>(std::min(offset, runs.size())));
    if (runs.size() > limit) runs.resize(limit);
    return runs;
  }
  absl::StatusOr<int64_t> CountRuns() override {
    sync::MutexLock lock(mutex_);
    return static_cast<int64_t>(runs_.size());
  }
  absl::StatusOr<std::vector<SeedRun>> OpenRuns() override {
    sync::MutexLock lock(mutex_);
    std::vector<SeedRun> runs;
    for (const auto& [id, run] : runs_) {
      if (!HasEnded(run.state)) runs.push_back(run);
    }
    return runs;
  }

  absl::StatusOr<std::vector<ChunkDone>> ChunksDone(int64_t run_id) override {
    sync::MutexLock lock(mutex_);
    std::vector<ChunkDone> done;
    for (const auto& [key, chunk] : chunks_) {
      if (std::get<0>(key) == run_id) done.push_back(chunk);
    }
    return done;
  }
  absl::StatusOr<std::string> BatchDigest(int64_t run_id, int16_t shard,
                                          int64_t batch_no) override {
    const auto it = storefront_.batches.find({run_id, shard, batch_no});
    if (it == storefront_.batches.end()) return absl::NotFoundError("no such batch");
    return it->second.digest;
  }
  absl::StatusOr<AllShardCounters> Counters(int64_t run_id) override {
    AllShardCounters counters;
    for (int16_t shard = 0; shard < kShards; ++shard) {
      counters[static_cast<size_t>(shard)] = storefront_.Counters(run_id, shard);
    }
    return counters;
  }
  absl::StatusOr<BatchTotals> Totals(int64_t run_id) override {
    BatchTotals totals;
    for (const auto& [key, row] : storefront_.batches) {
      if (std::get<0>(key) != run_id) continue;
      ++totals.events;
      for (size_t i = 0; i < row.codes.size(); ++i) totals.rows[row.codes[i]] += row.counts[i];
    }
    return totals;
  }
  absl::Status AddRateChange(int64_t, const RateChange& change) override {
    sync::MutexLock lock(mutex_);
    changes_.push_back(change);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RateChange>> RateChanges(int64_t) override {
    sync::MutexLock lock(mutex_);
    return changes_;
  }

 private:
  using ChunkKey = std::tuple<int64_t, Table, int32_t>;  // run, table, number

  FakeStorefront& storefront_;
  mutable sync::Mutex mutex_;
  std::map<int64_t, SeedRun> runs_ ABSL_GUARDED_BY(mutex_);
  std::map<ChunkKey, ChunkDone> chunks_ ABSL_GUARDED_BY(mutex_);
  std::vector<RateChange> changes_ ABSL_GUARDED_BY(mutex_);
  bool another_writes_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace storefront::seeder
