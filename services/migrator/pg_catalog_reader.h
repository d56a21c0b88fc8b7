// The live catalog, over libpq.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/pg/connection.h"
#include "libs/sync/mutex.h"
#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

// One connection, made when it is first needed and made again after it was lost. Calls take turns.
class PgCatalogReader final : public CatalogReader {
 public:
  // `default_schema` comes first where a name has no schema.
  PgCatalogReader(pg::ConnectionOptions connection, std::string default_schema);

  absl::StatusOr<std::vector<std::optional<RelationFacts>>> Find(
      const std::vector<RelationName>& names) override;
  absl::StatusOr<std::vector<RelationName>> PublishedTables() override;

 private:
  const pg::ConnectionOptions connection_options_;
  const std::string default_schema_;
  sync::Mutex mutex_;
  pg::PgConn connection_ ABSL_GUARDED_BY(mutex_);

  // Runs `body` on the connection; once more on a new one when the old one had died meanwhile.
  template <typename Body>
  auto WithConnection(Body body) -> decltype(body(nullptr)) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
};

}  // namespace storefront::migrator
