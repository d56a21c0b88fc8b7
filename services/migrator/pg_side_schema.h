// The schema storefront_migrator and our session on it, shared by the adapters that use its tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/connection.h"
#include "libs/sync/mutex.h"
#include "services/migrator/pg_statements.h"

namespace storefront::migrator {

// One session, made when it is first needed and made again after it was lost. For as long as it
// lives it holds an advisory lock that stands for its process (PgOwnerLives). Its commits do not
// wait for the disk: a crash of the server may take back the last moments of what is told about
// runs, never of the runs themselves.
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
  auto With(Body body) -> std::invoke_result_t<Body, PgStatements&> {
    sync::MutexLock lock(mutex_);
    const bool had_one = connection_ != nullptr;
    for (bool again = had_one;; again = false) {
      if (connection_ == nullptr) {
        if (absl::Status connected = Connect(); !connected.ok()) return connected;
      }
      auto result = body(*statements_);
      const bool lost = PQstatus(connection_.get()) != CONNECTION_OK;
      if (lost) connection_ = nullptr;
      if (!IsOk(result) && lost && again) continue;
      if (!IsOk(result)) return SideError(StatusOf(result));
      return result;
    }
  }

  // Makes schema and tables if they are missing. The first to come makes them, others wait for it.
  absl::Status Open();

 private:
  static bool IsOk(const absl::Status& status) { return status.ok(); }
  static absl::Status StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static bool IsOk(const absl::StatusOr<T>& result) {
    return result.ok();
  }
  template <typename T>
  static absl::Status StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }
  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static absl::Status SideError(const absl::Status& status);

  const pg::ConnectionOptions options_;
  const int32_t owner_;
  sync::Mutex mutex_;
  pg::PgConn connection_ ABSL_GUARDED_BY(mutex_);
  std::optional<PgStatements> statements_ ABSL_GUARDED_BY(mutex_);  // of the connection
};

// Condition that the process behind the column `owner` lives: it is ours, or its session holds its
// lock.
std::string PgOwnerLives(const std::string& owner_column, int32_t ours);

// True for the error of a table or schema that does not exist: nothing was ever written.
bool IsSideTableMissing(const absl::Status& status);

}  // namespace storefront::migrator
