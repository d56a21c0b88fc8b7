// What a failure of Postgres or its drivers means to us: one table, for libpqxx and libpq.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <exception>
#include <pqxx/except>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storefront::pg {

// `what` says what we were doing ("record migration"); `detail` is the driver's text and goes to
// the log only. The SQLSTATE is in metadata `sqlstate`. Table: docs/adr/0005-postgres-errors.md.
absl::Status FromSqlState(absl::string_view what, absl::string_view sqlstate,
                          absl::string_view detail);
// UNAVAILABLE BACKEND_UNAVAILABLE, backend "postgres", with RetryInfo.
absl::Status FromLostConnection(absl::string_view what, absl::string_view detail);
// UNKNOWN COMMIT_IN_DOUBT: never leaves a service; the ledger or the history row decides.
absl::Status FromInDoubt(absl::string_view what, absl::string_view detail);
absl::Status FromException(absl::string_view what, absl::string_view detail);

// OK for a good libpq result. Otherwise by its SQLSTATE, or a lost connection when `connection` is
// bad. Takes nothing over.
absl::Status FromResult(absl::string_view what, const PGconn* connection, const PGresult* result);

// Runs a body that uses libpqxx; no exception leaves.
template <typename Body>
absl::Status Guard(absl::string_view what, Body&& body) {
  try {
    std::forward<Body>(body)();
    return absl::OkStatus();
  } catch (const pqxx::in_doubt_error& e) {
    return FromInDoubt(what, e.what());
  } catch (const pqxx::broken_connection& e) {  // has no SQLSTATE in 7.10
    return FromLostConnection(what, e.what());
  } catch (const pqxx::sql_error& e) {
    return FromSqlState(what, e.sqlstate(), e.what());
  } catch (const std::exception& e) {
    return FromException(what, e.what());
  }
}

}  // namespace storefront::pg
