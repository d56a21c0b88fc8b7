// What changes the history besides migrating: baseline, repair, undo, clean, and freeing its lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/migrator/baseline_plan.h"
#include "services/migrator/history_command.h"
#include "services/migrator/run_executor.h"
#include "services/migrator/run_registry.h"

namespace storefront::migrator {

struct HistoryCommandOptions {
  BaselineMark baseline;  // for what a request leaves empty
  bool clean_enabled = false;
  absl::Duration lock_wait = absl::Seconds(60);
  ExecutorLimits limits;
};

struct BaselineChoice {
  std::string version;      // empty: that of the options
  std::string description;  // the same
  bool validate_only = false;
  RunOrigin origin = {};  // of each choice: what makes a repeated request the same one
};

struct RepairChoice {
  bool drop_invalid_indexes = false;
  bool validate_only = false;
  RunOrigin origin = {};
};

struct UndoChoice {
  std::string target;        // as UndoTarget has it
  std::string confirmation;  // the database's name
  bool validate_only = false;
  RunOrigin origin = {};
};

struct CleanChoice {
  std::string confirmation;
  bool validate_only = false;
  RunOrigin origin = {};
};

// How a command begins.
struct CommandStart {
  bool validate_only = false;
  std::optional<std::string> confirmation = {};  // set where one is asked for
  std::string target = {};                       // of the request
  RunOrigin origin = {};
};

struct ForceUnlockChoice {
  int pid = 0;
  absl::Time backend_start;
  std::string confirmation;
};

// Each of the first four starts a run on a thread of its own and returns it as it was created. What
// forbids it is an error; when somebody else holds the lock, part of that is found by the run
// later. With validate_only nothing starts: the answer has no id, its steps are those of a run now.
// A repeat finds nothing to do and succeeds without steps; a request that started a run before gets
// that run, as it stands now, also after a restart.
//
// Thread-safety: all methods. Lifetime: the references outlive it.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE; ABORTED RUN_ACTIVE; INVALID_ARGUMENT
// CONFIRMATION_MISMATCH where a confirmation is asked for; those of the plans.
class HistoryCommands {
 public:
  HistoryCommands(ExecutorParts parts, RunRegistry& runs, HistoryCommandOptions options);

  absl::StatusOr<Run> Baseline(const BaselineChoice& choice);
  absl::StatusOr<Run> Repair(const RepairChoice& choice);
  absl::StatusOr<Run> Undo(const UndoChoice& choice);
  // FAILED_PRECONDITION CLEAN_DISABLED unless the options allow it.
  absl::StatusOr<Run> Clean(const CleanChoice& choice);

  // The session that was ended. FAILED_PRECONDITION LOCK_NOT_HELD when it is not the lock's holder.
  absl::StatusOr<LockHolder> ForceUnlock(const ForceUnlockChoice& choice);

 private:
  absl::StatusOr<Run> Start(std::unique_ptr<HistoryCommand> command, CommandStart start);

  ExecutorParts parts_;
  RunRegistry& runs_;
  const HistoryCommandOptions options_;
};

}  // namespace storefront::migrator
