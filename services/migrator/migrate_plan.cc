// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migrate_plan.h"

#include <utility>

#include "libs/status/macros.h"

namespace storefront::migrator {

absl::StatusOr<MigratePlan> PlanMigrate(const ScriptSet& set, const History& history,
                                        const MigrateOptions& options,
                                        const PrepareScriptFn& prepare) {
  RETURN_IF_ERROR(FindingsToStatus(set.findings));
  RETURN_IF_ERROR(CheckNotDirty(history));
  ASSIGN_OR_RETURN(
      const MigrationTable table,
      MakeTable(set, history, {.target = options.target, .out_of_order = options.out_of_order}));
  if (options.validate) {
    RETURN_IF_ERROR(FindingsToStatus(Validate(table, options.ignore, {.allow_pending = true})));
  }
  MigratePlan plan;
  if (table.current) plan.current_version = table.current->Canonical();
  std::vector<Finding> findings;
  for (const MigrationLine* line : PendingLines(table)) {
    auto prepared = prepare(*line->script);
    if (prepared.ok()) {
      plan.scripts.push_back({line->id, *std::move(prepared)});
    } else {
      findings.push_back(FindingOf(prepared.status(), line->id, line->script->file.path));
    }
  }
  RETURN_IF_ERROR(FindingsToStatus(findings));
  return plan;
}

std::vector<RunStep> StepsOf(const MigratePlan& plan) {
  std::vector<RunStep> steps;
  steps.reserve(plan.scripts.size());
  for (const PlannedScript& script : plan.scripts) {
    steps.push_back({.migration = script.id,
                     .script = script.prepared->script.file.path,
                     .description = script.prepared->script.name.description,
                     .transactional = script.prepared->transactional,
                     .statements = static_cast<int>(script.prepared->statements.size())});
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

}  // namespace storefront::migrator
