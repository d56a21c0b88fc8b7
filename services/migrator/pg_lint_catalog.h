// Lint's picture of the live database, from the system catalogs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "libs/pg/connection.h"
#include "services/migrator/lint_catalog.h"
#include "services/migrator/pg_session.h"

namespace storefront::migrator {

class PgLintCatalogReader final : public LintCatalogReader {
 public:
  // `default_schema` is the first one of a script's search path.
  PgLintCatalogReader(pg::ConnectionOptions connection, std::string default_schema);

  absl::StatusOr<LintCatalog> Read(const LintCatalogRequest& request) override;

 private:
  const std::string default_schema_;
  PgSession session_;
};

}  // namespace storefront::migrator
