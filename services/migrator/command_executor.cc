// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/command_executor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/backoff.h"
#include "services/migrator/callback_runner.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/script_journal.h"

namespace storefront::migrator {
namespace {

using status::Reason;

struct Events {
  CallbackEvent before, after;
};

// A migrate run is no command.
std::optional<Events> EventsOf(RunKind kind) {
  switch (kind) {
    case RunKind::kMigrate:
      return std::nullopt;
    case RunKind::kBaseline:
      return Events{CallbackEvent::kBeforeBaseline, CallbackEvent::kAfterBaseline};
    case RunKind::kRepair:
      return Events{CallbackEvent::kBeforeRepair, CallbackEvent::kAfterRepair};
    case RunKind::kUndo:
      return Events{CallbackEvent::kBeforeUndo, CallbackEvent::kAfterUndo};
    case RunKind::kClean:
      return Events{CallbackEvent::kBeforeClean, CallbackEvent::kAfterClean};
  }
  return std::nullopt;
}

}  // namespace

absl::Status CheckConfirmation(const ServerFacts& facts, const std::string& confirmation) {
  if (confirmation == facts.database) return absl::OkStatus();
  const std::string why = absl::StrCat("must be the database's name, ", facts.database);
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = Reason::kConfirmationMismatch,
                        .message = absl::StrCat("confirmation: ", why),
                        .metadata = {{"database", facts.database}},
                        .fields = {{"confirmation", why}}});
}

CommandExecutor::CommandExecutor(ExecutorParts parts, ExecutorLimits limits,
                                 absl::Duration lock_wait, std::unique_ptr<HistoryCommand> command)
    : parts_(parts),
      limits_(limits),
      keeper_(parts.database, parts.clock,
              {.lock_wait = lock_wait, .connect_wait = limits.connect_wait}),
      command_(std::move(command)) {}

absl::StatusOr<std::string> CommandExecutor::CurrentVersion() {
  ASSIGN_OR_RETURN(const History history, keeper_.session().ReadHistory());
  const ScriptSet no_files;
  ASSIGN_OR_RETURN(const MigrationTable table, MakeTable(no_files, history, {}));
  return table.current ? table.current->Canonical() : "";
}

// What is wrong with files that this run does not need does not stop it.
absl::Status CommandExecutor::PrepareCallbacks() {
  const ServerFacts& facts = keeper_.session().facts();
  ASSIGN_OR_RETURN(const ScriptSet set, parts_.catalog.Load(facts));
  const std::optional<Events> events = EventsOf(command_->kind());
  std::vector<Finding> findings;
  callbacks_ = parts_.catalog.PrepareCallbacks(
      set, facts,
      [&](CallbackEvent event) {
        return events && (event == events->before || event == events->after);
      },
      findings);
  return FindingsToStatus(findings);
}

absl::Status CommandExecutor::CallBack(CallbackEvent event, RunJournal& journal,
                                       const std::stop_token& stop) {
  const absl::Status ran = RunCallbacks(*callbacks_, event, limits_.lock_retries, keeper_.session(),
                                        {.onlooker = parts_.onlooker,
                                         .placeholders = parts_.catalog.placeholders(),
                                         .clock = parts_.clock,
                                         .journal = journal},
                                        stop);
  callback_failed_ = !ran.ok();
  return ran;
}

absl::Status CommandExecutor::Plan() {
  if (!callbacks_) RETURN_IF_ERROR(PrepareCallbacks());
  RETURN_IF_ERROR(command_->Plan(keeper_.session()));
  // Of a history that cannot be read there is none.
  if (!initial_version_) initial_version_ = CurrentVersion().value_or("");
  planned_ = keeper_.locked();
  return absl::OkStatus();
}

absl::Status CommandExecutor::Prepare(const std::optional<std::string>& confirmation) {
  RETURN_IF_ERROR(keeper_.Connect());
  if (confirmation) RETURN_IF_ERROR(CheckConfirmation(keeper_.session().facts(), *confirmation));
  ASSIGN_OR_RETURN(const bool locked, keeper_.TryLock());
  return locked ? Plan() : absl::OkStatus();
}

absl::Status CommandExecutor::PlanOnly() {
  RETURN_IF_ERROR(keeper_.Connect());
  return Plan();
}

void CommandExecutor::ShowSteps(RunJournal& journal, const StepRange& current,
                                std::optional<RunEvent> event) {
  journal.Update(
      [&](Run& run) {
        run.steps = command_->steps();
        run.current_step = current.count > 0 ? static_cast<int>(current.first) : -1;
        run.statements_done = 0;
      },
      std::move(event));
}

// Steps are carried out in order, so those that are done come first; also one whose COMMIT was lost
// and is seen in the history.
void CommandExecutor::NoteApplied(RunJournal& journal) {
  const std::vector<RunStep>& steps = command_->steps();
  for (; noted_ < steps.size() && steps[noted_].state == StepState::kApplied; ++noted_) {
    const PreparedScript* script = command_->ScriptOf(noted_);
    if (script == nullptr) continue;
    journal.NoteApplied({.installed_rank = steps[noted_].installed_rank,
                         .script = script->script.file.path,
                         .text = script->raw});
  }
}

absl::Status CommandExecutor::PerformNext(RunJournal& journal, const std::stop_token& stop) {
  const StepRange range = command_->Next();
  std::vector<RunStep>& steps = command_->steps();
  const auto each = [&](const auto& change) {
    for (size_t i = range.first; i < range.first + range.count; ++i) change(steps[i]);
  };
  const RunStep& first = steps[range.first];
  ScriptJournal observer({.onlooker = parts_.onlooker,
                          .placeholders = parts_.catalog.placeholders(),
                          .clock = parts_.clock,
                          .journal = journal},
                         keeper_.session().backend_pid(), command_->NextScript());
  Backoff pause(absl::Milliseconds(500), absl::Seconds(10), parts_.clock);
  for (int retries = 0;; ++retries) {
    each([](RunStep& step) {
      step.state = StepState::kRunning;
      ++step.attempts;
    });
    ShowSteps(
        journal, range,
        RunEvent{.type = "migration_started", .script = first.script, .message = first.detail});
    const clock::SteadyTime begin = parts_.clock.Steady();
    const absl::Status done = command_->Perform(keeper_.session(), observer, stop);
    if (done.ok()) {
      each([](RunStep& step) { step.state = StepState::kApplied; });
      NoteApplied(journal);
      ShowSteps(journal, {},
                RunEvent{.type = "migration_finished",
                         .script = first.script,
                         .duration = parts_.clock.Steady() - begin,
                         .message = first.detail});
      losses_ = 0;
      return absl::OkStatus();
    }
    const bool may_repeat = retries < limits_.lock_retries && MayBeRepeated(done);
    const bool may_recover = may_repeat || IsSessionLost(done) || absl::IsCancelled(done);
    each([&](RunStep& step) {
      step.state = may_recover ? StepState::kPending : StepState::kFailed;
    });
    if (!may_repeat) {
      ShowSteps(journal, {}, std::nullopt);
      return observer.Explain(done, first.migration);
    }
    const absl::Duration delay = pause.Next();
    ShowSteps(journal, {},
              RunEvent{.type = "retry",
                       .script = first.script,
                       .duration = delay,
                       .sqlstate = SqlStateOf(done),
                       .message = absl::StrCat("attempt ", retries + 2)});
    if (!parts_.clock.WaitFor(delay, stop)) return RunCancelled();
  }
}

absl::Status CommandExecutor::Settled(RunJournal& journal, const std::stop_token& stop) {
  RETURN_IF_ERROR(keeper_.Await(journal, stop));
  if (!planned_) RETURN_IF_ERROR(Plan());
  NoteApplied(journal);
  const std::optional<Events> events = EventsOf(command_->kind());
  if (events && !has_begun_) {
    RETURN_IF_ERROR(CallBack(events->before, journal, stop));
    has_begun_ = true;
    // It may have changed what the plan was made from.
    if (!CallbacksOf(*callbacks_, events->before).empty()) RETURN_IF_ERROR(Plan());
  }
  ShowSteps(
      journal, {},
      RunEvent{.type = "validated",
               .message = absl::StrCat(command_->Next().count == 0
                                           ? "nothing to do"
                                           : absl::StrCat(command_->steps().size(), " steps"))});
  journal.Update([&](Run& run) { run.initial_version = initial_version(); });
  while (command_->Next().count > 0) {
    if (stop.stop_requested()) return RunCancelled();
    RETURN_IF_ERROR(PerformNext(journal, stop));
  }
  return events ? CallBack(events->after, journal, stop) : absl::OkStatus();
}

absl::Status CommandExecutor::PerformAll(RunJournal& journal, const std::stop_token& stop) {
  for (;;) {
    const absl::Status status = Settled(journal, stop);
    if (callback_failed_ || !IsSessionLost(status)) return status;
    keeper_.Drop();
    planned_ = false;
    if (++losses_ > limits_.reconnects) {
      return status::Error(
          {.code = absl::StatusCode::kUnavailable,
           .reason = Reason::kBackendUnavailable,
           .message = absl::StrCat("The connection to Postgres was lost ", losses_,
                                   " times. What the history shows is done, all else is not."),
           .metadata = {{"backend", "postgres"}},
           .retry_after = absl::Seconds(2),
           .internal = status::DetailsOf(status).internal});
    }
    journal.Note(
        RunEvent{.type = "reconnecting", .message = "the connection to Postgres was lost"});
  }
}

void CommandExecutor::Execute(RunJournal& journal, const std::stop_token& stop) {
  journal.Update([&](Run& run) { run.start_time = parts_.clock.Now(); });
  const absl::Status result = PerformAll(journal, stop);
  std::string final_version;
  if (keeper_.locked()) final_version = CurrentVersion().value_or("");
  keeper_.Release();
  EndRun(journal, parts_.clock, result, stop.stop_requested(), final_version);
}

}  // namespace storefront::migrator
