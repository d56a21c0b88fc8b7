// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_side_schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// Class of the owners' locks, and the lock of whoever makes the tables. Any constant does; advisory
// locks of two numbers never meet those of one, such as the history lock.
constexpr int32_t kOwnerLockClass = 1936684402;
constexpr int32_t kMakerLock = 0;

constexpr absl::string_view kTables[] = {"run", "run_event", "script", "application",
                                         "schema_capture"};

constexpr absl::string_view kCreateTables = R"sql(
create table if not exists storefront_migrator.run (
  id text primary key,
  kind text not null,
  state text not null,
  owner integer not null,
  request_id text,
  request_digest text,
  create_time timestamptz not null,
  start_time timestamptz,
  end_time timestamptz,
  saved_time timestamptz not null,
  sequence bigint not null,
  details jsonb not null,
  steps jsonb not null
);
create index if not exists run_create_time on storefront_migrator.run (create_time);
create index if not exists run_request_id on storefront_migrator.run (request_id);
create table if not exists storefront_migrator.run_event (
  run text not null,
  sequence bigint not null,
  event_time timestamptz not null,
  type text not null,
  script text not null,
  details jsonb not null,
  primary key (run, sequence)
);
create table if not exists storefront_migrator.script (
  sha256 text primary key,
  bytes bigint not null,
  text text
);
create table if not exists storefront_migrator.application (
  run text not null,
  installed_rank integer not null,
  script text not null,
  sha256 text not null,
  primary key (run, installed_rank)
);
create table if not exists storefront_migrator.schema_capture (
  id bigint generated always as identity primary key,
  capture_time timestamptz not null,
  run text not null,
  digest text not null,
  object_count integer not null,
  objects jsonb not null
);
)sql";

constexpr char kCreateSchema[] =
    "create schema storefront_migrator; comment on schema storefront_migrator is 'Runs of the "
    "storefront migrator: what they did, the texts they applied, what the schemas looked like.';";

absl::Status Run(PGconn* connection, absl::string_view what, const std::string& sql) {
  const pg::PgResult result(PQexec(connection, sql.c_str()));
  return pg::FromResult(what, connection, result.get());
}

absl::StatusOr<bool> IsComplete(PgStatements& statements) {
  std::string sql = "select true";
  for (const absl::string_view table : kTables) {
    absl::StrAppend(&sql, " and to_regclass('storefront_migrator.", table, "') is not null");
  }
  ASSIGN_OR_RETURN(const pg::PgResult result, statements.Execute("look for the side tables", sql));
  return absl::string_view(PQgetvalue(result.get(), 0, 0)) == "t";
}

absl::Status Make(PGconn* connection) {
  const std::string begin =
      absl::StrCat("begin; select pg_catalog.pg_advisory_xact_lock(", kOwnerLockClass, ", ",
                   kMakerLock, "); select to_regnamespace('storefront_migrator') is not null");
  const pg::PgResult exists(PQexec(connection, begin.c_str()));
  absl::Status made = pg::FromResult("make the side tables", connection, exists.get());
  if (made.ok()) {
    // CREATE SCHEMA IF NOT EXISTS wants the right to create also where there is nothing to do.
    const bool has_schema = absl::string_view(PQgetvalue(exists.get(), 0, 0)) == "t";
    made = Run(connection, "make the side tables",
               absl::StrCat(has_schema ? "" : kCreateSchema, kCreateTables, "commit"));
  }
  if (!made.ok() && PQstatus(connection) == CONNECTION_OK) {
    Run(connection, "leave the side tables", "rollback").IgnoreError();
  }
  return made;
}

std::string SqlState(const absl::Status& status) {
  const auto metadata = status::DetailsOf(status).metadata;
  const auto found = metadata.find("sqlstate");
  return found == metadata.end() ? "" : found->second;
}

pg::ConnectionOptions SideOptions(pg::ConnectionOptions connection) {
  connection.application_name = "storefront-migrator records";
  connection.session_settings = {{"synchronous_commit", "off"},
                                 {"lock_timeout", "5s"},
                                 {"statement_timeout", "30s"},
                                 // A machine that vanished is given up on in 25 s.
                                 {"tcp_keepalives_idle", "10"},
                                 {"tcp_keepalives_interval", "5"},
                                 {"tcp_keepalives_count", "3"}};
  return connection;
}

// Through a pooler the lock would stay with a session that is not ours.
absl::Status TakeOwnersLock(PGconn* connection, int32_t owner) {
  ASSIGN_OR_RETURN(
      const pg::PgResult locked,
      PgExecute(connection, "take the owner's lock",
                absl::StrCat("select case when pg_catalog.pg_backend_pid() = ",
                             PQbackendPID(connection), " then pg_catalog.pg_try_advisory_lock(",
                             kOwnerLockClass, ", ", owner, ") end")));
  if (PQgetisnull(locked.get(), 0, 0) == 0) return absl::OkStatus();
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kPoolerDetected,
                        .message = "A connection pooler stands between the service and Postgres: "
                                   "connect to Postgres directly."});
}

}  // namespace

PgSideSession::PgSideSession(pg::ConnectionOptions connection, int32_t owner)
    : owner_(owner), session_(SideOptions(std::move(connection)), [owner](PGconn* made) {
        return TakeOwnersLock(made, owner);
      }) {}

absl::Status PgSideSession::Open() {
  if (is_open_) return absl::OkStatus();
  RETURN_IF_ERROR(With([](PgStatements& statements) -> absl::Status {
    ASSIGN_OR_RETURN(const bool complete, IsComplete(statements));
    return complete ? absl::OkStatus() : Make(statements.connection());
  }));
  is_open_ = true;
  return absl::OkStatus();
}

absl::Status PgSideSession::SideError(const absl::Status& status) {
  const std::string state = SqlState(status);
  if (state != "42501" && state != "25006") return status;
  status::ErrorSpec spec = status::DetailsOf(status);
  spec.code = absl::StatusCode::kFailedPrecondition;
  if (state == "25006") {
    spec.reason = Reason::kReadOnlyServer;
    spec.message = "The server takes no writes. Connect to the primary.";
  } else {
    spec.reason = Reason::kSideSchemaDenied;
    spec.message =
        "The role may not use the schema storefront_migrator, where runs, their events and "
        "captures of the schemas are kept, or may not create it; without it nothing is run. Grant "
        "CREATE on the database to the role, or let its owner say: create schema "
        "storefront_migrator authorization the_role.";
  }
  return status::Error(std::move(spec));
}

std::string PgOwnerLives(const std::string& owner_column, int32_t ours) {
  return absl::StrCat("(", owner_column, " = ", ours,
                      " or exists (select from pg_catalog.pg_locks l where l.locktype = "
                      "'advisory' and l.granted and l.objsubid = 2 and l.classid = ",
                      kOwnerLockClass, "::oid and l.objid = ", owner_column,
                      "::oid and l.database = (select oid from pg_catalog.pg_database where "
                      "datname = pg_catalog.current_database())))");
}

bool IsSideTableMissing(const absl::Status& status) {
  const std::string state = SqlState(status);
  return state == "42P01" || state == "3F000";
}

}  // namespace storefront::migrator
