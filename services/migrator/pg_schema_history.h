// The onlooker's session on the history.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_session.h"
#include "services/migrator/schema_history.h"

namespace storefront::migrator {

// Lifetime: the session outlives it.
class PgSchemaHistory final : public SchemaHistory {
 public:
  PgSchemaHistory(PgSession& session, PgHistoryOptions options);

  absl::StatusOr<HistoryView> Read() override;
  absl::StatusOr<std::vector<std::string>> InvalidIndexes() override;
  absl::StatusOr<std::vector<Blocker>> FindBlockers(int pid) override;
  absl::StatusOr<ServerFacts> Facts() override;
  absl::StatusOr<LockHolder> EndLockHolder(int pid, absl::Time backend_start) override;
  absl::StatusOr<std::optional<StatementProgress>> FindProgress(int pid) override;

 private:
  // All of the view but the history.
  absl::StatusOr<HistoryView> ReadServer(PgStatements& statements) const;

  const PgHistoryOptions options_;
  const int64_t lock_key_;
  PgSession& session_;
};

}  // namespace storefront::migrator
