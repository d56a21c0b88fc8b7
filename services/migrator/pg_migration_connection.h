// Migrations on a real Postgres, over libpq.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {

struct PgMigrationOptions {
  pg::ConnectionOptions connection;
  PgHistoryOptions history;
  bool create_schemas = true;
  std::string installed_by;  // empty: the session's user
  absl::Duration lock_timeout = absl::Seconds(5);
  absl::Duration statement_timeout = absl::ZeroDuration();  // none
};

class PgMigrationDatabase final : public MigrationDatabase {
 public:
  PgMigrationDatabase(PgMigrationOptions options, clock::Clock& clock);
  absl::StatusOr<std::unique_ptr<MigrationConnection>> Open() override;

 private:
  const PgMigrationOptions options_;
  clock::Clock& clock_;
};

}  // namespace storefront::migrator
