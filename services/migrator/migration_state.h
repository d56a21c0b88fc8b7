// Files and history side by side: the table that Flyway users know from `info`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/history_row.h"
#include "services/migrator/script_set.h"

namespace storefront::migrator {

enum class MigrationState {
  kPending,
  kAboveTarget,
  kBelowBaseline,
  kIgnoredBaseline,
  kIgnored,
  kSuccess,
  kFailed,
  kOutOfOrder,
  kBaseline,
  kMissing,
  kFailedMissing,
  kFuture,
  kFailedFuture,
  kOutdated,
  kSuperseded,
  kDeleted,
};

// Flyway's words: "Below Baseline", "Failed (Missing)".
absl::string_view MigrationStateName(MigrationState state);

// How far versions go. Repeatables are not bounded by it.
struct Target {
  enum class Kind { kLatest, kNext, kCurrent, kVersion };
  Kind kind = Kind::kLatest;
  std::optional<Version> version;
  bool must_exist = true;  // false for `3?`
  bool operator==(const Target&) const = default;

  // "" and "latest", "next", "current", "3.1", "3.1?". INVALID_ARGUMENT INVALID_FIELD on `target`.
  static absl::StatusOr<Target> Parse(absl::string_view text);
};

// A line of the table. Pointers lead into the set and the history that it was made from.
struct MigrationLine {
  std::string id;  // "V9.4", "R__a_view", "V4@4" for a row that a later one replaced
  MigrationState state = MigrationState::kPending;
  const Script* script = nullptr;   // null: no file
  const HistoryRow* row = nullptr;  // null: not applied
  bool is_baseline = false;         // a B file, or a row that stands for a baseline
  bool hidden = false;              // a DELETE row of a version: counted, not listed
};

struct MigrationTable {
  // Below the baseline, applied by rank, then versions, then repeatables.
  std::vector<MigrationLine> lines;
  std::optional<Version> current;  // highest applied version that is not deleted
};

struct TableOptions {
  Target target;
  bool out_of_order = false;
};

// FAILED_PRECONDITION CORRUPT_HISTORY when a row deletes what no row applied; TARGET_NOT_FOUND when
// the target must exist and neither a file nor a row has it. `set` and `history` outlive the table.
absl::StatusOr<MigrationTable> MakeTable(const ScriptSet& set, const History& history,
                                         const TableOptions& options);

// The pending lines, in the order of a run.
std::vector<const MigrationLine*> PendingLines(const MigrationTable& table);

}  // namespace storefront::migrator
