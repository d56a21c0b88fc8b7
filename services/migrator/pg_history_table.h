// SQL of the history table and of its lock, shared by the two adapters that use them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/pg/connection.h"
#include "services/migrator/history_row.h"
#include "services/migrator/migration_connection.h"

namespace storefront::migrator {

struct PgHistoryOptions {
  std::vector<std::string> schemas = {"public"};  // the managed ones; the default is among them
  std::string default_schema = "public";
  std::string table = "flyway_schema_history";
};

// Runs one statement and waits. Nothing as a parameter is NULL.
absl::StatusOr<pg::PgResult> PgExecute(
    PGconn* connection, absl::string_view what, const std::string& sql,
    const std::vector<std::optional<std::string>>& parameters = {});

// How a statement is carried out: PgExecute, or a session's PgStatements.
using PgRunner =
    absl::FunctionRef<absl::StatusOr<pg::PgResult>(absl::string_view what, const std::string& sql)>;
absl::StatusOr<History> PgReadHistory(PgRunner run, const PgHistoryOptions& options);
absl::StatusOr<std::optional<LockHolder>> PgFindLockHolder(PgRunner run, int64_t lock_key);

// The same as part of a larger statement: a query of one row or none, and what its columns say from
// `column` on.
std::string PgLockHolderQuery(int64_t lock_key);
std::optional<LockHolder> PgLockHolderOf(const PGresult* result, int column);

// Condition that row `l` of pg_locks is a session that holds the lock.
std::string PgLockCondition(int64_t lock_key);

// Expressions on the lock of this session, which it holds twice: pg_advisory_unlock is true only
// for a holder, so giving one of two back and taking it again tells in a microsecond whether it
// still is one, and lets nobody in meanwhile. To ask pg_locks costs more than to write a row: it
// copies all locks of the server.
std::string PgTakeLock(int64_t lock_key);      // true when it was free
std::string PgGiveLockBack(int64_t lock_key);  // two columns
std::string PgHoldsLock(int64_t lock_key);

// A text[] literal.
std::string PgArray(const std::vector<std::string>& items);

// DATABASE_PERMISSION becomes HISTORY_DENIED that names the table.
absl::Status PgHistoryError(const absl::Status& status, const PgHistoryOptions& options);

}  // namespace storefront::migrator
