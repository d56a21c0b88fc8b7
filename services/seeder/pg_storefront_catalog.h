// StorefrontCatalog on Postgres.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/seeder/pg_link.h"
#include "services/seeder/storefront_catalog.h"

namespace storefront::seeder {

class PgStorefrontCatalog final : public StorefrontCatalog {
 public:
  explicit PgStorefrontCatalog(const pg::ConnectionOptions& options) : link_(options) {}

  absl::Status CheckSchema() override;
  absl::StatusOr<HighestIds> Highest() override;
  absl::Status Reserve(const HighestIds& ids) override;
  absl::StatusOr<std::map<Table, int64_t>> CountRows() override;
  absl::StatusOr<Micros> LatestBusinessTime() override;
  absl::StatusOr<int64_t> CountOrphans(const ForeignKey& key) override;
  absl::Status Analyze() override;

 private:
  PgLink link_;
};

}  // namespace storefront::seeder
