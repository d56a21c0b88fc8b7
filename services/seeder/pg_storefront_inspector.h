// StorefrontInspector on Postgres; each call has a session of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/seeder/storefront_inspector.h"

namespace storefront::seeder {

class PgStorefrontInspector final : public StorefrontInspector {
 public:
  // `clock` must outlive it.
  PgStorefrontInspector(pg::ConnectionOptions options, clock::Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  absl::StatusOr<std::map<int16_t, LiveEntities>> ReadShards(const std::vector<int16_t>& shards,
                                                             const std::stop_token& stop) override;
  absl::StatusOr<std::vector<TableStats>> ReadStats(bool digest,
                                                    const std::stop_token& stop) override;
  absl::StatusOr<std::vector<ConditionResult>> Check(const std::vector<std::string>& conditions,
                                                     const std::stop_token& stop) override;

 private:
  const pg::ConnectionOptions options_;
  clock::Clock& clock_;
};

}  // namespace storefront::seeder
