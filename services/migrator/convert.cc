// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/convert.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "services/migrator/convert_budget.h"
#include "services/migrator/convert_plan.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

constexpr size_t kTextShown = 1 << 20;
constexpr int kStatementsShown = 1000;
constexpr int kPendingShown = 100;
constexpr int kFailedShown = 100;
constexpr size_t kStepBytesMax = size_t{2} << 20;  // events of a watch come beside them

// To the microsecond, which is what the side tables keep: a run reads the same from both.
void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t nanos = absl::ToUnixMicros(time) * 1000;
  const int64_t fraction = ((nanos % 1'000'000'000) + 1'000'000'000) % 1'000'000'000;
  out.set_seconds((nanos - fraction) / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(fraction));
}

void SetDuration(absl::Duration duration, google::protobuf::Duration& out) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  out.set_seconds(nanos / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

std::string MigrationName(absl::string_view id) { return absl::StrCat("migrations/", id); }

v1::Migration::Category CategoryOf(const MigrationLine& line) {
  if (line.row != nullptr && line.row->type == HistoryType::kSchema) return v1::Migration::SCHEMA;
  if (line.is_baseline) return v1::Migration::BASELINE;
  const bool has_version = line.script != nullptr ? line.script->name.version.has_value()
                                                  : line.row->version.has_value();
  return has_version ? v1::Migration::VERSIONED : v1::Migration::REPEATABLE;
}

v1::MigrationRun::State ToProto(RunState state) {
  switch (state) {
    case RunState::kPending:
      return v1::MigrationRun::PENDING;
    case RunState::kWaitingForLock:
      return v1::MigrationRun::WAITING_FOR_LOCK;
    case RunState::kRunning:
      return v1::MigrationRun::RUNNING;
    case RunState::kCancelling:
      return v1::MigrationRun::CANCELLING;
    case RunState::kSucceeded:
      return v1::MigrationRun::SUCCEEDED;
    case RunState::kFailed:
      return v1::MigrationRun::FAILED;
    case RunState::kCancelled:
      return v1::MigrationRun::CANCELLED;
    case RunState::kInterrupted:
      return v1::MigrationRun::INTERRUPTED;
  }
  return v1::MigrationRun::STATE_UNSPECIFIED;
}

v1::MigrationRun::Kind ToProto(RunKind kind) {
  switch (kind) {
    case RunKind::kMigrate:
      return v1::MigrationRun::MIGRATE;
    case RunKind::kBaseline:
      return v1::MigrationRun::BASELINE;
    case RunKind::kRepair:
      return v1::MigrationRun::REPAIR;
    case RunKind::kUndo:
      return v1::MigrationRun::UNDO;
    case RunKind::kClean:
      return v1::MigrationRun::CLEAN;
  }
  return v1::MigrationRun::KIND_UNSPECIFIED;
}

v1::MigrationStep::Action ToProto(StepAction action) {
  switch (action) {
    case StepAction::kApply:
      return v1::MigrationStep::APPLY;
    case StepAction::kRecord:
      return v1::MigrationStep::RECORD;
    case StepAction::kUndo:
      return v1::MigrationStep::UNDO;
    case StepAction::kRemoveFailed:
      return v1::MigrationStep::REMOVE_FAILED;
    case StepAction::kMarkDeleted:
      return v1::MigrationStep::MARK_DELETED;
    case StepAction::kAlign:
      return v1::MigrationStep::ALIGN;
    case StepAction::kDropIndex:
      return v1::MigrationStep::DROP_INDEX;
    case StepAction::kCleanSchema:
      return v1::MigrationStep::CLEAN_SCHEMA;
  }
  return v1::MigrationStep::ACTION_UNSPECIFIED;
}

v1::MigrationStep::State ToProto(StepState state) {
  switch (state) {
    case StepState::kPending:
      return v1::MigrationStep::PENDING;
    case StepState::kRunning:
      return v1::MigrationStep::RUNNING;
    case StepState::kApplied:
      return v1::MigrationStep::APPLIED;
    case StepState::kFailed:
      return v1::MigrationStep::FAILED;
    case StepState::kRolledBack:
      return v1::MigrationStep::ROLLED_BACK;
  }
  return v1::MigrationStep::STATE_UNSPECIFIED;
}

void ToProto(const RunStep& step, v1::MigrationStep& out) {
  if (!step.migration.empty()) out.set_migration(MigrationName(step.migration));
  out.set_script(step.script);
  out.set_description(step.description);
  out.set_transactional(step.transactional);
  out.set_state(ToProto(step.state));
  out.set_installed_rank(step.installed_rank);
  out.set_statements(step.statements);
  out.set_attempts(step.attempts);
  SetDuration(step.execution_time, *out.mutable_execution_time());
  out.set_action(ToProto(step.action));
  out.set_detail(step.detail);
}

void ToProto(const Finding& finding, v1::ValidationFinding& out) {
  out.set_code(finding.code);
  if (!finding.migration.empty()) out.set_migration(MigrationName(finding.migration));
  out.set_script(finding.script);
  out.set_message(finding.message);
}

}  // namespace

std::string IdOf(absl::string_view name) { return std::string(name.substr(name.find('/') + 1)); }

absl::StatusOr<MigrateRequest> FromProto(const v1::MigrateRequest& request) {
  MigrateRequest made{.target = request.target()};
  if (request.has_out_of_order()) made.out_of_order = request.out_of_order();
  made.ignore_patterns.assign(request.ignore_patterns().begin(), request.ignore_patterns().end());
  if (request.has_lock_wait()) {
    const auto& wait = request.lock_wait();
    if (wait.seconds() < 0 || wait.nanos() < 0 || wait.seconds() > 3600 ||
        wait.nanos() > 999'999'999) {
      return status::InvalidField("lock_wait", "must be between 0 s and 1 h");
    }
    made.lock_wait = absl::Seconds(wait.seconds()) + absl::Nanoseconds(wait.nanos());
  }
  if (request.has_group()) made.group = request.group();
  if (request.has_mixed()) made.mixed = request.mixed();
  made.skip_executing = request.skip_executing();
  made.dry_run = request.dry_run();
  made.plan_hash = request.plan_hash();
  made.lint_policy = FromProto(request.lint_policy());
  return made;
}

v1::Migration::State ToProto(MigrationState state) {
  switch (state) {
    case MigrationState::kPending:
      return v1::Migration::PENDING;
    case MigrationState::kAboveTarget:
      return v1::Migration::ABOVE_TARGET;
    case MigrationState::kBelowBaseline:
      return v1::Migration::BELOW_BASELINE;
    case MigrationState::kIgnoredBaseline:
      return v1::Migration::IGNORED_BASELINE;
    case MigrationState::kIgnored:
      return v1::Migration::IGNORED;
    case MigrationState::kSuccess:
      return v1::Migration::SUCCESS;
    case MigrationState::kFailed:
      return v1::Migration::FAILED;
    case MigrationState::kOutOfOrder:
      return v1::Migration::OUT_OF_ORDER;
    case MigrationState::kBaseline:
      return v1::Migration::BASELINED;
    case MigrationState::kMissing:
      return v1::Migration::MISSING;
    case MigrationState::kFailedMissing:
      return v1::Migration::FAILED_MISSING;
    case MigrationState::kFuture:
      return v1::Migration::FUTURE;
    case MigrationState::kFailedFuture:
      return v1::Migration::FAILED_FUTURE;
    case MigrationState::kOutdated:
      return v1::Migration::OUTDATED;
    case MigrationState::kSuperseded:
      return v1::Migration::SUPERSEDED;
    case MigrationState::kDeleted:
      return v1::Migration::DELETED;
  }
  return v1::Migration::STATE_UNSPECIFIED;
}

void ToProto(const MigrationLine& line, const ScriptSet& set, v1::Migration& out) {
  out.set_name(MigrationName(line.id));
  out.set_category(CategoryOf(line));
  out.set_state(ToProto(line.state));
  if (const Script* script = line.script; script != nullptr) {
    if (script->name.version) {
      out.set_version(script->name.version->text());
      out.set_undoable(line.state != MigrationState::kPending &&
                       set.HasUndo(*script->name.version));
    }
    out.set_description(script->name.description);
    out.set_type(script->name.kind == ScriptKind::kBaseline ? "SQL_BASELINE" : "SQL");
    out.set_script(script->file.path);
    if (script->checksum) out.set_file_checksum(*script->checksum);
  }
  if (const HistoryRow* row = line.row; row != nullptr) {
    if (row->version) out.set_version(row->version->text());
    out.set_description(row->description);
    out.set_type(std::string(HistoryTypeName(row->type)));
    out.set_script(row->script);
    if (row->checksum) out.set_applied_checksum(*row->checksum);
    out.set_installed_rank(row->installed_rank);
    out.set_installed_by(row->installed_by);
    SetTime(row->installed_on, *out.mutable_install_time());
    SetDuration(row->execution_time, *out.mutable_execution_time());
  }
}

void ToProto(const MigrationDetail& detail, v1::Migration& out) {
  ToProto(*detail.line, detail.listing->set, out);
  if (!detail.script) return;
  const PreparedScript& script = *detail.script;
  absl::string_view text = script.raw->view();
  if (text.size() > kTextShown) {
    text = text.substr(0, kTextShown);
    text = text.substr(0, FindInvalidUtf8(text).value_or(text.size()));
    out.set_text_truncated(true);
  }
  out.set_text(std::string(text));
  out.set_transactional(script.transactional);
  out.set_statement_count(static_cast<int32_t>(script.statements.size()));
  for (const PreparedStatement& statement : script.statements) {
    if (out.statements_size() >= kStatementsShown) break;
    v1::MigrationStatement& made = *out.add_statements();
    made.set_ordinal(out.statements_size());
    made.set_line(statement.line);
    made.set_command(statement.facts.parsed ? statement.facts.command : "UNKNOWN");
    made.set_transactional(statement.facts.transactional);
    made.set_copies_data(statement.place.copies_data);
  }
}

void ToProto(const LockHolder& holder, v1::LockHolder& out) {
  out.set_pid(holder.pid);
  out.set_application_name(holder.application_name);
  out.set_state(holder.state);
  out.set_user(holder.user);
  SetTime(holder.backend_start, *out.mutable_backend_start_time());
  if (holder.transaction_age) {
    SetDuration(*holder.transaction_age, *out.mutable_transaction_age());
  }
}

void ToProto(const MigratorStatus& status, const std::string& history_table,
             v1::MigrationStatus& out) {
  const HistoryView& view = status.listing->view;
  out.set_database(view.facts.database);
  out.set_history_table(history_table);
  out.set_history_exists(view.history.exists);
  const MigrationTable& table = status.listing->table;
  if (table.current) out.set_current_version(table.current->Canonical());
  int applied = 0, pending = 0, failed = 0;
  for (const MigrationLine& line : table.lines) {
    if (line.row != nullptr) {
      out.set_current_rank(std::max(out.current_rank(), line.row->installed_rank));
    }
    switch (line.state) {
      case MigrationState::kPending:
        ++pending;
        if (out.pending_size() < kPendingShown) out.add_pending(MigrationName(line.id));
        break;
      case MigrationState::kFailed:
      case MigrationState::kFailedMissing:
      case MigrationState::kFailedFuture: {
        ++failed;
        if (out.failed_size() >= kFailedShown) break;
        v1::FailedMigration& made = *out.add_failed();
        made.set_migration(MigrationName(line.id));
        made.set_installed_rank(line.row->installed_rank);
        made.set_script(line.row->script);
        for (const std::string& index : status.invalid_indexes) made.add_invalid_indexes(index);
        break;
      }
      case MigrationState::kSuccess:
      case MigrationState::kOutOfOrder:
      case MigrationState::kBaseline:
      case MigrationState::kMissing:
      case MigrationState::kFuture:
      case MigrationState::kOutdated:
        if (!line.hidden && line.row->type != HistoryType::kSchema &&
            line.row->type != HistoryType::kDelete) {
          ++applied;
        }
        break;
      case MigrationState::kAboveTarget:
      case MigrationState::kBelowBaseline:
      case MigrationState::kIgnoredBaseline:
      case MigrationState::kIgnored:
      case MigrationState::kSuperseded:
      case MigrationState::kDeleted:
        break;
    }
  }
  out.set_applied_count(applied);
  out.set_pending_count(pending);
  out.set_failed_count(failed);
  if (view.lock_holder) ToProto(*view.lock_holder, *out.mutable_lock_holder());
  if (!status.active_run.empty()) {
    out.set_active_run(absl::StrCat("migrationRuns/", status.active_run));
  }
}

void ToProto(const ValidationReport& report, v1::ValidateMigrationsResponse& out) {
  out.set_valid(report.findings.empty());
  out.set_checked_count(static_cast<int32_t>(report.checked));
  out.set_finding_count(static_cast<int32_t>(report.findings.size()));
  out.set_warning_count(static_cast<int32_t>(report.warnings.size()));
  AnswerBudget budget;
  for (const Finding& finding : report.findings) {
    ToProto(finding, *out.add_findings());
    if (!budget.KeepLast(*out.mutable_findings())) break;
  }
  for (const Finding& warning : report.warnings) {
    ToProto(warning, *out.add_warnings());
    if (!budget.KeepLast(*out.mutable_warnings())) break;
  }
}

void ToProto(const Run& run, bool with_steps, v1::MigrationRun& out) {
  if (!run.id.empty()) out.set_name(absl::StrCat("migrationRuns/", run.id));
  out.set_kind(ToProto(run.kind));
  out.set_state(ToProto(run.state));
  auto& progress = *out.mutable_progress();
  progress.set_scripts_total(static_cast<int32_t>(run.steps.size()));
  progress.set_scripts_done(static_cast<int32_t>(
      std::count_if(run.steps.begin(), run.steps.end(), [](const RunStep& step) {
        return step.state == StepState::kApplied || step.state == StepState::kRolledBack;
      })));
  if (run.current_step >= 0 && static_cast<size_t>(run.current_step) < run.steps.size()) {
    const RunStep& step = run.steps[static_cast<size_t>(run.current_step)];
    progress.set_statements_total(step.statements);
    progress.set_statements_done(run.statements_done);
    progress.set_current_script(step.script);
  }
  if (with_steps) {
    AnswerBudget budget(kStepBytesMax);
    for (const RunStep& step : run.steps) {
      ToProto(step, *out.add_steps());
      if (!budget.KeepLast(*out.mutable_steps())) break;
    }
  }
  if (run.create_time != absl::InfinitePast()) SetTime(run.create_time, *out.mutable_create_time());
  if (run.start_time != absl::InfinitePast()) SetTime(run.start_time, *out.mutable_start_time());
  if (run.end_time != absl::InfinitePast()) SetTime(run.end_time, *out.mutable_end_time());
  if (!run.error.ok()) *out.mutable_error() = status::ToRpcStatus(run.error);
  out.set_sequence(run.sequence);
  out.set_target(run.target);
  out.set_initial_version(run.initial_version);
  out.set_final_version(run.final_version);
  if (run.lock_holder) ToProto(*run.lock_holder, *out.mutable_lock_holder());
  out.set_dry_run(run.dry_run);
  out.set_plan_hash(run.plan_hash);
}

void ToProto(const RunEvent& event, v1::MigrationRunEvent& out) {
  out.set_sequence(event.sequence);
  SetTime(event.time, *out.mutable_event_time());
  out.set_type(event.type);
  out.set_script(event.script);
  out.set_statement(event.statement);
  out.set_statements(event.statements);
  out.set_line(event.line);
  if (event.duration != absl::ZeroDuration()) {
    SetDuration(event.duration, *out.mutable_duration());
  }
  out.set_rows(event.rows);
  out.set_sqlstate(event.sqlstate);
  out.set_message(event.message);
  for (const int pid : event.blocking_pids) out.add_blocking_pids(pid);
  out.set_phase(event.phase);
  out.set_phase_done(event.phase_done);
  out.set_phase_total(event.phase_total);
}

}  // namespace storefront::migrator
