// What a migrate run will do: a value, made from files and history, without I/O of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"
#include "services/migrator/validation.h"

namespace storefront::migrator {

struct MigrateOptions {
  std::string target_text;
  Target target;
  bool out_of_order = false;
  bool validate = true;
  IgnorePatterns ignore;
  absl::Duration lock_wait = absl::Seconds(60);
};

struct PlannedScript {
  std::string id;  // "V3"
  std::shared_ptr<const PreparedScript> prepared;
};

struct MigratePlan {
  std::vector<PlannedScript> scripts;  // in order
  std::string current_version;         // canonical; empty for none
};

// Checks files and history as a run must, and makes every pending script ready. All findings at
// once: those of the files, DIRTY_HISTORY, those of the validation, those of the pending scripts.
// `prepare` makes one script ready.
using PrepareScriptFn =
    std::function<absl::StatusOr<std::shared_ptr<const PreparedScript>>(const Script&)>;
absl::StatusOr<MigratePlan> PlanMigrate(const ScriptSet& set, const History& history,
                                        const MigrateOptions& options,
                                        const PrepareScriptFn& prepare);

// The steps of the plan, all pending.
std::vector<RunStep> StepsOf(const MigratePlan& plan);

// The row that the script will get, but for rank, times and user.
HistoryRow RowOf(const PreparedScript& script);

}  // namespace storefront::migrator
