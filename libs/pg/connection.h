// How we connect: one place for timeouts, keepalives and names.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <pqxx/connection>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/config/secret.h"

namespace storefront::pg {

struct ConnectionOptions {
  // A libpq URI or key=value string, without password:
  // "postgresql://postgres@127.0.0.1:4444/storefront".
  std::string url;
  config::Secret password;
  std::string application_name;  // "storefront-migrator worker": seen in pg_stat_activity
  absl::Duration connect_timeout = absl::Seconds(5);
  // How long sent data may stay unacknowledged before the connection counts as lost.
  absl::Duration tcp_user_timeout = absl::Seconds(20);
  // Session settings, sent with the connect: {"lock_timeout", "5s"} becomes -c lock_timeout=5s.
  std::vector<std::pair<std::string, std::string>> session_settings = {};
};

// INVALID_ARGUMENT INVALID_SETTING when the url is not one that libpq understands. Empty is wrong.
absl::Status CheckUrl(const std::string& url);

// The database's name in the url; "" when it has none.
std::string DatabaseName(const std::string& url);

struct PgConnDeleter {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct PgResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgConn = std::unique_ptr<PGconn, PgConnDeleter>;
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

// A libpq connection, for COPY and pipelines. UNAVAILABLE when the server cannot be reached,
// FAILED_PRECONDITION DATABASE_PERMISSION when it refuses the login.
absl::StatusOr<PgConn> ConnectLibpq(const ConnectionOptions& options);

// A libpqxx connection; the same errors.
absl::StatusOr<std::unique_ptr<pqxx::connection>> Connect(const ConnectionOptions& options);

}  // namespace storefront::pg
