// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pq_delta_channel.h"

#include <utility>

#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/pq_session.h"

namespace storefront::seeder {

PqDeltaChannel::PqDeltaChannel(pg::ConnectionOptions options, clock::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

absl::Status PqDeltaChannel::Lost(absl::string_view what) {
  absl::Status error = pg::FromLostConnection(what, PQerrorMessage(session_.get()));
  session_.reset();
  return error;
}

absl::Status PqDeltaChannel::Connect() {
  session_.reset();
  in_flight_ = 0;
  current_ = {};
  ASSIGN_OR_RETURN(pg::PgConn session, pg::ConnectLibpq(options_));
  for (const Statement& statement : DeltaStatements()) {
    const pg::PgResult result(PQprepare(session.get(), statement.name, statement.sql, 0, nullptr));
    RETURN_IF_ERROR(pg::FromResult("prepare", session.get(), result.get()));
  }
  if (PQenterPipelineMode(session.get()) == 0 || PQsetnonblocking(session.get(), 1) != 0) {
    return pg::FromException("connect", "cannot enter pipeline mode");
  }
  session_ = std::move(session);
  return absl::OkStatus();
}

absl::Status PqDeltaChannel::Send(const Batch& batch) {
  if (session_ == nullptr) return pg::FromLostConnection("send batch", "no session");
  PGconn* session = session_.get();
  const bool queued = ForEachStatement(
      batch, parameters_, [&](const char* name, const BinaryParameters& parameters) {
        parameters.Fill(values_, lengths_);
        formats_.assign(values_.size(), 1);
        return PQsendQueryPrepared(session, name, parameters.count(), values_.data(),
                                   lengths_.data(), formats_.data(), 1) == 1;
      });
  if (!queued || PQpipelineSync(session) == 0) return Lost("send batch");
  ++in_flight_;
  // What the socket does not take now goes out while results are awaited.
  if (PQflush(session) < 0) return Lost("send batch");
  return absl::OkStatus();
}

absl::StatusOr<std::optional<BatchResult>> PqDeltaChannel::Receive(clock::SteadyTime until,
                                                                   const std::stop_token& stop) {
  if (session_ == nullptr) return pg::FromLostConnection("receive", "no session");
  if (in_flight_ == 0) return std::optional<BatchResult>();
  PGconn* session = session_.get();
  while (true) {
    const int unsent = PQflush(session);
    if (unsent < 0) return Lost("receive");
    if (PQisBusy(session) != 0) {
      RETURN_IF_ERROR(WaitForSocket(session, unsent > 0, until, clock_, stop));
      if (PQconsumeInput(session) == 0) return Lost("receive");
      if (PQisBusy(session) != 0) {
        if (clock_.Steady() >= until) return std::optional<BatchResult>();
        continue;
      }
    }
    const pg::PgResult result(PQgetResult(session));
    if (result == nullptr) {  // the end of a statement
      if (PQstatus(session) != CONNECTION_OK) return Lost("receive");
      continue;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        --in_flight_;
        return std::optional<BatchResult>(std::exchange(current_, {}));
      case PGRES_PIPELINE_ABORTED:  // behind an error of the same segment
        break;
      default: {
        const absl::Status status = ResultError("batch", session, result.get());
        if (status.ok() || !current_.status.ok()) break;
        // The server says good-bye with an error of its own; then the segment's outcome is open.
        if (absl::IsUnavailable(status) || PQstatus(session) != CONNECTION_OK) {
          return Lost("receive");
        }
        current_.status = status;
        const char* table = PQresultErrorField(result.get(), PG_DIAG_TABLE_NAME);
        current_.table = table == nullptr ? "" : table;
      }
    }
  }
}

void PqDeltaChannel::Cancel() {
  if (session_ != nullptr) CancelStatement(session_.get());
}

}  // namespace storefront::seeder
