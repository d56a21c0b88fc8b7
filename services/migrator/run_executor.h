// Carries a migrate run out: lock, plan, one transaction after the other, recovery, end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/migrator/lock_keeper.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/plan_findings.h"
#include "services/migrator/run.h"
#include "services/migrator/run_units.h"
#include "services/migrator/schema_history.h"
#include "services/migrator/script_catalog.h"
#include "services/migrator/script_journal.h"
#include "services/migrator/script_judge.h"
#include "services/migrator/settled_memory.h"

namespace storefront::migrator {

struct ExecutorLimits {
  int lock_retries = 5;  // of a script after a lock timeout, a deadlock or a serialization failure
  int reconnects = 3;    // of a script that lost its session
  absl::Duration connect_wait = absl::Seconds(60);  // for the server to come back
};

struct ExecutorParts {
  MigrationDatabase& database;
  ScriptCatalog& catalog;
  SchemaHistory& onlooker;  // for blockers and progress; its failures never fail a run
  clock::Clock& clock;
  ScriptJudge* judge = nullptr;  // none: no script is judged
};

// Prepare first, then Execute, once each; they may be called by different threads.
//
// A commit whose outcome is unknown is settled by the history: connect again, take the lock again
// (this outwaits the old session), read the rows. What has its row is applied, all else runs (M5).
// Scripts that a crash of the server took back, row and all, are applied again (M2, M3). Callbacks
// outside of migrations leave no row: a session lost in one ends the run.
class MigrateExecutor {
 public:
  MigrateExecutor(ExecutorParts parts, ExecutorLimits limits, MigrateOptions options);

  // Connects and reads the files; with the lock free, takes it and plans. Everything that forbids
  // the run is an error here, or, when the lock was not free, of the run later: what PlanMigrate
  // and CheckSchemasEmpty refuse, LINT_FAILED by lint_policy, PLAN_CHANGED (ABORTED) when the plan
  // is not the one that `plan_hash` names.
  absl::Status Prepare();

  // Whether files and history agree while nobody holds the lock, so that the run is at its end
  // before it began: then there is a plan without steps, and EndSettled instead of Execute. Looks
  // without a session of its own and without the lock; whatever stands against it is left to
  // Prepare. Before it. What `memory` has seen already is not made again.
  bool FindSettled(SettledMemory& memory);
  void EndSettled(RunJournal& journal);

  // Plans without taking the lock, for a call that starts nothing. Instead of Prepare.
  absl::Status PlanOnly();

  // Nothing before the lock was taken.
  const std::optional<MigratePlan>& plan() const { return plan_; }
  const PlanFindings& findings() const { return findings_; }

  // Until the end. The journal gets the final state; `stop` cancels what is under way.
  void Execute(RunJournal& journal, const std::stop_token& stop);

 private:
  absl::Status Plan();
  absl::StatusOr<MigratePlan> MakePlan(const ServerFacts& facts, bool needs_baseline);
  absl::Status Accept(const ServerFacts& facts);
  absl::Status CheckHash();
  absl::Status Judge();
  // Lock, plan and history table, however often the session is lost meanwhile (within limits).
  absl::Status Settle(RunJournal& journal, const std::stop_token& stop);
  absl::Status ApplyAll(RunJournal& journal, const std::stop_token& stop);
  absl::Status WriteBaseline(RunJournal& journal, const std::stop_token& stop);
  absl::Status ApplyScripts(RunJournal& journal, const std::stop_token& stop);
  // Scripts [begin, end) of the plan: one transaction, or one script outside of any.
  absl::Status ApplyBatch(size_t begin, size_t end, RunJournal& journal,
                          const std::stop_token& stop);
  absl::Status TryBatch(const UnitList& list, size_t begin, size_t end, ScriptJournal& observer,
                        RunJournal& journal, const std::stop_token& stop);
  void ShowApplied(const UnitList& list, const std::vector<AppliedScript>& applied,
                   RunJournal& journal);
  absl::Status ShowFailed(const absl::Status& failed, size_t begin, size_t end,
                          std::optional<size_t> culprit, const ScriptJournal& observer,
                          RunJournal& journal);
  absl::Status RunCallbacksOf(CallbackEvent event, RunJournal& journal,
                              const std::stop_token& stop);
  // After a failure: what these callbacks do never hides its cause.
  void RunAfterError(CallbackEvent event, RunJournal& journal, const std::stop_token& stop);
  absl::Status Recover(const std::string& path, const absl::Status& lost, RunJournal& journal,
                       const std::stop_token& stop);
  void ShowSteps(RunJournal& journal);
  void ShowFindings(RunJournal& journal);
  void Finish(const absl::Status& result, RunJournal& journal, const std::stop_token& stop);
  size_t StepOf(size_t script) const { return first_step_ + (plan_->baseline ? 1 : 0) + script; }
  ScriptJournal::Parts JournalParts(RunJournal& journal);

  ExecutorParts parts_;
  const ExecutorLimits limits_;
  const MigrateOptions options_;
  LockKeeper keeper_;
  std::optional<ScriptSet> set_;
  History history_;  // as the plan was made from, and the rows written since
  std::optional<MigratePlan> plan_;
  PlanFindings findings_;
  bool was_accepted_ =
      false;  // the first plan, by hash and lint; later ones are what is left of it
  std::map<std::string, std::shared_ptr<const PreparedScript>> prepared_;  // by path
  size_t first_step_ = 0;                  // of the plan among the run's steps
  std::map<std::string, int> reconnects_;  // by path
  bool has_loose_commits_ = false;         // that a crash of the server could take back
  bool is_past_versions_ = false;          // afterVersioned has run
  int applied_count_ = 0;
};

}  // namespace storefront::migrator
