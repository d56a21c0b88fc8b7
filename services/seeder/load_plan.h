// A full load as a value: tables, levels and chunks. Pure; execution is chunk_executor.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/seeder/core_rows.h"
#include "services/seeder/row_digest.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

enum class OnExisting { kAppend, kFail };

// What was asked for, defaults filled in.
struct FullLoadParameters {
  double scale = 1;
  std::map<Table, int64_t> rows;  // of customers, products, orders; overrides scale
  uint64_t seed = 42;
  int connections = 2;
  int64_t chunk_rows = 50'000;
  OnExisting on_existing = OnExisting::kAppend;
  bool operator==(const FullLoadParameters&) const = default;
};

// Where the ids of a run begin. Fixed when the run is made.
struct FirstIds {
  int64_t customer = 1, product = 1, order = 1;
  bool operator==(const FirstIds&) const = default;
};

// One COPY transaction.
struct Chunk {
  Table table = Table::kCustomers;
  int32_t chunk_no = 0;
  int64_t first = 0;  // first row; for order_items and payments the first order
  int64_t units = 0;  // rows; for order_items the orders whose items these are
  int64_t rows = 0;   // rows that COPY will report
};

struct TableLoad {
  Table table = Table::kCustomers;
  int level = 0;  // a table starts when all tables of lower levels are committed
  int64_t rows = 0;
  int64_t first_id = 0;
  std::vector<Chunk> chunks;
};

struct LoadPlan {
  LoadShape shape;
  std::vector<TableLoad> tables;  // parents first
  int64_t rows() const;
  int64_t chunks() const;
};

// INVALID_ARGUMENT INVALID_FIELD with all paths: unknown or derived table, negative or overflowing
// rows, orders without customers or products. RESOURCE_EXHAUSTED LIMIT_EXCEEDED over `rows_max`.
absl::StatusOr<LoadPlan> PlanLoad(const FullLoadParameters& parameters, const FirstIds& first,
                                  int64_t rows_max);

// The rows of a chunk as slabs of a COPY stream.
// Thread-safety: none. Lifetime: `rows` must outlive it.
class ChunkSource {
 public:
  ChunkSource(const CoreRows& rows, const Chunk& chunk) : rows_(rows), chunk_(chunk) {}

  // Puts about `slab_bytes` of the stream into `slab` (cleared first). False when the stream, its
  // trailer included, has been given out.
  bool Next(size_t slab_bytes, std::string& slab);

  // Of the rows given out so far.
  int64_t rows() const { return sent_rows_; }
  int64_t bytes() const { return bytes_; }
  const DigestSum& digest() const { return digest_; }

 private:
  const CoreRows& rows_;
  const Chunk chunk_;
  int64_t at_ = 0;
  bool ended_ = false;
  int64_t sent_rows_ = 0, bytes_ = 0;
  DigestSum digest_;
};

}  // namespace storefront::seeder
