// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_executor.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/backoff.h"
#include "services/migrator/callback_runner.h"
#include "services/migrator/dry_run.h"
#include "services/migrator/lint_policy.h"
#include "services/migrator/plan_hash.h"

namespace storefront::migrator {

using status::Reason;

namespace {

bool CallsBackWithoutScripts(const MigratePlan& plan) {
  return std::any_of(plan.callbacks.begin(), plan.callbacks.end(),
                     [](const auto& each) { return IsOfEmptyMigrate(each.first); });
}

}  // namespace

MigrateExecutor::MigrateExecutor(ExecutorParts parts, ExecutorLimits limits, MigrateOptions options)
    : parts_(parts),
      limits_(limits),
      options_(std::move(options)),
      keeper_(parts.database, parts.clock,
              {.lock_wait = options_.lock_wait, .connect_wait = limits.connect_wait}) {}

ScriptJournal::Parts MigrateExecutor::JournalParts(RunJournal& journal) {
  return {.onlooker = parts_.onlooker,
          .placeholders = parts_.catalog.placeholders(),
          .clock = parts_.clock,
          .journal = journal};
}

absl::Status MigrateExecutor::Prepare() {
  RETURN_IF_ERROR(keeper_.Connect());
  ASSIGN_OR_RETURN(const bool locked, keeper_.TryLock());
  if (locked) return Plan();
  ASSIGN_OR_RETURN(set_, parts_.catalog.Load(keeper_.session().facts()));
  return FindingsToStatus(set_->findings);
}

absl::Status MigrateExecutor::PlanOnly() {
  RETURN_IF_ERROR(keeper_.Connect());
  RETURN_IF_ERROR(Plan());
  ASSIGN_OR_RETURN(findings_.schemas_to_create, keeper_.session().SchemasToCreate());
  return absl::OkStatus();
}

bool MigrateExecutor::FindSettled(SettledMemory& memory) {
  if (options_.dry_run) return false;
  // Folders are read while the server answers.
  auto listing = std::async(std::launch::async, [this] { return parts_.catalog.List(); });
  auto view = parts_.onlooker.Read();
  const auto files = listing.get();
  if (!files.ok() || !view.ok() || !view->history.exists || view->lock_holder || view->is_standby ||
      view->lacks_schemas) {
    return false;
  }
  SettledInput input{.files = files->version,
                     .history = std::move(view->history),
                     .facts = view->facts,
                     .options = options_};
  if (const auto known = memory.Find(input)) {
    plan_ = known->plan;
    findings_ = known->findings;
    return true;
  }
  set_ = parts_.catalog.Load(files->files, view->facts);
  history_ = input.history;
  auto plan = MakePlan(view->facts, /*needs_baseline=*/false);
  if (!plan.ok() || !plan->scripts.empty() || CallsBackWithoutScripts(*plan)) return false;
  plan_ = *std::move(plan);
  if (!Accept(view->facts).ok()) {
    plan_.reset();
    return false;
  }
  if (!set_->depends_on_time && plan_->callbacks.empty()) {
    memory.Keep(std::move(input), {.plan = *plan_, .findings = findings_});
  }
  return true;
}

void MigrateExecutor::EndSettled(RunJournal& journal) {
  journal.Update([&](Run& run) {
    run.start_time = parts_.clock.Now();
    run.initial_version = plan_->current_version;
  });
  ShowSteps(journal);
  ShowFindings(journal);
  EndRun(journal, parts_.clock, absl::OkStatus(), /*stopped=*/false, plan_->final_version);
}

absl::Status MigrateExecutor::Plan() {
  MigrationConnection& session = keeper_.session();
  const ServerFacts& facts = session.facts();
  if (!set_) {
    ASSIGN_OR_RETURN(set_, parts_.catalog.Load(facts));
  }
  ASSIGN_OR_RETURN(history_, session.ReadHistory());
  bool needs_baseline = false;
  if (!history_.exists) {
    const absl::Status empty = session.CheckSchemasEmpty();
    needs_baseline = options_.baseline && status::ReasonOf(empty) == Reason::kNonEmptySchema;
    if (!needs_baseline) RETURN_IF_ERROR(empty);
  }
  ASSIGN_OR_RETURN(plan_, MakePlan(facts, needs_baseline));
  if (was_accepted_) return absl::OkStatus();
  const absl::Status accepted = Accept(facts);
  if (!accepted.ok()) plan_.reset();
  was_accepted_ = accepted.ok();
  return accepted;
}

absl::StatusOr<MigratePlan> MigrateExecutor::MakePlan(const ServerFacts& facts,
                                                      bool needs_baseline) {
  const auto prepare =
      [&](const Script& script) -> absl::StatusOr<std::shared_ptr<const PreparedScript>> {
    std::shared_ptr<const PreparedScript>& known = prepared_[script.file.path];
    if (known == nullptr) {
      ASSIGN_OR_RETURN(PreparedScript made, parts_.catalog.Prepare(script, facts, options_.mixed));
      known = std::make_shared<const PreparedScript>(std::move(made));
    }
    return known;
  };
  return PlanMigrate(
      {.set = *set_,
       .history = history_,
       .needs_baseline = needs_baseline,
       .prepare = prepare,
       .prepare_callbacks =
           [&](std::vector<Finding>& findings) {
             return parts_.catalog.PrepareCallbacks(
                 *set_, facts,
                 [&](CallbackEvent event) { return IsOfMigrate(event, needs_baseline); }, findings);
           },
       .explain_checksum =
           [&](const Script& script, int32_t recorded) {
             return parts_.catalog.ExplainChecksum(script, facts, recorded);
           }},
      options_);
}

absl::Status MigrateExecutor::Accept(const ServerFacts& facts) {
  findings_ = {.hash = PlanHash(*plan_, options_, history_, facts, parts_.catalog.placeholders()),
               .facts = facts,
               .warnings = set_->warnings};
  RETURN_IF_ERROR(CheckHash());
  return Judge();
}

absl::Status MigrateExecutor::CheckHash() {
  if (options_.plan_hash.empty() || options_.plan_hash == findings_.hash) return absl::OkStatus();
  return status::Error(
      {.code = absl::StatusCode::kAborted,
       .reason = Reason::kPlanChanged,
       .message = "Files, history or options are not those of the plan any more; nothing was "
                  "changed. Look at a new plan and migrate with its hash.",
       .metadata = {{"plan_hash", findings_.hash}}});
}

absl::Status MigrateExecutor::Judge() {
  if (parts_.judge == nullptr || options_.lint_policy == LintPolicy::kOff ||
      options_.skip_executing || plan_->scripts.empty()) {
    return absl::OkStatus();
  }
  ScriptsToJudge scripts{.one_transaction = plan_->one_transaction};
  for (const PlannedScript& script : plan_->scripts) scripts.scripts.push_back(&*script.prepared);
  ASSIGN_OR_RETURN(findings_.lint, parts_.judge->Judge(scripts));
  return options_.lint_policy == LintPolicy::kStop ? LintToStatus(findings_.lint)
                                                   : absl::OkStatus();
}

// What the plan no longer has was applied: by this run, or by others while it was away.
void MigrateExecutor::ShowSteps(RunJournal& journal) {
  std::vector<RunStep> planned = StepsOf(*plan_);
  std::vector<AppliedText> settled;  // by the history after a commit in doubt
  journal.Update(
      [&](Run& run) {
        std::vector<RunStep> steps;
        for (RunStep& old : run.steps) {
          const auto again = std::find_if(planned.begin(), planned.end(), [&](const RunStep& step) {
            return step.script == old.script;
          });
          if (again != planned.end()) {
            again->attempts = old.attempts;
            continue;
          }
          const bool in_doubt = old.state != StepState::kApplied && old.attempts > 0;
          old.state = StepState::kApplied;
          if (!reconnects_.empty()) ++applied_count_;
          for (const HistoryRow& row : history_.rows) {
            if (row.script != old.script || !row.success) continue;
            old.installed_rank = row.installed_rank;
            const auto known = prepared_.find(old.script);
            if (in_doubt && known != prepared_.end() &&
                known->second->script.checksum == row.checksum) {
              settled.push_back({.installed_rank = row.installed_rank,
                                 .script = old.script,
                                 .text = known->second->raw});
            }
          }
          steps.push_back(std::move(old));
        }
        first_step_ = steps.size();
        std::move(planned.begin(), planned.end(), std::back_inserter(steps));
        run.steps = std::move(steps);
        run.current_step = -1;
        run.plan_hash = findings_.hash;
      },
      RunEvent{.type = "validated",
               .message = absl::StrCat(plan_->scripts.size(), " scripts to apply")});
  for (AppliedText& text : settled) journal.NoteApplied(std::move(text));
}

void MigrateExecutor::ShowFindings(RunJournal& journal) {
  for (const Finding& warning : findings_.warnings) {
    journal.Note(RunEvent{.type = "notice",
                          .script = warning.script,
                          .message = absl::StrCat(warning.code, ": ", warning.message)});
  }
  for (const LintFinding& finding : findings_.lint) {
    journal.Note(RunEvent{.type = "lint",
                          .script = finding.script,
                          .statement = finding.statement,
                          .line = finding.line,
                          .message = LintText(finding)});
  }
}

absl::Status MigrateExecutor::RunCallbacksOf(CallbackEvent event, RunJournal& journal,
                                             const std::stop_token& stop) {
  return RunCallbacks(plan_->callbacks, event, limits_.lock_retries, keeper_.session(),
                      JournalParts(journal), stop);
}

void MigrateExecutor::RunAfterError(CallbackEvent event, RunJournal& journal,
                                    const std::stop_token& stop) {
  if (!keeper_.locked() || !plan_ || stop.stop_requested()) return;
  const absl::Status ran = RunCallbacksOf(event, journal, stop);
  if (ran.ok()) return;
  journal.Note(RunEvent{
      .type = "notice",
      .message = absl::StrCat("a callback after the failure failed too: ", ran.message())});
}

absl::Status MigrateExecutor::TryBatch(const UnitList& list, size_t begin, size_t end,
                                       ScriptJournal& observer, RunJournal& journal,
                                       const std::stop_token& stop) {
  MigrationConnection& session = keeper_.session();
  if (!plan_->IsTransactional(begin)) {
    ASSIGN_OR_RETURN(const AppliedScript applied,
                     session.RunOutsideTransaction(list.units(), observer, stop));
    has_loose_commits_ = false;
    ShowApplied(list, {applied}, journal);
    return absl::OkStatus();
  }
  // The last commit, and one before work that cannot be taken back, waits for the disk.
  const bool durable = end == plan_->scripts.size() || !plan_->IsTransactional(end);
  ASSIGN_OR_RETURN(const std::vector<AppliedScript> applied,
                   session.RunTransaction(list.units(), durable, observer, stop));
  has_loose_commits_ = !durable;
  ShowApplied(list, applied, journal);
  return absl::OkStatus();
}

void MigrateExecutor::ShowApplied(const UnitList& list, const std::vector<AppliedScript>& applied,
                                  RunJournal& journal) {
  auto answer = applied.begin();
  for (size_t unit = 0; unit < list.units().size() && answer != applied.end(); ++unit) {
    if (!list.units()[unit].row) continue;
    const size_t script = *list.origin(unit).script;
    history_.rows.push_back(*list.units()[unit].row);
    history_.rows.back().installed_rank = answer->installed_rank;
    ++applied_count_;
    journal.Update(
        [&](Run& run) {
          run.current_step = -1;
          RunStep& step = run.steps[StepOf(script)];
          step.state = StepState::kApplied;
          step.installed_rank = answer->installed_rank;
          step.execution_time = answer->execution_time;
        },
        RunEvent{.type = "migration_finished",
                 .script = plan_->scripts[script].prepared->script.file.path,
                 .duration = answer->execution_time});
    const PreparedScript& prepared = *plan_->scripts[script].prepared;
    journal.NoteApplied({.installed_rank = answer->installed_rank,
                         .script = prepared.script.file.path,
                         .text = prepared.raw});
    ++answer;
  }
}

// The steps and the journal after a failure for good; the error to report.
absl::Status MigrateExecutor::ShowFailed(const absl::Status& failed, size_t begin, size_t end,
                                         std::optional<size_t> culprit,
                                         const ScriptJournal& observer, RunJournal& journal) {
  const size_t script = culprit.value_or(begin);
  const bool runs_again = IsSessionLost(failed) && plan_->IsTransactional(begin);
  const absl::Status error = observer.Explain(failed, plan_->scripts[script].id);
  const auto metadata = status::DetailsOf(error).metadata;
  const auto line = metadata.find("line");
  std::optional<RunEvent> event;
  if (!runs_again && !absl::IsCancelled(error)) {
    event = RunEvent{.type = "failed",
                     .script = plan_->scripts[script].prepared->script.file.path,
                     .sqlstate = SqlStateOf(error),
                     .message = std::string(error.message())};
    if (line == metadata.end() || !absl::SimpleAtoi(line->second, &event->line)) event->line = 0;
  }
  const bool is_for_good = event.has_value();
  journal.Update(
      [&](Run& run) {
        run.current_step = -1;
        for (size_t i = begin; i < end; ++i) {
          run.steps[StepOf(i)].state =
              i == script && is_for_good ? StepState::kFailed : StepState::kPending;
        }
      },
      std::move(event));
  return error;
}

absl::Status MigrateExecutor::ApplyBatch(size_t begin, size_t end, RunJournal& journal,
                                         const std::stop_token& stop) {
  UnitList list;
  int rank = NextRank(history_);
  bool passes_versions = false;
  for (size_t i = begin; i < end; ++i) {
    if (i > begin && BeginsRepeatables(*plan_, i)) {
      list.AddCallbacks(*plan_, CallbackEvent::kAfterVersioned);
      list.AddCallbacks(*plan_, CallbackEvent::kBeforeRepeatables);
      passes_versions = true;
    }
    list.AddScript(*plan_, i, rank++);
  }
  std::optional<size_t> current;
  ScriptJournal observer(JournalParts(journal), keeper_.session().backend_pid(), nullptr);
  observer.SetUnits(list.Scripts(), [&](size_t unit) {
    const UnitList::Origin& origin = list.origin(unit);
    if (origin.event) {
      journal.Note(RunEvent{.type = "callback",
                            .script = list.units()[unit].script->script.file.path,
                            .message = std::string(CallbackEventName(*origin.event))});
    }
    if (!origin.script || origin.script == current) return;
    current = origin.script;
    journal.Update(
        [&](Run& run) {
          run.current_step = static_cast<int>(StepOf(*current));
          run.statements_done = 0;
          run.steps[StepOf(*current)].state = StepState::kRunning;
          ++run.steps[StepOf(*current)].attempts;
        },
        RunEvent{.type = "migration_started",
                 .script = plan_->scripts[*current].prepared->script.file.path});
  });
  Backoff pause(absl::Milliseconds(500), absl::Seconds(10), parts_.clock);
  for (int retries = 0;; ++retries) {
    current.reset();
    const absl::Status applied = TryBatch(list, begin, end, observer, journal, stop);
    if (applied.ok()) {
      is_past_versions_ = is_past_versions_ || passes_versions;
      return applied;
    }
    if (plan_->IsTransactional(begin) && retries < limits_.lock_retries && MayBeRepeated(applied)) {
      const absl::Duration delay = pause.Next();
      journal.Note(
          RunEvent{.type = "retry",
                   .script = plan_->scripts[current.value_or(begin)].prepared->script.file.path,
                   .duration = delay,
                   .sqlstate = SqlStateOf(applied),
                   .message = absl::StrCat("attempt ", retries + 2)});
      if (!parts_.clock.WaitFor(delay, stop)) {
        return ShowFailed(RunCancelled(), begin, end, current, observer, journal);
      }
      continue;
    }
    const absl::Status error = ShowFailed(applied, begin, end, current, observer, journal);
    if (!IsSessionLost(applied)) {
      RunAfterError(CallbackEvent::kAfterEachMigrateError, journal, stop);
    }
    return error;
  }
}

absl::Status MigrateExecutor::Recover(const std::string& path, const absl::Status& lost,
                                      RunJournal& journal, const std::stop_token& stop) {
  keeper_.Drop();
  if (++reconnects_[path] > limits_.reconnects) {
    if (!absl::IsUnavailable(lost)) {
      status::ErrorSpec spec = status::DetailsOf(lost);
      spec.code = absl::StatusCode::kUnavailable;
      spec.reason = Reason::kBackendUnavailable;
      spec.message =
          absl::StrCat("The connection to Postgres was lost ", limits_.reconnects + 1,
                       " times while ", path, " ran. The history tells whether it is applied.");
      spec.metadata = {{"backend", "postgres"}};
      return status::Error(std::move(spec));
    }
    return lost;
  }
  journal.Note(RunEvent{
      .type = "reconnecting", .script = path, .message = "the connection to Postgres was lost"});
  plan_.reset();
  return Settle(journal, stop);
}

absl::Status MigrateExecutor::Settle(RunJournal& journal, const std::stop_token& stop) {
  for (int losses = 0;; ++losses) {
    const absl::Status settled = [&]() -> absl::Status {
      if (!keeper_.locked()) plan_.reset();  // others may have had the lock since it was made
      RETURN_IF_ERROR(keeper_.Await(journal, stop));
      if (!plan_) RETURN_IF_ERROR(Plan());
      ShowSteps(journal);
      if (options_.dry_run) return absl::OkStatus();
      // The table may be gone with a server that crashed before it was ever written out.
      return keeper_.session().CreateHistory();
    }();
    if (!IsSessionLost(settled) || losses >= limits_.reconnects) return settled;
    keeper_.Drop();
  }
}

absl::Status MigrateExecutor::WriteBaseline(RunJournal& journal, const std::stop_token& stop) {
  RETURN_IF_ERROR(RunCallbacksOf(CallbackEvent::kBeforeBaseline, journal, stop));
  const size_t step = first_step_;
  ScriptJournal observer(JournalParts(journal), keeper_.session().backend_pid(), nullptr);
  const auto written = keeper_.session().RunTransaction({{.row = plan_->baseline}},
                                                        /*durable=*/true, observer, stop);
  if (!written.ok()) return written.status();
  history_.rows.push_back(*plan_->baseline);
  journal.Update(
      [&](Run& run) {
        run.steps[step].state = StepState::kApplied;
        run.steps[step].installed_rank = written->front().installed_rank;
      },
      RunEvent{.type = "migration_finished", .script = plan_->baseline->script});
  return RunCallbacksOf(CallbackEvent::kAfterBaseline, journal, stop);
}

absl::Status MigrateExecutor::ApplyScripts(RunJournal& journal, const std::stop_token& stop) {
  for (size_t begin = 0; begin < plan_->scripts.size();) {
    if (stop.stop_requested()) return RunCancelled();
    if (!is_past_versions_ && BeginsRepeatables(*plan_, begin)) {
      RETURN_IF_ERROR(RunCallbacksOf(CallbackEvent::kAfterVersioned, journal, stop));
      RETURN_IF_ERROR(RunCallbacksOf(CallbackEvent::kBeforeRepeatables, journal, stop));
      is_past_versions_ = true;
    }
    const size_t end = plan_->one_transaction ? plan_->scripts.size() : begin + 1;
    const absl::Status applied = ApplyBatch(begin, end, journal, stop);
    if (applied.ok()) {
      begin = end;
    } else if (IsSessionLost(applied) && plan_->IsTransactional(begin)) {
      const std::string path = plan_->scripts[begin].prepared->script.file.path;
      RETURN_IF_ERROR(Recover(path, applied, journal, stop));
      begin = 0;
    } else {
      return applied;
    }
  }
  return is_past_versions_ ? absl::OkStatus()
                           : RunCallbacksOf(CallbackEvent::kAfterVersioned, journal, stop);
}

absl::Status MigrateExecutor::ApplyAll(RunJournal& journal, const std::stop_token& stop) {
  RETURN_IF_ERROR(Settle(journal, stop));
  journal.Update([&](Run& run) {
    SetRunState(run, RunState::kRunning);
    run.initial_version = plan_->current_version;
  });
  ShowFindings(journal);
  if (options_.dry_run) {
    return TryOut(*plan_, history_, first_step_, keeper_.session(), JournalParts(journal), stop);
  }
  if (plan_->baseline) {
    const std::string path = plan_->baseline->script;
    while (plan_->baseline) {
      const absl::Status written = WriteBaseline(journal, stop);
      if (written.ok()) break;
      if (!IsSessionLost(written)) return written;
      RETURN_IF_ERROR(Recover(path, written, journal, stop));
    }
  }
  RETURN_IF_ERROR(RunCallbacksOf(CallbackEvent::kBeforeMigrate, journal, stop));
  const absl::Status applied = ApplyScripts(journal, stop);
  if (!applied.ok()) {
    RunAfterError(CallbackEvent::kAfterMigrateError, journal, stop);
    return applied;
  }
  if (applied_count_ > 0) {
    RETURN_IF_ERROR(RunCallbacksOf(CallbackEvent::kAfterMigrateApplied, journal, stop));
  }
  return RunCallbacksOf(CallbackEvent::kAfterMigrate, journal, stop);
}

void MigrateExecutor::Finish(const absl::Status& result, RunJournal& journal,
                             const std::stop_token& stop) {
  std::optional<Version> highest;
  if (set_) {
    if (const auto table = MakeTable(*set_, history_, {}); table.ok()) highest = table->current;
  }
  EndRun(journal, parts_.clock, result, stop.stop_requested(), highest ? highest->Canonical() : "");
}

void MigrateExecutor::Execute(RunJournal& journal, const std::stop_token& stop) {
  journal.Update([&](Run& run) {
    run.start_time = parts_.clock.Now();
    run.dry_run = options_.dry_run;
  });
  absl::Status result = ApplyAll(journal, stop);
  if (keeper_.locked() && has_loose_commits_) {
    // What is reported as applied must survive; a session that is lost by now was settled above.
    const absl::Status durable = keeper_.session().MakeDurable();
    if (result.ok()) result = durable;
  }
  keeper_.Release();
  Finish(result, journal, stop);
}

}  // namespace storefront::migrator
