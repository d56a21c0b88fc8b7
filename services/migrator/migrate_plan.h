// What a migrate run will do: a value, made from files and history, without I/O of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/callbacks.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"
#include "services/migrator/script_judge.h"
#include "services/migrator/validation.h"

namespace storefront::migrator {

struct MigrateOptions {
  std::string target_text;
  Target target;
  bool out_of_order = false;
  bool group = false;           // all pending scripts in one transaction
  bool mixed = false;           // scripts may mix what needs and what refuses a transaction
  bool skip_executing = false;  // rows only
  bool dry_run = false;
  bool validate = true;
  IgnorePatterns ignore;
  absl::Duration lock_wait = absl::Seconds(60);
  LintPolicy lint_policy = LintPolicy::kOff;
  std::string plan_hash;  // the only plan that may be carried out; empty takes any
  // Written first when there is content but no history; unset refuses such a database.
  std::optional<HistoryRow> baseline = {};
  bool operator==(const MigrateOptions&) const = default;
};

// Why a script runs.
enum class PlanReason { kPending, kOutOfOrder, kChanged, kBaseline };

struct PlannedScript {
  std::string id;  // "V3"
  PlanReason reason = PlanReason::kPending;
  std::shared_ptr<const PreparedScript> prepared;
};

struct MigratePlan {
  std::optional<HistoryRow> baseline;  // written before all else
  std::vector<PlannedScript> scripts;  // in order
  Callbacks callbacks;
  bool one_transaction = false;  // all scripts together
  std::string current_version;   // canonical; empty for none
  std::string final_version;     // after the run

  // True when this script, with its row, is a transaction of its own or part of the common one.
  bool IsTransactional(size_t index) const {
    return skip_executing || scripts[index].prepared->transactional;
  }
  bool skip_executing = false;  // rows only, as the options say
};

// What the plan is made from.
struct PlanSource {
  const ScriptSet& set;
  const History& history;
  bool needs_baseline = false;  // the options' one, as there is content without history
  // Makes one script ready.
  std::function<absl::StatusOr<std::shared_ptr<const PreparedScript>>(const Script&)> prepare;
  // Makes the callbacks ready; what is wrong with them goes to the findings.
  std::function<Callbacks(std::vector<Finding>&)> prepare_callbacks = [](std::vector<Finding>&) {
    return Callbacks{};
  };
  // As ValidationOptions has it.
  std::function<std::string(const Script&, int32_t)> explain_checksum = [](const Script&, int32_t) {
    return std::string();
  };
};

// Checks files and history as a run must, and makes every pending script ready. All findings at
// once: those of the files, DIRTY_HISTORY, those of the validation, those of the pending scripts;
// then MIXED_GROUP.
absl::StatusOr<MigratePlan> PlanMigrate(const PlanSource& source, const MigrateOptions& options);

// The steps of the plan, all pending: the baseline if there is one, then a step for each script.
std::vector<RunStep> StepsOf(const MigratePlan& plan);

// The row that the script will get, but for rank, times and user.
HistoryRow RowOf(const PreparedScript& script);

// The row of a baseline: version and description; script as description, as Flyway writes it.
HistoryRow BaselineRow(Version version, absl::string_view description);

}  // namespace storefront::migrator
