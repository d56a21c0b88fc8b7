// The record of runs and of what they committed: schema `seeder` of the database.
//
// Thread-safety: all methods. Lifetime: outlives every run.
// Errors, all methods: UNAVAILABLE backend lost (the next call makes a new session);
// FAILED_PRECONDITION SCHEMA_INCOMPLETE when the ledger's tables are missing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/seeder/arrival_schedule.h"
#include "services/seeder/row_digest.h"
#include "services/seeder/seed_run.h"

namespace storefront::seeder {

struct ChunkDone {
  Table table = Table::kCustomers;
  int32_t chunk_no = 0;
  int64_t rows = 0, bytes = 0;
  DigestSum digest;
};

struct BatchTotals {
  std::map<int16_t, int64_t> rows;  // by ledger code
  int64_t events = 0;
};

using AllShardCounters = std::array<ShardCounters, kShards>;

class SeedLedger {
 public:
  virtual ~SeedLedger() = default;

  // Becomes, or makes sure of being, the one process that writes. ABORTED RUN_ACTIVE when another
  // one is. The lock ends with the session that took it; a repeat takes it again.
  virtual absl::Status AcquireWriter() = 0;
  // After it another process, or the next run, may become the writer at once.
  virtual void ReleaseWriter() = 0;

  // Stores a new run; the answer has id and create_time. ALREADY_EXISTS when the request id is
  // used.
  virtual absl::StatusOr<SeedRun> CreateRun(const SeedRun& run) = 0;
  // Stores state, parameters, error, warnings and times; raises the etag, which it returns.
  virtual absl::StatusOr<int64_t> SaveRun(const SeedRun& run) = 0;
  virtual absl::StatusOr<std::optional<SeedRun>> FindRun(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<SeedRun>> FindRequest(const std::string& request_id) = 0;
  // Newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<SeedRun>> ListRuns(size_t offset, size_t limit) = 0;
  virtual absl::StatusOr<int64_t> CountRuns() = 0;
  // Runs that have not ended, oldest first.
  virtual absl::StatusOr<std::vector<SeedRun>> OpenRuns() = 0;

  virtual absl::StatusOr<std::vector<ChunkDone>> ChunksDone(int64_t run_id) = 0;
  // 16 bytes; NOT_FOUND when there is no such batch.
  virtual absl::StatusOr<std::string> BatchDigest(int64_t run_id, int16_t shard,
                                                  int64_t batch_no) = 0;
  virtual absl::StatusOr<AllShardCounters> Counters(int64_t run_id) = 0;
  virtual absl::StatusOr<BatchTotals> Totals(int64_t run_id) = 0;
  virtual absl::Status AddRateChange(int64_t run_id, const RateChange& change) = 0;
  // By first event; empty when the rate was never changed.
  virtual absl::StatusOr<std::vector<RateChange>> RateChanges(int64_t run_id) = 0;
};

}  // namespace storefront::seeder
