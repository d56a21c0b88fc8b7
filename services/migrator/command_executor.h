// Carries a history command out: session, lock, plan, transactions, recovery, end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/migrator/callbacks.h"
#include "services/migrator/history_command.h"
#include "services/migrator/lock_keeper.h"
#include "services/migrator/run.h"
#include "services/migrator/run_executor.h"

namespace storefront::migrator {

// INVALID_ARGUMENT CONFIRMATION_MISMATCH on `confirmation` unless it is the database's name.
absl::Status CheckConfirmation(const ServerFacts& facts, const std::string& confirmation);

// Prepare or PlanOnly first, then Execute, once each; they may be called by different threads.
//
// A transaction whose outcome is unknown is settled by the history (docs/adr/0007-lost-commit.md):
// connect again, take the lock again, which outwaits the old session, and let the command plan
// again. The command's callbacks run once each, around its transactions, also when it has nothing
// to do; a session lost in one ends the run, as nothing tells whether it took effect.
class CommandExecutor {
 public:
  CommandExecutor(ExecutorParts parts, ExecutorLimits limits, absl::Duration lock_wait,
                  std::unique_ptr<HistoryCommand> command);

  // Connects and checks the confirmation, if one is asked for; with the lock free, takes it and
  // plans. Everything that forbids the run is an error here, or, when the lock was not free, of the
  // run later.
  absl::Status Prepare(const std::optional<std::string>& confirmation);

  // Plans without taking the lock, for a call that starts nothing. Instead of Prepare.
  absl::Status PlanOnly();

  HistoryCommand& command() { return *command_; }
  // Highest applied version when it was planned; empty for none.
  std::string initial_version() const { return initial_version_.value_or(""); }

  // Until the end. The journal gets the final state; `stop` cancels what is under way.
  void Execute(RunJournal& journal, const std::stop_token& stop);

 private:
  absl::Status Plan();
  absl::Status PrepareCallbacks();
  absl::Status CallBack(CallbackEvent event, RunJournal& journal, const std::stop_token& stop);
  absl::StatusOr<std::string> CurrentVersion();
  absl::Status PerformAll(RunJournal& journal, const std::stop_token& stop);
  // Tells the journal which texts were applied since it was told last.
  void NoteApplied(RunJournal& journal);
  absl::Status PerformNext(RunJournal& journal, const std::stop_token& stop);
  absl::Status Settled(RunJournal& journal, const std::stop_token& stop);
  void ShowSteps(RunJournal& journal, const StepRange& current, std::optional<RunEvent> event);

  ExecutorParts parts_;
  const ExecutorLimits limits_;
  LockKeeper keeper_;
  const std::unique_ptr<HistoryCommand> command_;
  bool planned_ = false;  // under the lock that is held now
  std::optional<std::string> initial_version_;
  std::optional<Callbacks> callbacks_;  // nothing before they were read
  bool has_begun_ = false;              // the callbacks before have run
  bool callback_failed_ = false;
  int losses_ = 0;    // of sessions, since a transaction was done
  size_t noted_ = 0;  // steps whose texts the journal knows
};

}  // namespace storefront::migrator
