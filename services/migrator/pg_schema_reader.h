// The catalog of a real Postgres as definitions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/pg/connection.h"
#include "services/migrator/schema_reader.h"

namespace storefront::migrator {

// A session for each reading: readings are rare, and an idle session costs the server more.
class PgSchemaReader final : public SchemaReader {
 public:
  PgSchemaReader(pg::ConnectionOptions connection, std::vector<std::string> schemas);

  absl::StatusOr<Catalog> ReadObjects() override;

 private:
  const pg::ConnectionOptions options_;
  const std::vector<std::string> schemas_;
};

}  // namespace storefront::migrator
