// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migrate_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

PlanReason ReasonOf(const MigrationLine& line, const MigrationTable& table,
                    const std::set<std::string>& applied_repeatables) {
  const ScriptName& name = line.script->name;
  if (name.kind == ScriptKind::kBaseline) return PlanReason::kBaseline;
  if (!name.version) {
    return applied_repeatables.contains(ShortenDescription(name.description))
               ? PlanReason::kChanged
               : PlanReason::kPending;
  }
  return table.current && *name.version < *table.current ? PlanReason::kOutOfOrder
                                                         : PlanReason::kPending;
}

// One transaction holds all scripts or none; MIXED_GROUP when some refuse it.
absl::StatusOr<bool> DecideGroup(const std::vector<PlannedScript>& scripts,
                                 const MigrateOptions& options) {
  if (!options.group) return false;
  if (options.skip_executing) return true;
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                         .reason = status::Reason::kMixedGroup};
  for (const PlannedScript& script : scripts) {
    if (script.prepared->transactional) continue;
    const std::string& path = script.prepared->script.file.path;
    absl::StrAppend(&spec.message, spec.message.empty() ? "" : ", ", path);
    spec.preconditions.push_back({.type = "MIXED_GROUP",
                                  .subject = absl::StrCat("migrations/", script.id),
                                  .description = path + " cannot run in a transaction"});
  }
  if (spec.preconditions.empty()) return true;
  // Nothing is left to group, or the caller lets both kinds stand side by side.
  if (options.mixed || spec.preconditions.size() == scripts.size()) return false;
  spec.message =
      absl::StrCat("The pending scripts cannot be one transaction, these refuse it: ", spec.message,
                   ". Apply them by themselves, or switch group off.");
  return status::Error(std::move(spec));
}

std::string VersionAfter(const MigratePlan& plan, std::optional<Version> highest) {
  for (const PlannedScript& script : plan.scripts) {
    const std::optional<Version>& version = script.prepared->script.name.version;
    if (version && (!highest || *highest < *version)) highest = version;
  }
  return highest ? highest->Canonical() : "";
}

}  // namespace

absl::StatusOr<MigratePlan> PlanMigrate(const PlanSource& source, const MigrateOptions& options) {
  RETURN_IF_ERROR(FindingsToStatus(source.set.findings));
  RETURN_IF_ERROR(CheckNotDirty(source.history));
  MigratePlan plan{.skip_executing = options.skip_executing};
  History history = source.history;
  if (source.needs_baseline && options.baseline) {
    plan.baseline = options.baseline;
    plan.baseline->installed_rank = NextRank(history);
    history.rows.push_back(*plan.baseline);
  }
  ASSIGN_OR_RETURN(const MigrationTable table,
                   MakeTable(source.set, history,
                             {.target = options.target, .out_of_order = options.out_of_order}));
  if (options.validate) {
    RETURN_IF_ERROR(FindingsToStatus(
        Validate(table, options.ignore,
                 {.allow_pending = true, .explain_checksum = source.explain_checksum})));
  }
  if (table.current && !plan.baseline) plan.current_version = table.current->Canonical();
  std::set<std::string> applied_repeatables;
  for (const HistoryRow& row : history.rows) {
    if (!row.version) applied_repeatables.insert(row.description);
  }
  std::vector<Finding> findings;
  for (const MigrationLine* line : PendingLines(table)) {
    auto prepared = source.prepare(*line->script);
    if (prepared.ok()) {
      plan.scripts.push_back(
          {line->id, ReasonOf(*line, table, applied_repeatables), *std::move(prepared)});
    } else {
      findings.push_back(FindingOf(prepared.status(), line->id, line->script->file.path));
    }
  }
  plan.callbacks = source.prepare_callbacks(findings);
  RETURN_IF_ERROR(FindingsToStatus(findings));
  ASSIGN_OR_RETURN(plan.one_transaction, DecideGroup(plan.scripts, options));
  plan.final_version = VersionAfter(plan, table.current);
  return plan;
}

std::vector<RunStep> StepsOf(const MigratePlan& plan) {
  std::vector<RunStep> steps;
  steps.reserve(plan.scripts.size() + 1);
  if (plan.baseline) {
    RunStep& step = steps.emplace_back();
    step.action = StepAction::kRecord;
    step.migration = absl::StrCat("B", plan.baseline->version->Canonical());
    step.script = plan.baseline->script;
    step.description = plan.baseline->description;
  }
  for (size_t i = 0; i < plan.scripts.size(); ++i) {
    const PlannedScript& script = plan.scripts[i];
    RunStep& step = steps.emplace_back();
    step.action = plan.skip_executing ? StepAction::kRecord : StepAction::kApply;
    step.migration = script.id;
    step.script = script.prepared->script.file.path;
    step.description = script.prepared->script.name.description;
    step.transactional = plan.IsTransactional(i);
    step.statements = static_cast<int>(script.prepared->statements.size());
  }
  return steps;
}

HistoryRow RowOf(const PreparedScript& script) {
  const ScriptName& name = script.script.name;
  return {
      .version = name.version,
      .description = ShortenDescription(name.description),
      .type = name.kind == ScriptKind::kBaseline ? HistoryType::kSqlBaseline : HistoryType::kSql,
      .script = ShortenScript(script.script.file.path),
      .checksum = script.script.checksum};
}

HistoryRow BaselineRow(Version version, absl::string_view description) {
  HistoryRow row{.version = std::move(version),
                 .description = ShortenDescription(description),
                 .type = HistoryType::kBaseline};
  row.script = row.description;
  return row;
}

}  // namespace storefront::migrator
