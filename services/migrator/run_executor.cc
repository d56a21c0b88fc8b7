// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_executor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/backoff.h"
#include "services/migrator/script_journal.h"

namespace storefront::migrator {

using status::Reason;

MigrateExecutor::MigrateExecutor(ExecutorParts parts, ExecutorLimits limits, MigrateOptions options)
    : parts_(parts),
      limits_(limits),
      options_(std::move(options)),
      keeper_(parts.database, parts.clock,
              {.lock_wait = options_.lock_wait, .connect_wait = limits.connect_wait}) {}

absl::Status MigrateExecutor::Prepare() {
  RETURN_IF_ERROR(keeper_.Connect());
  ASSIGN_OR_RETURN(const bool locked, keeper_.TryLock());
  if (locked) return Plan();
  ASSIGN_OR_RETURN(set_, parts_.catalog.Load(keeper_.session().facts()));
  return FindingsToStatus(set_->findings);
}

absl::Status MigrateExecutor::PlanOnly() {
  RETURN_IF_ERROR(keeper_.Connect());
  return Plan();
}

absl::Status MigrateExecutor::Plan() {
  const ServerFacts& facts = keeper_.session().facts();
  if (!set_) {
    ASSIGN_OR_RETURN(set_, parts_.catalog.Load(facts));
  }
  ASSIGN_OR_RETURN(history_, keeper_.session().ReadHistory());
  if (!history_.exists) RETURN_IF_ERROR(keeper_.session().CheckSchemasEmpty());
  const auto prepare =
      [&](const Script& script) -> absl::StatusOr<std::shared_ptr<const PreparedScript>> {
    std::shared_ptr<const PreparedScript>& known = prepared_[script.file.path];
    if (known == nullptr) {
      ASSIGN_OR_RETURN(PreparedScript made, parts_.catalog.Prepare(script, facts));
      known = std::make_shared<const PreparedScript>(std::move(made));
    }
    return known;
  };
  ASSIGN_OR_RETURN(plan_, PlanMigrate(*set_, history_, options_, prepare));
  return absl::OkStatus();
}

// What the plan no longer has was applied: by this run, or by others while it was away.
void MigrateExecutor::ShowSteps(RunJournal& journal) {
  std::vector<RunStep> planned = StepsOf(*plan_);
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
          old.state = StepState::kApplied;
          for (const HistoryRow& row : history_.rows) {
            if (row.script == old.script && row.success) old.installed_rank = row.installed_rank;
          }
          steps.push_back(std::move(old));
        }
        first_step_ = steps.size();
        std::move(planned.begin(), planned.end(), std::back_inserter(steps));
        run.steps = std::move(steps);
        run.current_step = -1;
      },
      RunEvent{.type = "validated",
               .message = absl::StrCat(plan_->scripts.size(), " scripts to apply")});
}

absl::Status MigrateExecutor::ApplyOne(size_t index, RunJournal& journal,
                                       const std::stop_token& stop) {
  const PlannedScript& planned = plan_->scripts[index];
  const PreparedScript& script = *planned.prepared;
  const size_t step = first_step_ + index;
  const std::string& path = script.script.file.path;
  HistoryRow row = RowOf(script);
  row.installed_rank = NextRank(history_);
  // The last commit, and one before work that cannot be taken back, waits for the disk.
  const bool durable =
      index + 1 == plan_->scripts.size() || !plan_->scripts[index + 1].prepared->transactional;
  ScriptJournal observer({.onlooker = parts_.onlooker,
                          .placeholders = parts_.catalog.placeholders(),
                          .clock = parts_.clock,
                          .journal = journal},
                         keeper_.session().backend_pid(), &script);
  Backoff pause(absl::Milliseconds(500), absl::Seconds(10), parts_.clock);
  for (int retries = 0;; ++retries) {
    journal.Update(
        [&](Run& run) {
          run.current_step = static_cast<int>(step);
          run.statements_done = 0;
          run.steps[step].state = StepState::kRunning;
          ++run.steps[step].attempts;
        },
        RunEvent{.type = "migration_started", .script = path});
    const auto applied =
        script.transactional
            ? keeper_.session().Apply(script, row, durable, observer, stop)
            : keeper_.session().ApplyOutsideTransaction(script, row, observer, stop);
    if (applied.ok()) {
      has_loose_commits_ = script.transactional && !durable;
      row.installed_rank = applied->installed_rank;
      history_.rows.push_back(row);
      journal.Update(
          [&](Run& run) {
            run.current_step = -1;
            run.steps[step].state = StepState::kApplied;
            run.steps[step].installed_rank = applied->installed_rank;
            run.steps[step].execution_time = applied->execution_time;
          },
          RunEvent{
              .type = "migration_finished", .script = path, .duration = applied->execution_time});
      journal.NoteApplied(
          {.installed_rank = applied->installed_rank, .script = path, .text = script.raw});
      return absl::OkStatus();
    }
    if (script.transactional && retries < limits_.lock_retries && MayBeRepeated(applied.status())) {
      const absl::Duration delay = pause.Next();
      journal.Note(RunEvent{.type = "retry",
                            .script = path,
                            .duration = delay,
                            .sqlstate = SqlStateOf(applied.status()),
                            .message = absl::StrCat("attempt ", retries + 2)});
      if (!parts_.clock.WaitFor(delay, stop)) return RunCancelled();
      continue;
    }
    const bool may_recover = IsSessionLost(applied.status()) && script.transactional;
    const absl::Status error = observer.Explain(applied.status(), planned.id);
    journal.Update([&](Run& run) {
      run.current_step = -1;
      run.steps[step].state =
          may_recover || absl::IsCancelled(error) ? StepState::kPending : StepState::kFailed;
    });
    return error;
  }
}

absl::Status MigrateExecutor::Recover(size_t index, const absl::Status& lost, RunJournal& journal,
                                      const std::stop_token& stop) {
  const PreparedScript& script = *plan_->scripts[index].prepared;
  keeper_.Drop();
  if (++reconnects_[script.script.file.path] > limits_.reconnects) {
    if (!absl::IsUnavailable(lost)) {
      status::ErrorSpec spec = status::DetailsOf(lost);
      spec.code = absl::StatusCode::kUnavailable;
      spec.reason = Reason::kBackendUnavailable;
      spec.message = absl::StrCat("The connection to Postgres was lost ", limits_.reconnects + 1,
                                  " times while ", script.script.file.path,
                                  " ran. The history tells whether it is applied.");
      spec.metadata = {{"backend", "postgres"}};
      return status::Error(std::move(spec));
    }
    return lost;
  }
  journal.Note(RunEvent{.type = "reconnecting",
                        .script = script.script.file.path,
                        .message = "the connection to Postgres was lost"});
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
      // The table may be gone with a server that crashed before it was ever written out.
      return keeper_.session().CreateHistory();
    }();
    if (!IsSessionLost(settled) || losses >= limits_.reconnects) return settled;
    keeper_.Drop();
  }
}

absl::Status MigrateExecutor::ApplyAll(RunJournal& journal, const std::stop_token& stop) {
  RETURN_IF_ERROR(Settle(journal, stop));
  journal.Update([&](Run& run) {
    SetRunState(run, RunState::kRunning);
    run.initial_version = plan_->current_version;
  });
  for (size_t index = 0; index < plan_->scripts.size();) {
    if (stop.stop_requested()) return RunCancelled();
    const absl::Status applied = ApplyOne(index, journal, stop);
    if (applied.ok()) {
      ++index;
    } else if (IsSessionLost(applied) && plan_->scripts[index].prepared->transactional) {
      RETURN_IF_ERROR(Recover(index, applied, journal, stop));
      index = 0;
    } else {
      return applied;
    }
  }
  return absl::OkStatus();
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
  journal.Update([&](Run& run) { run.start_time = parts_.clock.Now(); });
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
