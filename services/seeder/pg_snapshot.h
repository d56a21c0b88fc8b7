// A read-only snapshot of the database, for reads that belong together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/seeder/row_digest.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

// Thread-safety: none. The snapshot ends with the object.
class PgSnapshot {
 public:
  // UNAVAILABLE; `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<PgSnapshot>> Open(const pg::ConnectionOptions& options,
                                                          clock::Clock& clock,
                                                          const std::stop_token& stop);

  using Row = std::vector<std::string>;  // NULL is empty

  absl::StatusOr<std::vector<Row>> Query(const std::string& sql);
  // The same, row by row, nothing kept.
  absl::Status ForEach(const std::string& sql, const std::function<void(const PGresult*)>& row);
  // Of all rows of a table, and how many they are.
  absl::StatusOr<DigestSum> Digest(Table table, int64_t* rows);

 private:
  PgSnapshot(pg::PgConn session, clock::Clock& clock, std::stop_token stop)
      : session_(std::move(session)), clock_(clock), stop_(std::move(stop)) {}

  pg::PgConn session_;
  clock::Clock& clock_;
  std::stop_token stop_;
};

}  // namespace storefront::seeder
