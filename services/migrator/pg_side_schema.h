// The schema storefront_migrator and our session on it, shared by the adapters that use its tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/connection.h"
#include "services/migrator/pg_session.h"

namespace storefront::migrator {

// True for the error of a table or schema that does not exist: nothing was ever written.
bool IsSideTableMissing(const absl::Status& status);

// For as long as the session lives it holds an advisory lock that stands for its process
// (PgOwnerLives). Its commits do not wait for the disk: a crash of the server may take back the
// last moments of what is told about runs, never of the runs themselves.
//
// Thread-safety: all methods; calls take turns.
class PgSideSession {
 public:
  // `owner` is a random number above 0 that no other process has.
  PgSideSession(pg::ConnectionOptions connection, int32_t owner);

  int32_t owner() const { return owner_; }

  // Runs `body` on the session; once more on a new one when the old one had died meanwhile. Errors
  // of missing rights become SIDE_SCHEMA_DENIED, those of a standby READ_ONLY_SERVER.
  template <typename Body>
  std::invoke_result_t<Body, PgStatements&> With(Body body) {
    auto result = session_.With(std::move(body));
    if (!result.ok()) return SideError(StatusOf(result));
    return result;
  }

  // With, for what writes: makes schema and tables first if they are missing. The first to come
  // makes them, others wait for it. The server is asked the first time, and once more when `body`
  // misses a table that somebody has taken away since.
  template <typename Body>
  std::invoke_result_t<Body, PgStatements&> WithTables(Body body) {
    RETURN_IF_ERROR(Open());
    auto result = With(body);
    if (!IsSideTableMissing(StatusOf(result))) return result;
    is_open_ = false;
    RETURN_IF_ERROR(Open());
    return With(body);
  }

 private:
  absl::Status Open();
  static absl::Status StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static absl::Status StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }
  static absl::Status SideError(const absl::Status& status);

  const int32_t owner_;
  std::atomic<bool> is_open_ = false;  // the tables were seen
  PgSession session_;
};

// Condition that the process behind the column `owner` lives: it is ours, or its session holds its
// lock.
std::string PgOwnerLives(const std::string& owner_column, int32_t ours);

}  // namespace storefront::migrator
