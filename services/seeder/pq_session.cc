// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pq_session.h"

#include <poll.h>

#include <algorithm>
#include <memory>

#include "libs/pg/errors.h"
#include "libs/status/error.h"

namespace storefront::seeder {
namespace {

// How long a wait may take before it looks at the stop request again.
constexpr absl::Duration kLook = absl::Milliseconds(100);

struct CancelDeleter {
  void operator()(PGcancelConn* cancel) const { PQcancelFinish(cancel); }
};

}  // namespace

absl::Status WaitForSocket(PGconn* session, bool for_write, clock::SteadyTime until,
                           clock::Clock& clock, const std::stop_token& stop) {
  while (true) {
    if (stop.stop_requested()) {
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = status::Reason::kCallCancelled,
                            .message = "cancelled"});
    }
    const absl::Duration left = until - clock.Steady();
    const absl::Duration wait = std::clamp(left, absl::ZeroDuration(), kLook);
    pollfd socket = {.fd = PQsocket(session),
                     .events = static_cast<short>(POLLIN | (for_write ? POLLOUT : 0)),
                     .revents = 0};
    const timespec timeout = absl::ToTimespec(wait);
    if (ppoll(&socket, 1, &timeout, nullptr) > 0) return absl::OkStatus();
    if (left <= kLook) return absl::OkStatus();
  }
}

absl::Status FlushAll(absl::string_view what, PGconn* session, clock::Clock& clock,
                      const std::stop_token& stop) {
  while (true) {
    const int left = PQflush(session);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return pg::FromLostConnection(what, PQerrorMessage(session));
    if (absl::Status wait =
            WaitForSocket(session, true, clock.Steady() + absl::Hours(1), clock, stop);
        !wait.ok()) {
      return wait;
    }
    if (PQconsumeInput(session) == 0) return pg::FromLostConnection(what, PQerrorMessage(session));
  }
}

absl::StatusOr<pg::PgResult> NextResult(absl::string_view what, PGconn* session,
                                        clock::Clock& clock, const std::stop_token& stop) {
  if (absl::Status sent = FlushAll(what, session, clock, stop); !sent.ok()) return sent;
  while (PQisBusy(session) != 0) {
    if (absl::Status wait =
            WaitForSocket(session, false, clock.Steady() + absl::Hours(1), clock, stop);
        !wait.ok()) {
      return wait;
    }
    if (PQconsumeInput(session) == 0) return pg::FromLostConnection(what, PQerrorMessage(session));
  }
  return pg::PgResult(PQgetResult(session));
}

absl::Status ResultError(absl::string_view what, const PGconn* session, const PGresult* result) {
  const absl::Status error = pg::FromResult(what, session, result);
  if (error.ok()) return error;
  const char* table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
  if (table == nullptr) return error;
  status::ErrorSpec spec = status::DetailsOf(error);
  spec.code = error.code();
  spec.message = std::string(error.message());
  spec.metadata["table"] = table;
  return status::Error(std::move(spec));
}

void CancelStatement(PGconn* session) {
  const std::unique_ptr<PGcancelConn, CancelDeleter> cancel(PQcancelCreate(session));
  if (cancel != nullptr) PQcancelBlocking(cancel.get());
}

}  // namespace storefront::seeder
