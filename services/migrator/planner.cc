// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/planner.h"

#include <map>
#include <utility>

#include "libs/status/macros.h"

namespace storefront::migrator {

absl::StatusOr<MigrationPlan> Planner::Plan(const MigrateRequest& request) {
  ASSIGN_OR_RETURN(PlannedRun planned, migrator_.PlanRun(request));
  MigrationPlan plan{.hash = std::move(planned.findings.hash),
                     .database = std::move(planned.findings.facts.database),
                     .current_version = planned.plan.current_version,
                     .final_version = planned.plan.final_version,
                     .findings = std::move(planned.findings.lint),
                     .baselines_first = planned.plan.baseline.has_value(),
                     .schemas_to_create = std::move(planned.findings.schemas_to_create)};
  ASSIGN_OR_RETURN(plan.steps,
                   DescribeSteps(planned.plan, [this](const std::vector<RelationName>& names) {
                     return catalog_.Find(names);
                   }));
  // What scripts name may be made from a secret.
  for (PlanStep& step : plan.steps) {
    for (PlanStatement& statement : step.statements) {
      for (PlanLock& lock : statement.locks) {
        lock.relation = migrator_.placeholders().Mask(lock.relation);
      }
    }
  }
  std::map<std::string, PlanStep*> by_script;
  for (PlanStep& step : plan.steps) by_script[step.script] = &step;
  for (const LintFinding& finding : plan.findings) {
    const auto found = by_script.find(finding.script);
    if (found != by_script.end()) found->second->findings.push_back(finding);
  }
  for (const auto& [event, scripts] : planned.plan.callbacks) {
    for (const auto& script : scripts) plan.callbacks.push_back(script->script.file.path);
  }
  return plan;
}

}  // namespace storefront::migrator
