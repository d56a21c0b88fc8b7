// SeedLedger on Postgres, tables of migrations/V3__create_pipeline_tables.sql.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "services/seeder/pg_link.h"
#include "services/seeder/seed_ledger.h"

namespace storefront::seeder {

class PgSeedLedger final : public SeedLedger {
 public:
  explicit PgSeedLedger(const pg::ConnectionOptions& options) : link_(options), lock_(options) {}

  absl::Status AcquireWriter() override;
  void ReleaseWriter() override;

  absl::StatusOr<SeedRun> CreateRun(const SeedRun& run) override;
  absl::StatusOr<int64_t> SaveRun(const SeedRun& run) override;
  absl::StatusOr<std::optional<SeedRun>> FindRun(int64_t id) override;
  absl::StatusOr<std::optional<SeedRun>> FindRequest(const std::string& request_id) override;
  absl::StatusOr<std::vector<SeedRun>> ListRuns(size_t offset, size_t limit) override;
  absl::StatusOr<int64_t> CountRuns() override;
  absl::StatusOr<std::vector<SeedRun>> OpenRuns() override;

  absl::StatusOr<std::vector<ChunkDone>> ChunksDone(int64_t run_id) override;
  absl::StatusOr<std::string> BatchDigest(int64_t run_id, int16_t shard, int64_t batch_no) override;
  absl::StatusOr<AllShardCounters> Counters(int64_t run_id) override;
  absl::StatusOr<BatchTotals> Totals(int64_t run_id) override;
  absl::Status AddRateChange(int64_t run_id, const RateChange& change) override;
  absl::StatusOr<std::vector<RateChange>> RateChanges(int64_t run_id) override;

 private:
  template <typename Body>
  absl::Status Run(absl::string_view what, const Body& body);
  absl::StatusOr<std::vector<SeedRun>> ReadRuns(const std::string& where);

  PgLink link_;
  PgLink lock_;  // its session holds the writer's lock and does nothing else
};

}  // namespace storefront::seeder
