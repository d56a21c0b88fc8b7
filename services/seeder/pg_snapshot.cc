// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_snapshot.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/pg/errors.h"
#include "libs/status/macros.h"
#include "services/seeder/pq_session.h"

namespace storefront::seeder {
namespace {

// Signature, flags and length of the extension.
constexpr size_t kCopyHeaderBytes = 19;

}  // namespace

absl::StatusOr<std::unique_ptr<PgSnapshot>> PgSnapshot::Open(const pg::ConnectionOptions& options,
                                                             clock::Clock& clock,
                                                             const std::stop_token& stop) {
  ASSIGN_OR_RETURN(pg::PgConn session, pg::ConnectLibpq(options));
  PQsetnonblocking(session.get(), 1);
  std::unique_ptr<PgSnapshot> snapshot(new PgSnapshot(std::move(session), clock, stop));
  RETURN_IF_ERROR(snapshot->Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").status());
  return snapshot;
}

absl::Status PgSnapshot::ForEach(const std::string& sql,
                                 const std::function<void(const PGresult*)>& row) {
  if (PQsendQuery(session_.get(), sql.c_str()) == 0 || PQsetSingleRowMode(session_.get()) == 0) {
    return pg::FromLostConnection("read", PQerrorMessage(session_.get()));
  }
  absl::Status first;
  while (true) {
    absl::StatusOr<pg::PgResult> result = NextResult("read", session_.get(), clock_, stop_);
    if (!result.ok()) {
      if (absl::IsCancelled(result.status())) CancelStatement(session_.get());
      return result.status();
    }
    if (*result == nullptr) return first;
    if (PQresultStatus(result->get()) == PGRES_SINGLE_TUPLE) {
      row(result->get());
    } else if (first.ok()) {
      first = ResultError("read", session_.get(), result->get());
    }
  }
}

absl::StatusOr<std::vector<PgSnapshot::Row>> PgSnapshot::Query(const std::string& sql) {
  std::vector<Row> rows;
  RETURN_IF_ERROR(ForEach(sql, [&](const PGresult* result) {
    Row& row = rows.emplace_back();
    for (int field = 0; field < PQnfields(result); ++field) {
      row.emplace_back(PQgetvalue(result, 0, field));
    }
  }));
  return rows;
}

absl::StatusOr<DigestSum> PgSnapshot::Digest(Table table, int64_t* rows) {
  const std::string sql = absl::StrCat("COPY ", TableName(table), " (", ColumnList(table),
                                       ") TO STDOUT (FORMAT binary)");
  if (PQsendQuery(session_.get(), sql.c_str()) == 0) {
    return pg::FromLostConnection("read", PQerrorMessage(session_.get()));
  }
  ASSIGN_OR_RETURN(pg::PgResult begun, NextResult("read", session_.get(), clock_, stop_));
  if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
    return ResultError("read", session_.get(), begun.get());
  }
  DigestSum digest;
  *rows = 0;
  bool first = true;
  while (true) {
    char* bytes = nullptr;
    const int size = PQgetCopyData(session_.get(), &bytes, /*async=*/1);
    if (size == 0) {
      absl::Status wait =
          WaitForSocket(session_.get(), false, clock_.Steady() + absl::Hours(1), clock_, stop_);
      if (!wait.ok()) {
        CancelStatement(session_.get());
        return wait;
      }
      if (PQconsumeInput(session_.get()) == 0) {
        return pg::FromLostConnection("read", PQerrorMessage(session_.get()));
      }
      continue;
    }
    if (size < 0) break;
    // A message is a row; the first one begins with the header, the last one is the trailer.
    absl::string_view row(bytes, static_cast<size_t>(size));
    if (std::exchange(first, false)) row.remove_prefix(std::min(kCopyHeaderBytes, row.size()));
    if (row.size() > 2) {
      digest.Add(row);
      ++*rows;
    }
    PQfreemem(bytes);
  }
  absl::Status failed;
  while (true) {
    ASSIGN_OR_RETURN(const pg::PgResult result, NextResult("read", session_.get(), clock_, stop_));
    if (result == nullptr) break;
    if (failed.ok()) failed = ResultError("read", session_.get(), result.get());
  }
  RETURN_IF_ERROR(failed);
  return digest;
}

}  // namespace storefront::seeder
