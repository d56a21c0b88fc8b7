// Which applied migrations an undo run takes back, and by which scripts: a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// What is undone: without a version the migration applied last, else all above it.
struct UndoTarget {
  std::optional<Version> above;
  bool must_exist = true;  // false for `3?`

  // "" , "3.1", "3.1?". INVALID_ARGUMENT INVALID_FIELD on `target`.
  static absl::StatusOr<UndoTarget> Parse(absl::string_view text);
};

struct UndoItem {
  std::string id;      // "V3"
  HistoryRow applied;  // the row that is cancelled
  std::shared_ptr<const PreparedScript> script;
};

struct UndoPlan {
  std::vector<UndoItem> items;  // in order: applied last, undone first
  int last_rank = 0;            // of the history that the plan was made from
};

// Makes one script ready.
using PrepareScriptFn =
    std::function<absl::StatusOr<std::shared_ptr<const PreparedScript>>(const Script&)>;

// Empty when nothing is applied, or nothing above the target.
//   UNDO_SCRIPT_MISSING  names each migration without a U file
//   UNDO_REFUSED         names each that a baseline stands for, or whose U file refuses a
//   transaction DIRTY_HISTORY, TARGET_NOT_FOUND, and what makes files or scripts unusable
// All are FAILED_PRECONDITION, with every violation.
absl::StatusOr<UndoPlan> PlanUndo(const ScriptSet& set, const History& history,
                                  const UndoTarget& target, const PrepareScriptFn& prepare);

// How many items from the first on are undone in this history: what a lost session leaves open.
// ABORTED PLAN_CHANGED when others changed the history meanwhile.
absl::StatusOr<size_t> CountUndone(const UndoPlan& plan, const History& history);

std::vector<RunStep> StepsOf(const UndoPlan& plan);

}  // namespace storefront::migrator
