// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/convert_plan.h"

#include "absl/strings/str_cat.h"
#include "services/migrator/convert_budget.h"
#include "services/migrator/convert_lint.h"

namespace storefront::migrator {
namespace {

std::string MigrationName(const std::string& id) {
  return id.empty() ? "" : absl::StrCat("migrations/", id);
}

void ToProto(const PlanStatement& statement, v1::PlanStatement& out) {
  out.set_ordinal(statement.ordinal);
  out.set_line(statement.line);
  out.set_command(statement.command);
  out.set_text(statement.text);
  for (const PlanLock& lock : statement.locks) {
    v1::PlanLock& made = *out.add_locks();
    made.set_relation(lock.relation);
    made.set_mode(std::string(LockModeName(lock.mode)));
    made.set_blocks(std::string(LockModeBlocks(lock.mode)));
    if (lock.estimated_rows) made.set_estimated_rows(*lock.estimated_rows);
    made.set_size_bytes(lock.size_bytes);
    made.set_scans_table(lock.scans_table);
  }
}

void ToHead(const PlanStep& step, v1::PlanStep& out) {
  out.set_migration(MigrationName(step.migration));
  out.set_script(step.script);
  out.set_description(step.description);
  out.set_reason(std::string(PlanReasonName(step.reason)));
  out.set_transactional(step.transactional);
  out.set_statement_count(static_cast<int32_t>(step.statement_count));
  out.set_checksum(step.checksum);
  out.set_finding_count(static_cast<int32_t>(step.findings.size()));
}

// False when not everything found room.
bool FillIn(const PlanStep& step, AnswerBudget& budget, v1::PlanStep& out) {
  for (const LintFinding& finding : step.findings) {
    ToProto(finding, *out.add_findings());
    if (!budget.KeepLast(*out.mutable_findings())) return false;
  }
  for (const PlanStatement& statement : step.statements) {
    ToProto(statement, *out.add_statements());
    if (!budget.KeepLast(*out.mutable_statements())) return false;
  }
  return true;
}

// Which scripts run matters most, so their heads come first.
void FillIn(const MigrationPlan& plan, v1::MigrationPlan& out) {
  AnswerBudget budget;
  for (const PlanStep& step : plan.steps) {
    ToHead(step, *out.add_steps());
    if (budget.KeepLast(*out.mutable_steps())) continue;
    out.set_truncated(true);
    return;
  }
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (FillIn(plan.steps[i], budget, *out.mutable_steps(static_cast<int>(i)))) continue;
    out.set_truncated(true);
    return;
  }
}

}  // namespace

MigrateRequest FromProto(const v1::PlanMigrationsRequest& request) {
  MigrateRequest made{.target = request.target()};
  if (request.has_out_of_order()) made.out_of_order = request.out_of_order();
  made.ignore_patterns.assign(request.ignore_patterns().begin(), request.ignore_patterns().end());
  if (request.has_group()) made.group = request.group();
  if (request.has_mixed()) made.mixed = request.mixed();
  made.skip_executing = request.skip_executing();
  return made;
}

std::optional<LintPolicy> FromProto(v1::LintPolicy policy) {
  switch (policy) {
    case v1::OFF:
      return LintPolicy::kOff;
    case v1::WARN:
      return LintPolicy::kWarn;
    case v1::STOP:
      return LintPolicy::kStop;
    default:  // unset, or a value of a newer client
      return std::nullopt;
  }
}

void ToProto(const MigrationPlan& plan, v1::MigrationPlan& out) {
  out.set_plan_hash(plan.hash);
  out.set_database(plan.database);
  out.set_current_version(plan.current_version);
  out.set_final_version(plan.final_version);
  out.set_step_count(static_cast<int32_t>(plan.steps.size()));
  FillIn(plan, out);
  ToProto(plan.findings, *out.mutable_lint_counts());
  for (const std::string& path : plan.callbacks) out.add_callbacks(path);
  out.set_baselines_first(plan.baselines_first);
  for (const std::string& schema : plan.schemas_to_create) out.add_schemas_to_create(schema);
}

}  // namespace storefront::migrator
