// What the storefront's tables are and how far their ids go.
//
// Thread-safety: all methods. Errors: UNAVAILABLE backend lost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/seeder/load_plan.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

// Highest id in use or handed out by the table's sequence; 0 = none.
using HighestIds = std::map<Table, int64_t>;

class StorefrontCatalog {
 public:
  virtual ~StorefrontCatalog() = default;

  // FAILED_PRECONDITION SCHEMA_INCOMPLETE: names each missing table, column, wrong type, or the
  // server's version below 17.
  virtual absl::Status CheckSchema() = 0;
  virtual absl::StatusOr<HighestIds> Highest() = 0;
  // Moves sequences up so that others get ids above these. Never moves one down.
  virtual absl::Status Reserve(const HighestIds& ids) = 0;
  virtual absl::StatusOr<std::map<Table, int64_t>> CountRows() = 0;
  // The latest time in any row; 0 when there is none.
  virtual absl::StatusOr<Micros> LatestBusinessTime() = 0;
  // Children without parent.
  virtual absl::StatusOr<int64_t> CountOrphans(const ForeignKey& key) = 0;
  virtual absl::Status Analyze() = 0;
};

}  // namespace storefront::seeder
