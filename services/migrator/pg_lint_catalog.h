// Lint's picture of the live database, from the system catalogs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "libs/pg/connection.h"
#include "libs/sync/mutex.h"
#include "services/migrator/lint_catalog.h"

namespace storefront::migrator {

// One connection, made when it is first needed and made again after it was lost. Calls take turns.
class PgLintCatalogReader final : public LintCatalogReader {
 public:
  // `default_schema` is the first one of a script's search path.
  PgLintCatalogReader(pg::ConnectionOptions connection, std::string default_schema);

  absl::StatusOr<LintCatalog> Read(const LintCatalogRequest& request) override;

 private:
  const pg::ConnectionOptions connection_options_;
  const std::string default_schema_;
  sync::Mutex mutex_;
  pg::PgConn connection_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
