// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pq_storefront_store.h"

#include <cstdlib>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/pq_session.h"

namespace storefront::seeder {

PqStorefrontStore::PqStorefrontStore(pg::ConnectionOptions options, size_t slab_bytes,
                                     clock::Clock& clock)
    : options_(std::move(options)), slab_bytes_(slab_bytes), clock_(clock) {}

absl::Status PqStorefrontStore::Connect() {
  if (session_ != nullptr && PQstatus(session_.get()) == CONNECTION_OK) return absl::OkStatus();
  ASSIGN_OR_RETURN(session_, pg::ConnectLibpq(options_));
  // Foreign keys hold by construction and are checked after the load. Without the right to do this
  // every row is checked instead, three times slower.
  const pg::PgResult set(PQexec(session_.get(), "SET session_replication_role = replica"));
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) {
    LOG(WARNING) << log::Event("foreign_keys_checked_per_row",
                               {{"internal_error", PQresultErrorMessage(set.get())}});
  }
  PQsetnonblocking(session_.get(), 1);
  return absl::OkStatus();
}

absl::Status PqStorefrontStore::WriteChunk(int64_t run_id, const Chunk& chunk, ChunkSource& source,
                                           const std::stop_token& stop) {
  RETURN_IF_ERROR(Connect());
  if (absl::Status begun = Begin(run_id, chunk, stop); !begun.ok()) return Abandon(begun);
  if (absl::Status copied = Copy(chunk, source, stop); !copied.ok()) return Abandon(copied);
  const absl::Status committed = Commit(run_id, chunk, source, stop);
  if (committed.ok()) return committed;
  const bool lost = absl::IsUnavailable(committed) || absl::IsCancelled(committed);
  const absl::Status error = Abandon(committed);
  return lost && !absl::IsCancelled(committed) ? pg::FromInDoubt("COPY", committed.message())
                                               : error;
}

absl::Status PqStorefrontStore::Begin(int64_t run_id, const Chunk& chunk,
                                      const std::stop_token& stop) {
  const std::string sql = absl::StrCat(
      "BEGIN; INSERT INTO seeder.chunk (run_id, table_no, chunk_no, first_row, rows) VALUES (",
      run_id, ", ", static_cast<int>(chunk.table), ", ", chunk.chunk_no, ", ", chunk.first, ", ",
      chunk.rows, "); COPY ", TableName(chunk.table), " (", ColumnList(chunk.table),
      ") FROM STDIN (FORMAT binary)");
  if (PQsendQuery(session_.get(), sql.c_str()) == 0) {
    return pg::FromLostConnection("begin chunk", PQerrorMessage(session_.get()));
  }
  while (true) {
    ASSIGN_OR_RETURN(const pg::PgResult result,
                     NextResult("begin chunk", session_.get(), clock_, stop));
    if (result == nullptr) {
      return pg::FromException("begin chunk", "the server did not ask for the rows");
    }
    if (PQresultStatus(result.get()) == PGRES_COPY_IN) return absl::OkStatus();
    RETURN_IF_ERROR(ResultError("begin chunk", session_.get(), result.get()));
  }
}

absl::Status PqStorefrontStore::Copy(const Chunk& chunk, ChunkSource& source,
                                     const std::stop_token& stop) {
  PGconn* session = session_.get();
  while (source.Next(slab_bytes_, slab_)) {
    if (stop.stop_requested()) {
      PQputCopyEnd(session, "cancelled");
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = status::Reason::kCallCancelled,
                            .message = "cancelled"});
    }
    if (PQputCopyData(session, slab_.data(), static_cast<int>(slab_.size())) != 1) {
      return pg::FromLostConnection("COPY", PQerrorMessage(session));
    }
    RETURN_IF_ERROR(FlushAll("COPY", session, clock_, stop));
  }
  if (PQputCopyEnd(session, nullptr) != 1) {
    return pg::FromLostConnection("COPY", PQerrorMessage(session));
  }
  ASSIGN_OR_RETURN(const pg::PgResult result, NextResult("COPY", session, clock_, stop));
  if (result == nullptr) return pg::FromException("COPY", "the server gave no result");
  RETURN_IF_ERROR(ResultError("COPY", session, result.get()));
  const int64_t stored = std::strtoll(PQcmdTuples(result.get()), nullptr, 10);
  if (stored != chunk.rows || source.rows() != chunk.rows) {
    return pg::FromException("COPY", absl::StrCat("planned ", chunk.rows, " rows, sent ",
                                                  source.rows(), ", stored ", stored));
  }
  return Finish("COPY", stop);
}

absl::Status PqStorefrontStore::Commit(int64_t run_id, const Chunk& chunk,
                                       const ChunkSource& source, const std::stop_token& stop) {
  const std::string sql = absl::StrCat(
      "INSERT INTO seeder.chunk_done (run_id, table_no, chunk_no, rows, bytes, digest) VALUES (",
      run_id, ", ", static_cast<int>(chunk.table), ", ", chunk.chunk_no, ", ", chunk.rows, ", ",
      source.bytes(), ", ", source.digest().Decimal(), "); COMMIT");
  if (PQsendQuery(session_.get(), sql.c_str()) == 0) {
    return pg::FromLostConnection("commit chunk", PQerrorMessage(session_.get()));
  }
  return Finish("commit chunk", stop);
}

absl::Status PqStorefrontStore::Finish(absl::string_view what, const std::stop_token& stop) {
  absl::Status first;
  while (true) {
    ASSIGN_OR_RETURN(const pg::PgResult result, NextResult(what, session_.get(), clock_, stop));
    if (result == nullptr) return first;
    if (first.ok()) first = ResultError(what, session_.get(), result.get());
  }
}

// Nothing of the transaction is stored, and the session is fit for the next one or gone.
absl::Status PqStorefrontStore::Abandon(const absl::Status& error) {
  if (absl::IsCancelled(error)) {
    CancelStatement(session_.get());
    session_.reset();
    return error;
  }
  if (absl::IsUnavailable(error) || PQstatus(session_.get()) != CONNECTION_OK) {
    session_.reset();
    return absl::IsUnavailable(error) ? error : pg::FromLostConnection("COPY", error.message());
  }
  const std::stop_token never;
  if (PQtransactionStatus(session_.get()) == PQTRANS_ACTIVE) {
    if (!Finish("abandon", never).ok() && PQstatus(session_.get()) != CONNECTION_OK) {
      session_.reset();
      return error;
    }
  }
  if (PQsendQuery(session_.get(), "ROLLBACK") == 0 || !Finish("ROLLBACK", never).ok()) {
    session_.reset();
  }
  return error;
}

}  // namespace storefront::seeder
