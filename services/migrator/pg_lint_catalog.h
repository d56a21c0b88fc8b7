// Lint's picture of the live database, from the system catalogs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "services/migrator/lint_catalog.h"
#include "services/migrator/pg_session.h"

namespace storefront::migrator {

// Lifetime: the session outlives it; its search path is the role's.
class PgLintCatalogReader final : public LintCatalogReader {
 public:
  // `default_schema` is the first one of a script's search path.
  PgLintCatalogReader(PgSession& session, std::string default_schema)
      : default_schema_(std::move(default_schema)), session_(session) {}

  absl::StatusOr<LintCatalog> Read(const LintCatalogRequest& request) override;

 private:
  const std::string default_schema_;
  PgSession& session_;
};

}  // namespace storefront::migrator
