// A run of the migrator: its state, steps and events, and the journal that readers follow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "libs/sync/published.h"
#include "services/migrator/lock_holder.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

enum class RunKind { kMigrate, kBaseline, kRepair, kUndo, kClean };
// "migrate": in ids, metrics and logs.
absl::string_view RunKindName(RunKind kind);

enum class RunState {
  kPending,
  kWaitingForLock,
  kRunning,
  kCancelling,
  kSucceeded,
  kFailed,
  kCancelled,
  kInterrupted,
};
absl::string_view RunStateName(RunState state);
bool IsFinal(RunState state);

enum class StepState {
  kPending,
  kRunning,
  kApplied,
  kFailed,
  kRolledBack,  // ran in a dry run
};

enum class StepAction {
  kApply,
  kRecord,
  kUndo,
  kRemoveFailed,
  kMarkDeleted,
  kAlign,
  kDropIndex,
  kCleanSchema,
};

struct RunStep {
  std::string migration;  // id: "V3"
  std::string script;
  std::string description;
  bool transactional = true;
  StepState state = StepState::kPending;
  int installed_rank = 0;
  int statements = 0;
  int attempts = 0;
  absl::Duration execution_time;
  StepAction action = StepAction::kApply;
  std::string detail;  // what the action alone does not say
  bool operator==(const RunStep&) const = default;
};

struct Run {
  std::string id;  // "migrate-20260102-030405-9f3a"
  RunKind kind = RunKind::kMigrate;
  RunState state = RunState::kPending;
  std::vector<RunStep> steps;
  int current_step = -1;                         // that runs now; -1 between steps
  int statements_done = 0;                       // of the current step
  absl::Time create_time, start_time, end_time;  // InfinitePast = not yet
  absl::Status error;
  int64_t sequence = 0;
  std::string target;
  std::string initial_version, final_version;
  std::optional<LockHolder> lock_holder;
  absl::Duration lock_wait;  // spent on getting the history lock
  bool dry_run = false;
  std::string plan_hash;  // of the plan that is carried out; empty before it is known
  bool operator==(const Run&) const = default;
};

// Sets the state; only an end replaces CANCELLING.
void SetRunState(Run& run, RunState state);

struct RunEvent {
  int64_t sequence = 0;
  absl::Time time;
  std::string type;  // "migration_started"
  std::string script;
  int statement = 0;  // from 1
  int statements = 0;
  int line = 0;
  absl::Duration duration;
  int64_t rows = 0;
  std::string sqlstate;
  std::string message;
  std::vector<int> blocking_pids = {};
  std::string phase = {};  // of a long command, in the server's words
  int64_t phase_done = 0;
  int64_t phase_total = 0;  // 0: unknown
  bool operator==(const RunEvent&) const = default;
};

// The text behind a row that a run wrote, as it is in the file: placeholders are not replaced.
struct AppliedText {
  int installed_rank = 0;
  std::string script;
  std::shared_ptr<const ScriptText> text;
};

// What a watcher is told: that there is something new to read.
struct RunNews {
  RunState state = RunState::kPending;
  int64_t sequence = 0;
};

// Holds one run while it changes. One writer, any number of readers; a reader never slows the
// writer: watchers are told at most every 100 ms, except of changes of the run's state.
//
// Thread-safety: all methods.
class RunJournal {
 public:
  // `before_end` is called on the writer's thread with the run as it ends, before any reader sees
  // it so: what must be true of an ended run is made true there.
  RunJournal(Run run, clock::Clock& clock, size_t event_limit,
             std::function<void(const Run&)> before_end = {});

  const std::string& id() const { return id_; }
  Run Snapshot() const;
  RunState state() const;
  // Events after this sequence, oldest first; those that no longer fit the buffer are gone.
  std::vector<RunEvent> EventsAfter(int64_t sequence) const;
  // The same, the oldest `count`; `more` says whether others follow.
  std::vector<RunEvent> EventsAfter(int64_t sequence, size_t count, bool& more) const;
  // Sequence of the newest event; 0 without one.
  int64_t LastEvent() const;

  // Changes the run; `event`, if given, is recorded with the new sequence.
  void Update(const std::function<void(Run&)>& change, std::optional<RunEvent> event = {});

  // Records an event that changes nothing else.
  void Note(RunEvent event) {
    Update([](Run&) {}, std::move(event));
  }

  // A row was written for this text.
  void NoteApplied(AppliedText applied);
  // What was noted since the last call.
  std::vector<AppliedText> TakeApplied();

  // Takes over a run that another process, or an earlier one, carries out, and adds its events.
  void Replace(Run run, std::vector<RunEvent> events);

  // RUNNING and waiting runs become CANCELLING. False when the run has ended.
  bool RequestCancel();

  // Publishes what was held back; to be called now and then while nothing changes.
  void Flush();

  // The present state at once, then each newer one.
  [[nodiscard]] sync::Subscription Watch(std::function<void(const RunNews&)> listener);

 private:
  void AddEvent(RunEvent event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishIfDue(bool at_once);

  const std::string id_;
  clock::Clock& clock_;
  const size_t event_limit_;
  const std::function<void(const Run&)> before_end_;
  mutable sync::Mutex mutex_;
  Run run_ ABSL_GUARDED_BY(mutex_);
  std::vector<AppliedText> applied_ ABSL_GUARDED_BY(mutex_);
  std::deque<RunEvent> events_ ABSL_GUARDED_BY(mutex_);
  clock::SteadyTime published_at_ ABSL_GUARDED_BY(mutex_);
  int64_t published_sequence_ ABSL_GUARDED_BY(mutex_) = -1;
  RunState published_state_ ABSL_GUARDED_BY(mutex_) = RunState::kPending;
  sync::Mutex publish_mutex_;  // keeps news in order
  sync::Published<RunNews> news_;
};

// The run's end: by `result`, or, when it was stopped, as CANCELLED or INTERRUPTED.
void EndRun(RunJournal& journal, clock::Clock& clock, const absl::Status& result, bool stopped,
            const std::string& final_version);

// Steps of a run whose process died, as its events tell: what finished is applied, what was running
// is not.
void SettleSteps(const std::vector<RunEvent>& events, Run& run);

}  // namespace storefront::migrator
