// SeedLedger on a FakeStorefront: what batch execution asks of it. Runs and chunks are kept in
// memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "services/seeder/fake_storefront.h"
#include "services/seeder/seed_ledger.h"

namespace storefront::seeder {

class FakeSeedLedger final : public SeedLedger {
 public:
  explicit FakeSeedLedger(FakeStorefront& storefront) : storefront_(storefront) {}

  absl::Status AcquireWriter() override { return absl::OkStatus(); }
  void ReleaseWriter() override {}

  absl::StatusOr<SeedRun> CreateRun(const SeedRun& run) override {
    SeedRun stored = run;
    stored.id = static_cast<int64_t>(runs_.size()) + 1;
    runs_[stored.id] = stored;
    return stored;
  }
  absl::StatusOr<int64_t> SaveRun(const SeedRun& run) override {
    SeedRun& stored = runs_[run.id];
    const int64_t etag = stored.etag + 1;
    stored = run;
    return stored.etag = etag;
  }
  absl::StatusOr<std::optional<SeedRun>> FindRun(int64_t id) override {
    const auto it = runs_.find(id);
    if (it == runs_.end()) return std::optional<SeedRun>();
    return std::optional<SeedRun>(it->second);
  }
  absl::StatusOr<std::optional<SeedRun>> FindRequest(const std::string& request_id) override {
    for (const auto& [id, run] : runs_) {
      if (run.request_id == request_id) return std::optional<SeedRun>(run);
    }
    return std::optional<SeedRun>();
  }
  absl::StatusOr<std::vector<SeedRun>> ListRuns(size_t offset, size_t limit) override {
    std::vector<SeedRun> runs;
    for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) runs.push_back(it->second);
    runs.erase(runs.begin(), runs.begin() + static_cast<int64_t>(std::min(offset, runs.size())));
    if (runs.size() > limit) runs.resize(limit);
    return runs;
  }
  absl::StatusOr<int64_t> CountRuns() override { return static_cast<int64_t>(runs_.size()); }
  absl::StatusOr<std::vector<SeedRun>> OpenRuns() override {
    std::vector<SeedRun> runs;
    for (const auto& [id, run] : runs_) {
      if (!HasEnded(run.state)) runs.push_back(run);
    }
    return runs;
  }

  absl::StatusOr<std::vector<ChunkDone>> ChunksDone(int64_t) override { return chunks; }
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
    changes_.push_back(change);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RateChange>> RateChanges(int64_t) override { return changes_; }

  std::vector<ChunkDone> chunks;

 private:
  FakeStorefront& storefront_;
  std::map<int64_t, SeedRun> runs_;
  std::vector<RateChange> changes_;
};

}  // namespace storefront::seeder
