// Reads what is stored: live entities, counts, digests, and whether it all agrees.
//
// Thread-safety: all methods; each call uses a session of its own or waits for it.
// Errors: UNAVAILABLE backend lost; CANCELLED when `stop` was requested.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/seeder/seed_run.h"
#include "services/seeder/shard_state.h"

namespace storefront::seeder {

struct TableStats {
  Table table = Table::kCustomers;
  int64_t rows = 0, bytes = 0;
  int64_t ledger_inserts = 0, ledger_updates = 0, ledger_deletes = 0;
  DigestSum digest;
};

class StorefrontInspector {
 public:
  virtual ~StorefrontInspector() = default;

  // The rows of these shards, from one snapshot. Keyed by shard; each asked for is there.
  virtual absl::StatusOr<std::map<int16_t, LiveEntities>> ReadShards(
      const std::vector<int16_t>& shards, const std::stop_token& stop) = 0;

  // All tables, from one snapshot; digests only if asked for (reads every row).
  virtual absl::StatusOr<std::vector<TableStats>> ReadStats(bool digest,
                                                            const std::stop_token& stop) = 0;

  // Checks conditions (consistency_conditions.h) in one read-only snapshot, in the given order.
  virtual absl::StatusOr<std::vector<ConditionResult>> Check(
      const std::vector<std::string>& conditions, const std::stop_token& stop) = 0;
};

}  // namespace storefront::seeder
