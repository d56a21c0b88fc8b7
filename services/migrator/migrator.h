// What the service can do, without gRPC: read, compare, start runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/run_executor.h"
#include "services/migrator/run_registry.h"
#include "services/migrator/schema_history.h"
#include "services/migrator/script_catalog.h"
#include "services/migrator/settled_memory.h"

namespace storefront::migrator {

// Files, history and the table made from both; the table's pointers lead into this.
struct Listing {
  ScriptSet set;
  HistoryView view;
  MigrationTable table;
};

struct MigratorStatus {
  std::unique_ptr<const Listing> listing;
  std::vector<std::string> invalid_indexes;  // asked for only when a row failed
  std::string active_run;
};

struct MigrationDetail {
  std::unique_ptr<const Listing> listing;
  const MigrationLine* line = nullptr;
  std::optional<PreparedScript> script;  // of a full view with a file
};

struct ValidationReport {
  size_t checked = 0;
  std::vector<Finding> findings;
  std::vector<Finding> warnings;  // what stops no run
};

struct MigratorOptions {
  bool out_of_order = false;
  bool group = false;
  bool mixed = false;
  bool validate_on_migrate = true;
  std::optional<HistoryRow> baseline;  // of baseline_on_migrate; unset when that is off
  LintPolicy lint_policy = LintPolicy::kWarn;
  absl::Duration lock_wait = absl::Seconds(60);
  ExecutorLimits limits;
};

// What a call may set; the rest comes from the options.
struct MigrateRequest {
  std::string target;
  std::optional<bool> out_of_order;
  std::vector<std::string> ignore_patterns;
  std::optional<absl::Duration> lock_wait;
  RunOrigin origin;
  std::optional<bool> group;
  std::optional<bool> mixed;
  bool skip_executing = false;
  bool dry_run = false;
  std::string plan_hash;
  std::optional<LintPolicy> lint_policy;
};

// A plan with what was found while it was made.
struct PlannedRun {
  MigratePlan plan;
  PlanFindings findings;
};

// Thread-safety: all methods. Lifetime: the references outlive it.
class Migrator {
 public:
  Migrator(ExecutorParts parts, RunRegistry& runs, MigratorOptions options);

  absl::StatusOr<MigratorStatus> Status();
  // FAILED_PRECONDITION with all findings when files cannot be used.
  absl::StatusOr<std::unique_ptr<const Listing>> List();
  // `id` as in MigrationLine. NOT_FOUND RESOURCE_NOT_FOUND.
  absl::StatusOr<MigrationDetail> Get(absl::string_view id, bool full);
  // Findings of files are part of the report, not an error.
  absl::StatusOr<ValidationReport> Validate(const std::vector<std::string>& ignore_patterns);

  // Checks, then starts a run on a thread of its own. A request that did so before gets its run, as
  // it stands now, also after a restart.
  absl::StatusOr<Run> Migrate(const MigrateRequest& request);
  // Checks only. The answer has no id; its steps are those that a run would have now.
  absl::StatusOr<Run> CheckMigrate(const MigrateRequest& request);
  // The plan of a run that would begin now; lint is asked, but refuses nothing.
  absl::StatusOr<PlannedRun> PlanRun(const MigrateRequest& request);

  RunRegistry& runs() { return runs_; }
  const Placeholders& placeholders() const { return parts_.catalog.placeholders(); }

 private:
  absl::StatusOr<MigrateOptions> OptionsOf(const MigrateRequest& request) const;
  absl::StatusOr<std::unique_ptr<Listing>> Load();

  ExecutorParts parts_;
  RunRegistry& runs_;
  const MigratorOptions options_;
  SettledMemory settled_;
};

}  // namespace storefront::migrator
