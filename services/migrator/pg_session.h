// A session that stays: made when it is first needed, made again after it was lost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "libs/pg/connection.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"
#include "services/migrator/pg_statements.h"

namespace storefront::migrator {

// Thread-safety: all methods; calls take turns.
class PgSession {
 public:
  // `prepare` is run on each new connection; its failure is that of the call which wanted it.
  using Prepare = std::function<absl::Status(PGconn*)>;
  explicit PgSession(
      pg::ConnectionOptions options, Prepare prepare = [](PGconn*) { return absl::OkStatus(); })
      : options_(std::move(options)), prepare_(std::move(prepare)) {}

  // Runs `body`, which gives a Status or StatusOr; once more on a new connection when the old one
  // had died meanwhile. UNAVAILABLE BACKEND_UNAVAILABLE when there is no connection to be had.
  template <typename Body>
  std::invoke_result_t<Body, PgStatements&> With(Body body) {
    sync::MutexLock lock(mutex_);
    const bool had_one = connection_ != nullptr;
    for (bool again = had_one;; again = false) {
      if (connection_ == nullptr) RETURN_IF_ERROR(Connect());
      auto result = body(*statements_);
      const bool lost = PQstatus(connection_.get()) != CONNECTION_OK;
      if (lost) connection_ = nullptr;
      if (result.ok() || !lost || !again) return result;
    }
  }

 private:
  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ASSIGN_OR_RETURN(pg::PgConn made, pg::ConnectLibpq(options_));
    RETURN_IF_ERROR(prepare_(made.get()));
    connection_ = std::move(made);
    statements_.emplace(connection_.get());
    return absl::OkStatus();
  }

  const pg::ConnectionOptions options_;
  const Prepare prepare_;
  sync::Mutex mutex_;
  pg::PgConn connection_ ABSL_GUARDED_BY(mutex_);
  std::optional<PgStatements> statements_ ABSL_GUARDED_BY(mutex_);  // of the connection
};

}  // namespace storefront::migrator
