// Carries a migrate run out: lock, plan, one script after the other, recovery, end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/migrator/lock_keeper.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/run.h"
#include "services/migrator/schema_history.h"
#include "services/migrator/script_catalog.h"

namespace storefront::migrator {

struct ExecutorLimits {
  int lock_retries = 5;  // of a script after a lock timeout, a deadlock or a serialization failure
  int reconnects = 3;    // of a script that lost its session
  absl::Duration connect_wait = absl::Seconds(60);  // for the server to come back
};

struct ExecutorParts {
  MigrationDatabase& database;
  ScriptCatalog& catalog;
  SchemaHistory& onlooker;  // for blockers; its failures never fail a run
  clock::Clock& clock;
};

// Prepare first, then Execute, once each; they may be called by different threads.
//
// A commit whose outcome is unknown is settled by the history: connect again, take the lock again
// (this outwaits the old session), read the rows. What has its row is applied, all else runs (M5).
// Scripts that a crash of the server took back, row and all, are applied again (M2, M3).
class MigrateExecutor {
 public:
  MigrateExecutor(ExecutorParts parts, ExecutorLimits limits, MigrateOptions options);

  // Connects and reads the files; with the lock free, takes it and plans. Everything that forbids
  // the run is an error here, or, when the lock was not free, of the run later.
  absl::Status Prepare();

  // Plans without taking the lock, for a call that starts nothing. Instead of Prepare.
  absl::Status PlanOnly();

  // Nothing before the lock was taken.
  const std::optional<MigratePlan>& plan() const { return plan_; }

  // Until the end. The journal gets the final state; `stop` cancels what is under way.
  void Execute(RunJournal& journal, const std::stop_token& stop);

 private:
  absl::Status Plan();
  // Lock, plan and history table, however often the session is lost meanwhile (within limits).
  absl::Status Settle(RunJournal& journal, const std::stop_token& stop);
  absl::Status ApplyAll(RunJournal& journal, const std::stop_token& stop);
  absl::Status ApplyOne(size_t index, RunJournal& journal, const std::stop_token& stop);
  absl::Status Recover(size_t index, const absl::Status& lost, RunJournal& journal,
                       const std::stop_token& stop);
  void ShowSteps(RunJournal& journal);
  void Finish(const absl::Status& result, RunJournal& journal, const std::stop_token& stop);

  ExecutorParts parts_;
  const ExecutorLimits limits_;
  const MigrateOptions options_;
  LockKeeper keeper_;
  std::optional<ScriptSet> set_;
  History history_;  // as the plan was made from
  std::optional<MigratePlan> plan_;
  std::map<std::string, std::shared_ptr<const PreparedScript>> prepared_;  // by path
  size_t first_step_ = 0;                  // of the plan among the run's steps
  std::map<std::string, int> reconnects_;  // by path
  bool has_loose_commits_ = false;         // that a crash of the server could take back
};

}  // namespace storefront::migrator
