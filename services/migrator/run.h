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

enum class StepState { kPending, kRunning, kApplied, kFailed };

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
};

// What a watcher gets: the run, and the newest events.
struct RunView {
  Run run;
  std::vector<RunEvent> events;  // oldest first, at most kEventsShown
};

inline constexpr size_t kEventsShown = 100;

// Holds one run while it changes. One writer, any number of readers; a reader never slows the
// writer: views are made at most every 100 ms, except for changes of the run's state.
//
// Thread-safety: all methods.
class RunJournal {
 public:
  RunJournal(Run run, clock::Clock& clock, size_t event_limit);

  Run Snapshot() const;
  RunState state() const;
  // Events after this sequence, oldest first; those that no longer fit the buffer are gone.
  std::vector<RunEvent> EventsAfter(int64_t sequence) const;

  // Changes the run; `event`, if given, is recorded with the new sequence.
  void Update(const std::function<void(Run&)>& change, std::optional<RunEvent> event = {});

  // Records an event that changes nothing else.
  void Note(RunEvent event) {
    Update([](Run&) {}, std::move(event));
  }

  // RUNNING and waiting runs become CANCELLING. False when the run has ended.
  bool RequestCancel();

  // Publishes what was held back; to be called now and then while nothing changes.
  void Flush();

  // The present view at once, then newer ones.
  [[nodiscard]] sync::Subscription Watch(
      std::function<void(const std::shared_ptr<const RunView>&)> listener);

 private:
  std::shared_ptr<const RunView> MakeView() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishIfDue(bool at_once);

  clock::Clock& clock_;
  const size_t event_limit_;
  mutable sync::Mutex mutex_;
  Run run_ ABSL_GUARDED_BY(mutex_);
  std::deque<RunEvent> events_ ABSL_GUARDED_BY(mutex_);
  clock::SteadyTime published_at_ ABSL_GUARDED_BY(mutex_);
  int64_t published_sequence_ ABSL_GUARDED_BY(mutex_) = -1;
  sync::Mutex publish_mutex_;  // keeps views in order
  sync::Published<std::shared_ptr<const RunView>> view_;
};

// The run's end: by `result`, or, when it was stopped, as CANCELLED or INTERRUPTED.
void EndRun(RunJournal& journal, clock::Clock& clock, const absl::Status& result, bool stopped,
            const std::string& final_version);

}  // namespace storefront::migrator
