// Baseline, repair and clean on the worker's connection: each one transaction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/clean_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pq_script_session.h"
#include "services/migrator/repair_plan.h"

namespace storefront::migrator {

struct PgHistoryCommandOptions {
  PgHistoryOptions history;
  int64_t lock_key = 0;
  std::string installed_by;  // of every row
};

// Thread-safety: none. Lifetime: the connection outlives it.
// Errors are those of MigrationConnection's methods with the same names.
class PgHistoryCommands {
 public:
  PgHistoryCommands(PGconn* connection, PgHistoryCommandOptions options);

  // `creation` are the statements that make schemas and table as far as they are missing.
  absl::Status WriteBaseline(const std::vector<std::string>& creation, const HistoryRow& row,
                             ScriptObserver& observer, const std::stop_token& stop);
  absl::StatusOr<std::vector<InvalidIndex>> FindInvalidIndexes();
  absl::Status Repair(const RepairPlan& plan, ScriptObserver& observer,
                      const std::stop_token& stop);
  absl::StatusOr<SchemaContents> ReadContents();
  absl::Status Clean(const CleanPlan& plan, ScriptObserver& observer, const std::stop_token& stop);

 private:
  // Begins, runs the items, asks `check`, sees that the lock is still held, and commits.
  absl::Status Transact(absl::string_view what, const std::vector<ScriptItem>& items,
                        ScriptObserver& observer, const std::stop_token& stop,
                        const std::function<absl::Status()>& check = {});
  ScriptItem InsertRow(const HistoryRow& row) const;
  // Fails when this session does not hold the history lock any more.
  ScriptItem CheckLock() const;
  absl::StatusOr<std::vector<std::string>> FindOutside();

  PGconn* const connection_;
  const PgHistoryCommandOptions options_;
  const std::string table_;
};

}  // namespace storefront::migrator
