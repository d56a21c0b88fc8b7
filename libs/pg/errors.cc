// SPDX-License-Identifier: Apache-2.0
#include "libs/pg/errors.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/status/error.h"

namespace storefront::pg {
namespace {

using status::Reason;

struct Row {
  absl::string_view prefix;  // a SQLSTATE, or its first two characters for a class
  absl::StatusCode code;
  Reason reason;
  absl::string_view message;
};

// First match wins: exact states stand before their class.
constexpr Row kRows[] = {
    {"57014", absl::StatusCode::kCancelled, Reason::kCallCancelled, "the statement was cancelled"},
    {"57P", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
     "Postgres ended the connection"},
    {"08", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
     "Postgres cannot be reached"},
    {"25P03", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
     "Postgres ended an idle transaction"},
    {"25P04", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
     "Postgres ended a transaction that took too long"},
    {"53300", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable,
     "Postgres has no free connection"},
    {"40003", absl::StatusCode::kUnknown, Reason::kCommitInDoubt,
     "the outcome of COMMIT is unknown"},
    {"40", absl::StatusCode::kAborted, Reason::kTransactionConflict,
     "the transaction met another one"},
    {"55P03", absl::StatusCode::kAborted, Reason::kLockTimeout, "a lock was not granted in time"},
    {"23505", absl::StatusCode::kAlreadyExists, Reason::kUniqueViolation,
     "a row with this key exists"},
    {"22", absl::StatusCode::kInvalidArgument, Reason::kDatabaseValue, "Postgres refused a value"},
    {"23", absl::StatusCode::kFailedPrecondition, Reason::kConstraintViolation,
     "a constraint was violated"},
    {"25006", absl::StatusCode::kFailedPrecondition, Reason::kReadOnlyServer,
     "the server is read-only; connect to the primary"},
    {"28", absl::StatusCode::kFailedPrecondition, Reason::kDatabasePermission,
     "Postgres refused the login"},
    {"42501", absl::StatusCode::kFailedPrecondition, Reason::kDatabasePermission,
     "the role lacks a right"},
    {"3D", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject,
     "the database does not exist"},
    {"3F", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject,
     "the schema does not exist"},
    {"42", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject,
     "a database object is missing or of another kind"},
    {"53100", absl::StatusCode::kResourceExhausted, Reason::kDiskFull, "the server's disk is full"},
    {"53200", absl::StatusCode::kResourceExhausted, Reason::kOutOfMemory,
     "the server is out of memory"},
};

}  // namespace

absl::Status FromLostConnection(absl::string_view what, absl::string_view detail) {
  return status::Error({.code = absl::StatusCode::kUnavailable,
                        .reason = Reason::kBackendUnavailable,
                        .message = absl::StrCat(
                            what, ": Postgres cannot be reached. Start it, or check database_url."),
                        .metadata = {{"backend", "postgres"}},
                        .retry_after = absl::Seconds(2),
                        .internal = std::string(detail)});
}

absl::Status FromInDoubt(absl::string_view what, absl::string_view detail) {
  return status::Error({.code = absl::StatusCode::kUnknown,
                        .reason = Reason::kCommitInDoubt,
                        .message = absl::StrCat(what, ": the outcome of COMMIT is unknown"),
                        .internal = std::string(detail)});
}

absl::Status FromException(absl::string_view what, absl::string_view detail) {
  return status::Error({.code = absl::StatusCode::kInternal,
                        .reason = Reason::kInternalError,
                        .message = absl::StrCat(what, " failed"),
                        .internal = std::string(detail)});
}

absl::Status FromSqlState(absl::string_view what, absl::string_view sqlstate,
                          absl::string_view detail) {
  for (const Row& row : kRows) {
    if (!absl::StartsWith(sqlstate, row.prefix)) continue;
    status::ErrorSpec spec = {.code = row.code,
                              .reason = row.reason,
                              .message = absl::StrCat(what, ": ", row.message),
                              .metadata = {{"sqlstate", std::string(sqlstate)}},
                              .internal = std::string(detail)};
    if (row.code == absl::StatusCode::kUnavailable) {
      spec.metadata["backend"] = "postgres";
      spec.retry_after = absl::Seconds(2);
    }
    return status::Error(std::move(spec));
  }
  absl::Status unknown = FromException(what, detail);
  status::ErrorSpec spec = status::DetailsOf(unknown);
  spec.metadata["sqlstate"] = std::string(sqlstate);
  return status::Error(std::move(spec));
}

absl::Status FromResult(absl::string_view what, const PGconn* connection, const PGresult* result) {
  if (result != nullptr) {
    switch (PQresultStatus(result)) {
      case PGRES_EMPTY_QUERY:
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_CHUNK:
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
      case PGRES_NONFATAL_ERROR:
      case PGRES_PIPELINE_SYNC:
        return absl::OkStatus();
      case PGRES_BAD_RESPONSE:
      case PGRES_FATAL_ERROR:
      case PGRES_PIPELINE_ABORTED:
        break;
    }
    if (const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE); state != nullptr) {
      return FromSqlState(what, state, PQresultErrorMessage(result));
    }
  }
  if (PQstatus(connection) != CONNECTION_OK)
    return FromLostConnection(what, PQerrorMessage(connection));
  return FromException(what, PQerrorMessage(connection));
}

}  // namespace storefront::pg
