// What repair changes in the history, all in one transaction: a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// An index that is not valid and that nobody is building.
struct InvalidIndex {
  std::string schema, name, table;
  bool operator==(const InvalidIndex&) const = default;
};

// New values of a row; its script stays.
struct RowAlignment {
  int installed_rank = 0;
  std::string description;
  HistoryType type = HistoryType::kSql;
  std::optional<int32_t> checksum;
  bool operator==(const RowAlignment&) const = default;
};

struct RepairPlan {
  std::vector<int> removed_ranks;     // rows without success
  std::vector<HistoryRow> deletions;  // DELETE rows, with their ranks
  std::vector<RowAlignment> alignments;
  std::vector<InvalidIndex> dropped_indexes;
  std::vector<RunStep> steps;  // one for each of these, in this order
};

struct RepairInputs {
  const ScriptSet& set;
  const History& history;
  // Empty unless indexes are to be dropped.
  std::vector<InvalidIndex> invalid_indexes;
  // Of a repeatable, before placeholders.
  std::function<absl::StatusOr<int32_t>(const Script&)> raw_checksum;
  // Asked for scripts of rows without success while there are invalid indexes.
  std::function<absl::StatusOr<PreparedScript>(const Script&)> prepare;
};

// Without steps when nothing is to be done. FAILED_PRECONDITION when the files cannot be used, or
// the history cannot be read.
//
// Missing migrations are marked as deleted, future ones are not: their files are on a newer branch.
// Versioned and baseline migrations take over checksum, description and type of their file. A
// repeatable does so only if its row holds the checksum before placeholders, as other tools wrote
// it; else it would not be applied again. An invalid index is dropped when the script of a removed
// row names it or its table.
absl::StatusOr<RepairPlan> PlanRepair(const RepairInputs& inputs);

// The DELETE row that takes an application back.
HistoryRow DeletionOf(const HistoryRow& applied, int installed_rank);

}  // namespace storefront::migrator
