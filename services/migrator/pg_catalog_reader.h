// The live catalog, over libpq.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/pg/connection.h"
#include "services/migrator/catalog_reader.h"
#include "services/migrator/pg_session.h"

namespace storefront::migrator {

// One connection, made when it is first needed and made again after it was lost. Calls take turns.
class PgCatalogReader final : public CatalogReader {
 public:
  // `default_schema` comes first where a name has no schema.
  PgCatalogReader(pg::ConnectionOptions connection, const std::string& default_schema);

  absl::StatusOr<std::vector<std::optional<RelationFacts>>> Find(
      const std::vector<RelationName>& names) override;
  absl::StatusOr<std::vector<RelationName>> PublishedTables() override;

 private:
  PgSession session_;
};

}  // namespace storefront::migrator
