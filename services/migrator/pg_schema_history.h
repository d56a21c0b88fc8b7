// The onlooker's session on the history.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>

#include "libs/pg/connection.h"
#include "libs/sync/mutex.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_statements.h"
#include "services/migrator/schema_history.h"

namespace storefront::migrator {

// One connection, made when it is first needed and made again after it was lost. Calls take turns.
class PgSchemaHistory final : public SchemaHistory {
 public:
  PgSchemaHistory(pg::ConnectionOptions connection, PgHistoryOptions options);

  absl::StatusOr<HistoryView> Read() override;
  absl::StatusOr<std::vector<std::string>> InvalidIndexes() override;
  absl::StatusOr<std::vector<Blocker>> FindBlockers(int pid) override;
  absl::StatusOr<ServerFacts> Facts() override;
  absl::StatusOr<LockHolder> EndLockHolder(int pid, absl::Time backend_start) override;
  absl::StatusOr<std::optional<StatementProgress>> FindProgress(int pid) override;

 private:
  const pg::ConnectionOptions connection_options_;
  const PgHistoryOptions options_;
  const int64_t lock_key_;
  sync::Mutex mutex_;
  pg::PgConn connection_ ABSL_GUARDED_BY(mutex_);
  std::optional<PgStatements> statements_ ABSL_GUARDED_BY(mutex_);  // of the connection

  // All of the view but history and lock.
  absl::StatusOr<HistoryView> ReadServer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Runs `body` on the connection; once more on a new one when the old one had died meanwhile.
  template <typename Body>
  std::invoke_result_t<Body, PGconn*> WithConnection(Body body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
};

}  // namespace storefront::migrator
