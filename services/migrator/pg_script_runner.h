// Runs scripts and writes their rows on the worker's connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pq_script_session.h"

namespace storefront::migrator {

struct PgScriptRunnerOptions {
  PgHistoryOptions history;
  int64_t lock_key = 0;
  std::string search_path;   // that every script begins with
  std::string installed_by;  // of every row
};

// Thread-safety: none. Lifetime: connection and clock outlive it.
// Errors are those of MigrationConnection's methods with the same names.
class PgScriptRunner {
 public:
  PgScriptRunner(PGconn* connection, PgScriptRunnerOptions options, clock::Clock& clock);

  absl::StatusOr<std::vector<AppliedScript>> RunTransaction(const std::vector<ScriptUnit>& units,
                                                            bool durable, ScriptObserver& observer,
                                                            const std::stop_token& stop);
  absl::StatusOr<AppliedScript> RunOutsideTransaction(const std::vector<ScriptUnit>& units,
                                                      ScriptObserver& observer,
                                                      const std::stop_token& stop);
  // `first` are statements of ours that come before the units: what CreateHistory would do.
  absl::Status TryOut(const std::vector<ScriptUnit>& units, absl::Duration lock_timeout,
                      const std::vector<std::string>& first, ScriptObserver& observer,
                      const std::stop_token& stop);

  // The statement that writes a row, with the rank and the time that it got as its answer. `time`
  // is SQL. It fails when this session does not hold the history lock.
  ScriptItem InsertRow(const HistoryRow& row, bool success, const std::string& time) const;

 private:
  absl::StatusOr<std::vector<AppliedScript>> TryTransaction(const std::vector<ScriptUnit>& units,
                                                            bool durable, ScriptObserver& observer,
                                                            const std::stop_token& stop);
  // From the second transaction on the session keeps the statement that writes a row.
  bool KeepInsert(PqScriptSession& session);

  enum class Place { kInScript, kAtCommit };

  std::vector<ScriptItem> Preamble() const;
  void AddRow(const HistoryRow& row, const std::string& time, bool more_follow,
              std::vector<ScriptItem>& items) const;
  // Sends what waits in `items`, then the unit's statements; what can wait for more stays in
  // `items`. False when something failed.
  bool SendStatements(PqScriptSession& session, const PreparedScript& script, size_t unit,
                      std::vector<ScriptItem>& items, const std::stop_token& stop);
  bool RunOneByOne(PqScriptSession& session, const PreparedScript& script, size_t unit,
                   const std::stop_token& stop);
  bool TryStatements(PqScriptSession& session, const PreparedScript& script, size_t unit,
                     ScriptObserver& observer, const std::stop_token& stop);
  bool ReportLocks(PqScriptSession& session, size_t statement, ScriptObserver& observer) const;
  absl::Status FailureStatus(PqScriptSession& session, Place place, const std::stop_token& stop);

  PGconn* const connection_;
  const PgScriptRunnerOptions options_;
  clock::Clock& clock_;
  const std::string table_;
  int transactions_ = 0;
  bool insert_is_kept_ = false;
  bool kept_insert_is_gone_ = false;  // a script's DEALLOCATE took it
  // What others see while scripts are tried out: names by oid, as they were before.
  std::map<std::string, std::string> known_relations_;
};

}  // namespace storefront::migrator
