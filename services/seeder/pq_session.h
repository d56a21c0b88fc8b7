// Waiting on a non-blocking libpq session, so that a stop request or a deadline ends the wait.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <stop_token>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/clock/clock.h"
#include "libs/pg/connection.h"

namespace storefront::seeder {

// Name of the sessions that write; the process that holds the writer's lock ends others of it.
inline constexpr char kWriterName[] = "storefront-seeder writer";

// Waits until the session can be read, or written if `for_write`. OK also when `until` passed;
// CANCELLED when `stop` was requested.
absl::Status WaitForSocket(PGconn* session, bool for_write, clock::SteadyTime until,
                           clock::Clock& clock, const std::stop_token& stop);

// Sends all that is buffered; takes in what arrives meanwhile. UNAVAILABLE when the session is
// lost.
absl::Status FlushAll(absl::string_view what, PGconn* session, clock::Clock& clock,
                      const std::stop_token& stop);

// The next result, null at the end of a command. Never blocks past a stop request.
absl::StatusOr<pg::PgResult> NextResult(absl::string_view what, PGconn* session,
                                        clock::Clock& clock, const std::stop_token& stop);

// By the result's SQLSTATE; with the table that the server names in metadata `table`.
absl::Status ResultError(absl::string_view what, const PGconn* session, const PGresult* result);

// Asks the server to end the running statement; waits for it to have heard that.
void CancelStatement(PGconn* session);

}  // namespace storefront::seeder
