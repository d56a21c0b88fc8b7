// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_schema_history.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/lock_key.h"
#include "services/migrator/pg_values.h"

namespace storefront::migrator {

PgSchemaHistory::PgSchemaHistory(PgSession& session, PgHistoryOptions options)
    : options_(std::move(options)),
      lock_key_(HistoryLockKey(options_.default_schema, options_.table)),
      session_(session) {}

absl::StatusOr<HistoryView> PgSchemaHistory::ReadServer(PgStatements& statements) const {
  ASSIGN_OR_RETURN(
      const pg::PgResult result,
      statements.Execute(
          "read the server's facts",
          absl::StrCat(
              "select pg_catalog.current_database(), current_user, pg_catalog.pg_is_in_recovery(), "
              "exists (select from unnest($1::text[]) s (name) where not exists (select from "
              "pg_catalog.pg_namespace n where n.nspname = s.name)), holder.* from (values (1)) "
              "one "
              "left join lateral (",
              PgLockHolderQuery(lock_key_), ") holder on true"),
          {PgArray(options_.schemas)}));
  return HistoryView{
      .facts = {.database = PQgetvalue(result.get(), 0, 0), .user = PQgetvalue(result.get(), 0, 1)},
      .lock_holder = PgLockHolderOf(result.get(), 4),
      .is_standby = PgIsTrue(result.get(), 0, 2),
      .lacks_schemas = PgIsTrue(result.get(), 0, 3)};
}

absl::StatusOr<ServerFacts> PgSchemaHistory::Facts() {
  return session_.With([&](PgStatements& statements) -> absl::StatusOr<ServerFacts> {
    ASSIGN_OR_RETURN(const HistoryView view, ReadServer(statements));
    return view.facts;
  });
}

absl::StatusOr<HistoryView> PgSchemaHistory::Read() {
  return session_.With([&](PgStatements& statements) -> absl::StatusOr<HistoryView> {
    const auto run = [&](absl::string_view what, const std::string& sql) {
      return statements.Execute(what, sql);
    };
    ASSIGN_OR_RETURN(HistoryView view, ReadServer(statements));
    ASSIGN_OR_RETURN(view.history, PgReadHistory(run, options_));
    return view;
  });
}

absl::StatusOr<std::vector<std::string>> PgSchemaHistory::InvalidIndexes() {
  return session_.With([&](PgStatements& statements) -> absl::StatusOr<std::vector<std::string>> {
    ASSIGN_OR_RETURN(
        const pg::PgResult result,
        statements.Execute(
            "find invalid indexes",
            "select n.nspname || '.' || c.relname from pg_catalog.pg_index i "
            "join pg_catalog.pg_class c on c.oid = i.indexrelid "
            "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
            "where not i.indisvalid and c.relkind = 'i' and n.nspname = any ($1::text[]) "
            "order by 1",
            {PgArray(options_.schemas)}));
    std::vector<std::string> names;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      names.emplace_back(PQgetvalue(result.get(), i, 0));
    }
    return names;
  });
}

absl::StatusOr<std::vector<Blocker>> PgSchemaHistory::FindBlockers(int pid) {
  return session_.With([&](PgStatements& statements) -> absl::StatusOr<std::vector<Blocker>> {
    ASSIGN_OR_RETURN(
        const pg::PgResult result,
        statements.Execute(
            "find blockers",
            "select a.pid, coalesce(a.application_name, ''), coalesce(a.state, ''), "
            "coalesce((select l.relation::regclass::text from pg_catalog.pg_locks l "
            "where l.pid = $1::int and not l.granted and l.relation is not null limit 1), ''), "
            "coalesce((extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint, 0) "
            "from pg_catalog.pg_stat_activity a "
            "where a.pid = any (pg_catalog.pg_blocking_pids($1::int)) order by a.xact_start",
            {absl::StrCat(pid)}));
    std::vector<Blocker> blockers;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      blockers.push_back({.pid = static_cast<int>(PgNumber(result.get(), i, 0)),
                          .application_name = PQgetvalue(result.get(), i, 1),
                          .state = PQgetvalue(result.get(), i, 2),
                          .relation = PQgetvalue(result.get(), i, 3),
                          .transaction_age = absl::Milliseconds(PgNumber(result.get(), i, 4))});
    }
    return blockers;
  });
}

absl::StatusOr<LockHolder> PgSchemaHistory::EndLockHolder(int pid, absl::Time backend_start) {
  return session_.With([&](PgStatements& statements) -> absl::StatusOr<LockHolder> {
    ASSIGN_OR_RETURN(
        const pg::PgResult result,
        statements.Execute(
            "end the lock's holder",
            absl::StrCat(
                "with holder as materialized (select a.* from pg_catalog.pg_locks l "
                "join pg_catalog.pg_stat_activity a on a.pid = l.pid where ",
                PgLockCondition(lock_key_),
                " and a.pid = $1::int and a.pid <> pg_catalog.pg_backend_pid() "
                "and (extract(epoch from a.backend_start) * 1000000)::bigint = $2::bigint) "
                "select coalesce(application_name, ''), coalesce(state, ''), "
                "coalesce(usename, ''), "
                "(extract(epoch from clock_timestamp() - xact_start) * 1000)::bigint, "
                "pg_catalog.pg_terminate_backend(pid, 5000) from holder"),
            {absl::StrCat(pid), absl::StrCat(absl::ToUnixMicros(backend_start))}));
    if (PQntuples(result.get()) == 0) {
      return status::Error(
          {.code = absl::StatusCode::kFailedPrecondition,
           .reason = status::Reason::kLockNotHeld,
           .message = absl::StrCat(
               "The session with pid ", pid, " that began at ",
               absl::FormatTime(absl::RFC3339_full, backend_start, absl::UTCTimeZone()),
               " does not hold the history lock; nothing was ended.")});
    }
    LockHolder ended{.pid = pid,
                     .application_name = PQgetvalue(result.get(), 0, 0),
                     .state = PQgetvalue(result.get(), 0, 1),
                     .user = PQgetvalue(result.get(), 0, 2),
                     .backend_start = backend_start};
    if (PQgetisnull(result.get(), 0, 3) == 0) {
      ended.transaction_age = absl::Milliseconds(PgNumber(result.get(), 0, 3));
    }
    if (!PgIsTrue(result.get(), 0, 4)) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = status::Reason::kDeadlinePassed,
                            .message = absl::StrCat("The session with pid ", pid,
                                                    " was told to end and has not within 5 s.")});
    }
    return ended;
  });
}

absl::StatusOr<std::optional<StatementProgress>> PgSchemaHistory::FindProgress(int pid) {
  // Each phase counts one thing; the others are 0 of 0 then.
  static constexpr char kSql[] =
      "select phase, case when lockers_total > 0 then lockers_done when blocks_total > 0 then "
      "blocks_done else tuples_done end, case when lockers_total > 0 then lockers_total when "
      "blocks_total > 0 then blocks_total else tuples_total end "
      "from pg_catalog.pg_stat_progress_create_index where pid = $1::int union all "
      "select 'copying', bytes_processed, bytes_total from pg_catalog.pg_stat_progress_copy "
      "where pid = $1::int limit 1";
  return session_.With(
      [&](PgStatements& statements) -> absl::StatusOr<std::optional<StatementProgress>> {
        ASSIGN_OR_RETURN(const pg::PgResult result,
                         statements.Execute("read progress", kSql, {absl::StrCat(pid)}));
        if (PQntuples(result.get()) == 0) return std::nullopt;
        return StatementProgress{.phase = PQgetvalue(result.get(), 0, 0),
                                 .done = PgNumber(result.get(), 0, 1),
                                 .total = PgNumber(result.get(), 0, 2)};
      });
}

}  // namespace storefront::migrator
