// The one session that takes the history lock, runs scripts and writes their rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/migrator/clean_plan.h"
#include "services/migrator/history_row.h"
#include "services/migrator/lock_holder.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/repair_plan.h"

namespace storefront::migrator {

struct ServerFacts {
  std::string database;
  std::string user;  // current_user of the session
  bool operator==(const ServerFacts&) const = default;
};

// A table that a session has locked.
struct HeldLock {
  std::string relation;  // "public.orders"
  std::string mode;      // "ACCESS EXCLUSIVE"
  auto operator<=>(const HeldLock&) const = default;
};

// A part of a transaction: the statements of a script, then a row. Either may be missing: a
// callback has no row, a migration that is only recorded has no script.
struct ScriptUnit {
  const PreparedScript* script = nullptr;
  // Needs version, description, type, script, checksum and rank. Its time is that since the row
  // before it in the transaction, or since its beginning; 0 when nothing ran for it.
  std::optional<HistoryRow> row = {};
};

// What happens while scripts run; called on the thread that runs them.
class ScriptObserver {
 public:
  virtual ~ScriptObserver() = default;
  // The statements and notices that follow belong to this unit, from 0; also when it has none.
  virtual void OnUnitStarted(size_t /*unit*/) {}
  // Of a script that is tried out, after each statement: all tables locked by now that others can
  // see, in order.
  virtual void OnLocksHeld(size_t /*statement*/, const std::vector<HeldLock>& /*locks*/) {}
  virtual void OnStatementStarted(size_t statement) = 0;  // from 0
  virtual void OnStatementFinished(size_t statement, int64_t rows) = 0;
  virtual void OnNotice(absl::string_view severity, absl::string_view message) = 0;
  // About four times a second while a statement is under way.
  virtual void OnTick() = 0;
};

struct AppliedScript {
  int installed_rank = 0;
  absl::Duration execution_time;
};

// Thread-safety: none; one thread at a time.
// Lifetime: destruction ends the session and gives the lock back.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE when the session is lost;
// FAILED_PRECONDITION HISTORY_DENIED when the role may not use the table, READ_ONLY_SERVER on a
// standby.
class MigrationConnection {
 public:
  virtual ~MigrationConnection() = default;

  virtual const ServerFacts& facts() const = 0;
  virtual int backend_pid() const = 0;

  // Takes the history lock if it is free; never waits. True again when this session has it already.
  virtual absl::StatusOr<bool> TryLock() = 0;
  virtual absl::StatusOr<std::optional<LockHolder>> FindLockHolder() = 0;
  virtual absl::Status Unlock() = 0;

  // The table's rows; `exists` false when there is no table.
  virtual absl::StatusOr<History> ReadHistory() = 0;

  // OK when no managed schema has content; FAILED_PRECONDITION NON_EMPTY_SCHEMA names some of it.
  virtual absl::Status CheckSchemasEmpty() = 0;
  // Creates managed schemas that are missing (unless switched off) and the history table, with a
  // row that names the schemas it created when it is the first. Repeat: changes nothing.
  virtual absl::Status CreateHistory() = 0;

  // The managed schemas that CreateHistory would create, in order.
  virtual absl::StatusOr<std::vector<std::string>> SchemasToCreate() = 0;

  // Runs all units in one transaction: all or nothing. The answer has an entry for each row, in
  // order. With `durable` false the commit may be lost by a crash of the server, whole, until a
  // later durable one.
  //   SCRIPT_FAILED (FAILED_PRECONDITION)  a statement failed and everything is rolled back;
  //     metadata `unit` (from 0), `sqlstate`, `statement` (from 0; empty when it was none of a
  //     script), `character` (in it, from 1; 0 unknown), `server_message`
  //   LOCK_LOST (ABORTED)                  the session no longer held the lock; rolled back
  //   CALL_CANCELLED (CANCELLED)           `stop` was requested; rolled back
  //   COMMIT_IN_DOUBT (UNKNOWN)            the session was lost and the commit may have happened
  virtual absl::StatusOr<std::vector<AppliedScript>> RunTransaction(
      const std::vector<ScriptUnit>& units, bool durable, ScriptObserver& observer,
      const std::stop_token& stop) = 0;

  // Runs the units one after the other, statement by statement: each that is transactional in a
  // transaction of its own, the others outside one. The row, if one of them has it, is committed
  // before the first, without success, and set to success after the last; whatever fails leaves it.
  // Errors as above, never COMMIT_IN_DOUBT.
  virtual absl::StatusOr<AppliedScript> RunOutsideTransaction(const std::vector<ScriptUnit>& units,
                                                              ScriptObserver& observer,
                                                              const std::stop_token& stop) = 0;

  // Runs all units in one transaction that is rolled back at the end, whatever happens; the history
  // table, if missing, is created and vanishes with it. Errors as those of RunTransaction.
  virtual absl::Status TryOut(const std::vector<ScriptUnit>& units, absl::Duration lock_timeout,
                              ScriptObserver& observer, const std::stop_token& stop) = 0;

  // One transactional script and its row.
  absl::StatusOr<AppliedScript> Apply(const PreparedScript& script, const HistoryRow& row,
                                      bool durable, ScriptObserver& observer,
                                      const std::stop_token& stop) {
    auto applied = RunTransaction({{.script = &script, .row = row}}, durable, observer, stop);
    if (!applied.ok()) return applied.status();
    return applied->front();
  }

  // One script outside a transaction, and its row.
  absl::StatusOr<AppliedScript> ApplyOutsideTransaction(const PreparedScript& script,
                                                        const HistoryRow& row,
                                                        ScriptObserver& observer,
                                                        const std::stop_token& stop) {
    return RunOutsideTransaction({{.script = &script, .row = row}}, observer, stop);
  }

  // After it, every commit of this session survives a crash of the server.
  virtual absl::Status MakeDurable() = 0;

  // Writes a baseline's row; schemas and history table, as far as they are missing, come with it in
  // the same transaction, so that a history without its baseline is never seen. Errors as those of
  // Apply, but for SCRIPT_FAILED; so have Repair and Clean.
  virtual absl::Status WriteBaseline(const HistoryRow& row, ScriptObserver& observer,
                                     const std::stop_token& stop) = 0;

  // Indexes of the managed schemas that are not valid and whose table nobody builds an index on.
  virtual absl::StatusOr<std::vector<InvalidIndex>> FindInvalidIndexes() = 0;

  // Carries the plan out in one transaction.
  virtual absl::Status Repair(const RepairPlan& plan, ScriptObserver& observer,
                              const std::stop_token& stop) = 0;

  // What clean would drop, and what hangs on it elsewhere.
  virtual absl::StatusOr<SchemaContents> ReadContents() = 0;

  // Carries the plan out in one transaction. ABORTED PLAN_CHANGED when something is left that the
  // plan does not know.
  virtual absl::Status Clean(const CleanPlan& plan, ScriptObserver& observer,
                             const std::stop_token& stop) = 0;
};

// Thread-safety: all methods.
class MigrationDatabase {
 public:
  virtual ~MigrationDatabase() = default;

  // Connects. FAILED_PRECONDITION POOLER_DETECTED when a pooler answers, READ_ONLY_SERVER on a
  // standby.
  virtual absl::StatusOr<std::unique_ptr<MigrationConnection>> Open() = 0;
};

}  // namespace storefront::migrator
