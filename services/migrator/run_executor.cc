// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_executor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

using status::Reason;

std::string SqlState(const absl::Status& status) {
  const auto metadata = status::DetailsOf(status).metadata;
  const auto found = metadata.find("sqlstate");
  return found == metadata.end() ? "" : found->second;
}

// The session is gone; what it did last may or may not have happened. A session that somebody ended
// on purpose (57P01) is not taken up again; a backend whose postmaster was killed says 57P01 too,
// and only its words tell the two apart.
bool IsLost(const absl::Status& status) {
  if (status::ReasonOf(status) == Reason::kCommitInDoubt) return true;
  if (!absl::IsUnavailable(status)) return false;
  return SqlState(status) != "57P01" ||
         absl::StrContains(status::DetailsOf(status).internal, "unexpected postmaster exit");
}

absl::Status Cancelled() {
  return status::Error({.code = absl::StatusCode::kCancelled,
                        .reason = Reason::kCallCancelled,
                        .message = "The run was cancelled."});
}

// Doubles from `first` to `last`, and up to a quarter less, so that two waiters part.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration last, clock::Clock& clock)
      : next_(first),
        last_(last),
        random_(
            static_cast<uint64_t>(absl::ToInt64Nanoseconds(clock.Steady() - clock::SteadyTime())) |
            1U) {}

  absl::Duration Next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    const absl::Duration now = next_ - next_ * (static_cast<double>(random_ % 1000) / 4000.0);
    next_ = std::min(next_ * 2, last_);
    return now;
  }

 private:
  absl::Duration next_, last_;
  uint64_t random_;
};

std::string Describe(const Blocker& blocker) {
  return absl::StrCat("pid ", blocker.pid, " (", blocker.application_name, ", ", blocker.state,
                      blocker.relation.empty() ? "" : absl::StrCat(", on ", blocker.relation),
                      ", transaction open for ",
                      absl::FormatDuration(absl::Trunc(blocker.transaction_age, absl::Seconds(1))),
                      ")");
}

void SetState(Run& run, RunState state) {
  if (run.state == RunState::kCancelling && !IsFinal(state)) return;
  run.state = state;
}

}  // namespace

// Turns what happens in a script into the journal's words, and asks who blocks it.
class MigrateExecutor::Observer final : public ScriptObserver {
 public:
  Observer(const MigrateExecutor& executor, const PreparedScript& script, RunJournal& journal)
      : executor_(executor), script_(script), journal_(journal), clock_(executor.parts_.clock) {}

  void OnStatementStarted(size_t statement) override {
    started_ = clock_.Steady();
    asked_ = started_;
    journal_.Note(EventOf("statement_started", statement));
  }
  void OnStatementFinished(size_t statement, int64_t rows) override {
    RunEvent event = EventOf("statement_finished", statement);
    event.rows = rows;
    event.duration = clock_.Steady() - started_;
    journal_.Update([&](Run& run) { run.statements_done = static_cast<int>(statement) + 1; },
                    std::move(event));
  }
  void OnNotice(absl::string_view severity, absl::string_view message) override {
    journal_.Note(RunEvent{.type = "notice",
                           .script = script_.script.file.path,
                           .message = executor_.Mask(absl::StrCat(severity, ": ", message))});
  }
  void OnTick() override {
    journal_.Flush();
    const clock::SteadyTime now = clock_.Steady();
    if (now - asked_ < absl::Seconds(1)) return;
    asked_ = now;
    auto blockers = executor_.parts_.onlooker.FindBlockers(executor_.connection_->backend_pid());
    if (!blockers.ok() || blockers->empty()) return;
    std::string text;
    for (const Blocker& blocker : *blockers) {
      absl::StrAppend(&text, text.empty() ? "" : "; ", Describe(blocker));
    }
    blockers_ = *std::move(blockers);
    if (text == blocked_by_) return;
    blocked_by_ = text;
    journal_.Note(RunEvent{.type = "blocked",
                           .script = script_.script.file.path,
                           .message = absl::StrCat("waits for ", text)});
  }

  const std::vector<Blocker>& blockers() const { return blockers_; }
  const std::string& blocked_by() const { return blocked_by_; }

 private:
  RunEvent EventOf(absl::string_view type, size_t statement) const {
    return {.type = std::string(type),
            .script = script_.script.file.path,
            .statement = static_cast<int>(statement) + 1,
            .statements = static_cast<int>(script_.statements.size()),
            .line = statement < script_.statements.size() ? script_.statements[statement].line : 0};
  }

  const MigrateExecutor& executor_;
  const PreparedScript& script_;
  RunJournal& journal_;
  clock::Clock& clock_;
  clock::SteadyTime started_, asked_;
  std::vector<Blocker> blockers_;
  std::string blocked_by_;
};

MigrateExecutor::MigrateExecutor(ExecutorParts parts, ExecutorLimits limits, MigrateOptions options)
    : parts_(parts), limits_(limits), options_(std::move(options)) {}

std::string MigrateExecutor::Mask(absl::string_view text) const {
  return parts_.catalog.placeholders().Mask(text);
}

absl::Status MigrateExecutor::Connect() {
  ASSIGN_OR_RETURN(connection_, parts_.database.Open());
  return absl::OkStatus();
}

absl::Status MigrateExecutor::Prepare() {
  RETURN_IF_ERROR(Connect());
  ASSIGN_OR_RETURN(locked_, connection_->TryLock());
  if (locked_) return Plan();
  ASSIGN_OR_RETURN(set_, parts_.catalog.Load(connection_->facts()));
  return FindingsToStatus(set_->findings);
}

absl::Status MigrateExecutor::PlanOnly() {
  RETURN_IF_ERROR(Connect());
  return Plan();
}

absl::Status MigrateExecutor::Plan() {
  const ServerFacts& facts = connection_->facts();
  if (!set_) {
    ASSIGN_OR_RETURN(set_, parts_.catalog.Load(facts));
  }
  ASSIGN_OR_RETURN(history_, connection_->ReadHistory());
  if (!history_.exists) RETURN_IF_ERROR(connection_->CheckSchemasEmpty());
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

absl::Status MigrateExecutor::EnsureLocked(RunJournal& journal, const std::stop_token& stop) {
  clock::Clock& clock = parts_.clock;
  const clock::SteadyTime begin = clock.Steady();
  std::optional<clock::SteadyTime> lost_since;
  std::optional<LockHolder> holder;
  Backoff lock_pause(absl::Milliseconds(125), absl::Seconds(1), clock);
  Backoff connect_pause(absl::Milliseconds(100), absl::Seconds(2), clock);
  while (!locked_) {
    if (stop.stop_requested()) return Cancelled();
    absl::Status status = connection_ == nullptr ? Connect() : absl::OkStatus();
    if (status.ok()) {
      const auto locked = connection_->TryLock();
      status = locked.status();
      if (locked.ok()) locked_ = *locked;
    }
    if (status.ok() && !locked_) {
      auto found = connection_->FindLockHolder();
      status = found.status();
      if (found.ok()) {
        const bool is_news = *found && (!holder || holder->pid != (*found)->pid);
        holder = *std::move(found);
        std::optional<RunEvent> event;
        if (is_news) {
          event =
              RunEvent{.type = "lock_waiting",
                       .message = absl::StrCat("pid ", holder->pid, " (", holder->application_name,
                                               ") holds the history lock")};
        }
        journal.Update(
            [&](Run& run) {
              SetState(run, RunState::kWaitingForLock);
              run.lock_holder = holder;
            },
            std::move(event));
      }
    }
    if (!status.ok()) {
      if (!absl::IsUnavailable(status)) return status;
      connection_ = nullptr;
      if (!lost_since) lost_since = clock.Steady();
      if (clock.Steady() - *lost_since >= limits_.connect_wait) return status;
      if (!clock.WaitFor(connect_pause.Next(), stop)) return Cancelled();
      continue;
    }
    lost_since.reset();
    if (locked_) break;
    if (clock.Steady() - begin >= options_.lock_wait) {
      status::ErrorSpec spec{.code = absl::StatusCode::kDeadlineExceeded,
                             .reason = Reason::kHistoryLockTimeout};
      spec.message = absl::StrCat("The history lock was not free within ",
                                  absl::FormatDuration(options_.lock_wait), ".");
      if (holder) {
        absl::StrAppend(
            &spec.message, " It is held by pid ", holder->pid, " (", holder->application_name, ", ",
            holder->state, ", session since ",
            absl::FormatTime(absl::RFC3339_sec, holder->backend_start, absl::UTCTimeZone()), ").");
        spec.metadata = {{"pid", absl::StrCat(holder->pid)},
                         {"application_name", holder->application_name},
                         {"state", holder->state},
                         {"age_seconds",
                          absl::StrCat(absl::ToInt64Seconds(clock.Now() - holder->backend_start))}};
      }
      return status::Error(std::move(spec));
    }
    if (!clock.WaitFor(lock_pause.Next(), stop)) return Cancelled();
  }
  journal.Update(
      [](Run& run) {
        SetState(run, RunState::kRunning);
        run.lock_holder.reset();
      },
      RunEvent{.type = "lock_acquired", .duration = clock.Steady() - begin});
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

bool MigrateExecutor::ShouldRetry(const absl::Status& status, const PreparedScript& script,
                                  int retries) const {
  if (!script.transactional || retries >= limits_.lock_retries) return false;
  const std::string state = SqlState(status);
  return state == "55P03" || state == "40P01" || state == "40001";
}

absl::Status MigrateExecutor::ScriptError(const absl::Status& status, const PlannedScript& planned,
                                          const Observer& observer) const {
  if (status::ReasonOf(status) != Reason::kScriptFailed) return status;
  const PreparedScript& script = *planned.prepared;
  status::ErrorSpec spec = status::DetailsOf(status);
  spec.code = absl::StatusCode::kFailedPrecondition;
  const std::string sqlstate = spec.metadata["sqlstate"];
  const std::string server_message = Mask(spec.metadata["server_message"]);
  size_t statement = 0;
  int character = 0;
  const bool is_placed = absl::SimpleAtoi(spec.metadata["statement"], &statement) &&
                         absl::SimpleAtoi(spec.metadata["character"], &character) &&
                         statement < script.statements.size();
  std::string place = script.script.file.path;
  spec.metadata = {{"file", place},
                   {"migration", planned.id},
                   {"sqlstate", sqlstate},
                   {"rolled_back", script.transactional ? "true" : "false"}};
  if (is_placed) {
    const TextPosition at = script.PositionIn(script.statements[statement], character);
    absl::StrAppend(&place, ":", at.line, ":", at.column);
    spec.metadata["line"] = absl::StrCat(at.line);
    spec.metadata["column"] = absl::StrCat(at.column);
  }
  spec.message = absl::StrCat(place, ": ", server_message, " (SQLSTATE ", sqlstate, "). ",
                              script.transactional
                                  ? "The script was rolled back."
                                  : "The script ran outside a transaction: what it did stays, its "
                                    "row is marked as failed.");
  if (!script.transactional) {
    if (const auto indexes = parts_.onlooker.InvalidIndexes(); indexes.ok() && !indexes->empty()) {
      std::string names;
      for (const std::string& name : *indexes)
        absl::StrAppend(&names, names.empty() ? "" : ", ", name);
      absl::StrAppend(&spec.message, " Invalid indexes: ", names, ".");
      spec.metadata["invalid_indexes"] = names;
    }
  }
  if (sqlstate == "55P03") {
    spec.code = absl::StatusCode::kAborted;
    spec.reason = Reason::kLockTimeout;
    if (!observer.blocked_by().empty()) {
      absl::StrAppend(&spec.message, " Blocked by ", observer.blocked_by(), ".");
      const Blocker& first = observer.blockers().front();
      spec.metadata["blocker_pid"] = absl::StrCat(first.pid);
      spec.metadata["blocker_application_name"] = first.application_name;
      spec.metadata["blocker_relation"] = first.relation;
    }
  } else if (sqlstate == "40P01" || sqlstate == "40001") {
    spec.code = absl::StatusCode::kAborted;
    spec.reason = Reason::kTransactionConflict;
  } else if (sqlstate == "53100" || sqlstate == "53200") {
    spec.code = absl::StatusCode::kResourceExhausted;
    spec.reason = sqlstate == "53100" ? Reason::kDiskFull : Reason::kOutOfMemory;
  }
  spec.internal = Mask(spec.internal);
  return status::Error(std::move(spec));
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
  Observer observer(*this, script, journal);
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
    const auto applied = script.transactional
                             ? connection_->Apply(script, row, durable, observer, stop)
                             : connection_->ApplyOutsideTransaction(script, row, observer, stop);
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
      return absl::OkStatus();
    }
    if (ShouldRetry(applied.status(), script, retries)) {
      const absl::Duration delay = pause.Next();
      journal.Note(RunEvent{.type = "retry",
                            .script = path,
                            .duration = delay,
                            .sqlstate = SqlState(applied.status()),
                            .message = absl::StrCat("attempt ", retries + 2)});
      if (!parts_.clock.WaitFor(delay, stop)) return Cancelled();
      continue;
    }
    const bool may_recover = IsLost(applied.status()) && script.transactional;
    const absl::Status error = ScriptError(applied.status(), planned, observer);
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
  connection_ = nullptr;
  locked_ = false;
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
      if (!locked_) plan_.reset();  // others may have had the lock since it was made
      RETURN_IF_ERROR(EnsureLocked(journal, stop));
      if (!plan_) RETURN_IF_ERROR(Plan());
      ShowSteps(journal);
      // The table may be gone with a server that crashed before it was ever written out.
      return connection_->CreateHistory();
    }();
    if (!IsLost(settled) || losses >= limits_.reconnects) return settled;
    connection_ = nullptr;
    locked_ = false;
  }
}

absl::Status MigrateExecutor::ApplyAll(RunJournal& journal, const std::stop_token& stop) {
  RETURN_IF_ERROR(Settle(journal, stop));
  journal.Update([&](Run& run) {
    SetState(run, RunState::kRunning);
    run.initial_version = plan_->current_version;
  });
  for (size_t index = 0; index < plan_->scripts.size();) {
    if (stop.stop_requested()) return Cancelled();
    const absl::Status applied = ApplyOne(index, journal, stop);
    if (applied.ok()) {
      ++index;
    } else if (IsLost(applied) && plan_->scripts[index].prepared->transactional) {
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
  const bool was_stopped = absl::IsCancelled(result) && stop.stop_requested();
  journal.Update(
      [&](Run& run) {
        run.end_time = parts_.clock.Now();
        run.current_step = -1;
        run.lock_holder.reset();
        run.final_version = highest ? highest->Canonical() : "";
        if (result.ok()) {
          run.state = RunState::kSucceeded;
        } else if (was_stopped) {
          run.state =
              run.state == RunState::kCancelling ? RunState::kCancelled : RunState::kInterrupted;
        } else {
          run.state = RunState::kFailed;
          run.error = result;
        }
      },
      RunEvent{.type = "finished",
               .sqlstate = SqlState(result),
               .message = result.ok() ? "" : std::string(result.message())});
}

void MigrateExecutor::Execute(RunJournal& journal, const std::stop_token& stop) {
  journal.Update([&](Run& run) { run.start_time = parts_.clock.Now(); });
  absl::Status result = ApplyAll(journal, stop);
  if (connection_ != nullptr && locked_) {
    if (has_loose_commits_) {
      // What is reported as applied must survive; a session that is lost by now was settled above.
      const absl::Status durable = connection_->MakeDurable();
      if (result.ok()) result = durable;
    }
    // A failure here means that the session is gone, and the lock with it.
    connection_->Unlock().IgnoreError();
  }
  connection_ = nullptr;
  Finish(result, journal, stop);
}

}  // namespace storefront::migrator
