// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migrator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/validation.h"

namespace storefront::migrator {

using status::Reason;

Migrator::Migrator(ExecutorParts parts, RunRegistry& runs, MigratorOptions options)
    : parts_(parts), runs_(runs), options_(options) {}

absl::StatusOr<std::unique_ptr<Listing>> Migrator::Load() {
  auto listing = std::make_unique<Listing>();
  ASSIGN_OR_RETURN(listing->view, parts_.onlooker.Read());
  ASSIGN_OR_RETURN(listing->set, parts_.catalog.Load(listing->view.facts));
  ASSIGN_OR_RETURN(listing->table, MakeTable(listing->set, listing->view.history,
                                             {.out_of_order = options_.out_of_order}));
  return listing;
}

absl::StatusOr<std::unique_ptr<const Listing>> Migrator::List() {
  ASSIGN_OR_RETURN(std::unique_ptr<Listing> listing, Load());
  RETURN_IF_ERROR(FindingsToStatus(listing->set.findings));
  return listing;
}

absl::StatusOr<MigratorStatus> Migrator::Status() {
  MigratorStatus status;
  ASSIGN_OR_RETURN(status.listing, List());
  for (const HistoryRow& row : status.listing->view.history.rows) {
    if (row.success) continue;
    ASSIGN_OR_RETURN(status.invalid_indexes, parts_.onlooker.InvalidIndexes());
    for (std::string& index : status.invalid_indexes) index = placeholders().Mask(index);
    break;
  }
  status.active_run = runs_.ActiveId();
  return status;
}

absl::StatusOr<MigrationDetail> Migrator::Get(absl::string_view id, bool full) {
  MigrationDetail detail;
  ASSIGN_OR_RETURN(detail.listing, List());
  for (const MigrationLine& line : detail.listing->table.lines) {
    if (line.id == id) detail.line = &line;
  }
  if (detail.line == nullptr) {
    const std::string name = absl::StrCat("migrations/", id);
    return status::Error(
        {.code = absl::StatusCode::kNotFound,
         .reason = Reason::kResourceNotFound,
         .message = absl::StrCat("There is neither a file nor a row for ", name, "."),
         .resource = status::ResourceRef{.type = "migrations", .name = name}});
  }
  if (full && detail.line->script != nullptr) {
    ASSIGN_OR_RETURN(detail.script,
                     parts_.catalog.Prepare(*detail.line->script, detail.listing->view.facts));
  }
  return detail;
}

absl::StatusOr<ValidationReport> Migrator::Validate(
    const std::vector<std::string>& ignore_patterns) {
  ASSIGN_OR_RETURN(const IgnorePatterns ignore, IgnorePatterns::Parse(ignore_patterns));
  ASSIGN_OR_RETURN(const std::unique_ptr<Listing> listing, Load());
  ValidationReport report{.checked = listing->table.lines.size(),
                          .findings = listing->set.findings,
                          .warnings = listing->set.warnings};
  std::vector<Finding> compared = migrator::Validate(
      listing->table, ignore, {.explain_checksum = [&](const Script& script, int32_t recorded) {
        return parts_.catalog.ExplainChecksum(script, listing->view.facts, recorded);
      }});
  std::move(compared.begin(), compared.end(), std::back_inserter(report.findings));
  return report;
}

absl::StatusOr<MigrateOptions> Migrator::OptionsOf(const MigrateRequest& request) const {
  MigrateOptions options{.target_text = request.target,
                         .out_of_order = request.out_of_order.value_or(options_.out_of_order),
                         .group = request.group.value_or(options_.group),
                         .mixed = request.mixed.value_or(options_.mixed),
                         .skip_executing = request.skip_executing,
                         .dry_run = request.dry_run,
                         .validate = options_.validate_on_migrate,
                         .lock_wait = request.lock_wait.value_or(options_.lock_wait),
                         .lint_policy = request.lint_policy.value_or(options_.lint_policy),
                         .plan_hash = request.plan_hash,
                         .baseline = options_.baseline};
  ASSIGN_OR_RETURN(options.target, Target::Parse(request.target));
  ASSIGN_OR_RETURN(options.ignore, IgnorePatterns::Parse(request.ignore_patterns));
  if (options.lock_wait < absl::ZeroDuration() || options.lock_wait > absl::Hours(1)) {
    return status::InvalidField("lock_wait", "must be between 0 s and 1 h");
  }
  const bool is_hash = options.plan_hash.size() == 64 &&
                       options.plan_hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!options.plan_hash.empty() && !is_hash) {
    return status::InvalidField("plan_hash", "must be the 64 hexadecimal digits of a plan's hash");
  }
  return options;
}

absl::StatusOr<Run> Migrator::CheckMigrate(const MigrateRequest& request) {
  ASSIGN_OR_RETURN(MigrateOptions options, OptionsOf(request));
  MigrateExecutor executor(parts_, options_.limits, std::move(options));
  RETURN_IF_ERROR(executor.PlanOnly());
  Run run{.steps = StepsOf(*executor.plan()), .target = request.target};
  run.create_time = run.start_time = run.end_time = absl::InfinitePast();
  run.initial_version = executor.plan()->current_version;
  run.dry_run = request.dry_run;
  run.plan_hash = executor.findings().hash;
  return run;
}

absl::StatusOr<PlannedRun> Migrator::PlanRun(const MigrateRequest& request) {
  ASSIGN_OR_RETURN(MigrateOptions options, OptionsOf(request));
  if (options.lint_policy == LintPolicy::kStop) options.lint_policy = LintPolicy::kWarn;
  MigrateExecutor executor(parts_, options_.limits, std::move(options));
  RETURN_IF_ERROR(executor.PlanOnly());
  return PlannedRun{.plan = *executor.plan(), .findings = executor.findings()};
}

absl::StatusOr<Run> Migrator::Migrate(const MigrateRequest& request) {
  ASSIGN_OR_RETURN(MigrateOptions options, OptionsOf(request));
  ASSIGN_OR_RETURN(const std::optional<Run> known, runs_.FindRequest(request.origin));
  if (known) return *known;
  ASSIGN_OR_RETURN(RunRegistry::Slot slot, runs_.Reserve(request.origin));
  auto executor = std::make_shared<MigrateExecutor>(parts_, options_.limits, std::move(options));
  if (executor->FindSettled(settled_)) {
    return runs_.Record(std::move(slot), RunKind::kMigrate, request.target,
                        [&](RunJournal& journal) { executor->EndSettled(journal); });
  }
  RETURN_IF_ERROR(executor->Prepare());
  std::vector<RunStep> steps;
  if (executor->plan()) steps = StepsOf(*executor->plan());
  return runs_.Start(std::move(slot), RunKind::kMigrate, request.target, std::move(steps),
                     [executor](RunJournal& journal, const std::stop_token& stop) {
                       executor->Execute(journal, stop);
                     });
}

}  // namespace storefront::migrator
