// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_history_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/pg_values.h"

namespace storefront::migrator {
namespace {

using status::Reason;

std::string SqlState(const absl::Status& status) {
  const auto metadata = status::DetailsOf(status).metadata;
  const auto found = metadata.find("sqlstate");
  return found == metadata.end() ? "" : found->second;
}

absl::Status Corrupt(int64_t rank, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kCorruptHistory,
                        .message = absl::StrCat("The history row of rank ", rank, " ", why,
                                                ". Correct the history by hand."),
                        .metadata = {{"installed_rank", absl::StrCat(rank)}}});
}

}  // namespace

absl::StatusOr<pg::PgResult> PgExecute(PGconn* connection, absl::string_view what,
                                       const std::string& sql,
                                       const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  pg::PgResult result(PQexecParams(connection, sql.c_str(), static_cast<int>(values.size()),
                                   nullptr, values.data(), nullptr, nullptr, /*resultFormat=*/0));
  RETURN_IF_ERROR(pg::FromResult(what, connection, result.get()));
  return result;
}

absl::StatusOr<History> PgReadHistory(PgRunner run, const PgHistoryOptions& options) {
  const std::string sql = absl::StrCat(
      "select installed_rank, version, description, type, script, checksum, installed_by, "
      // In the session's zone, as Flyway writes it. extract() would count in numeric, which is most
      // of the query's time; a double holds microseconds until the year 2255.
      "(pg_catalog.date_part('epoch', installed_on::timestamptz) * 1000000)::bigint, "
      "execution_time, success from ",
      QualifiedName(options.default_schema, options.table), " order by installed_rank");
  const auto result = run("read history", sql);
  if (!result.ok()) {
    if (SqlState(result.status()) == "42P01") return History{};
    return PgHistoryError(result.status(), options);
  }
  History history{.exists = true};
  const PGresult* rows = result->get();
  const int count = PQntuples(rows);
  history.rows.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    HistoryRow row;
    row.installed_rank = static_cast<int>(PgNumber(rows, i, 0));
    if (PQgetisnull(rows, i, 1) == 0) {
      auto version = Version::Parse(PgText(rows, i, 1));
      if (!version.ok()) return Corrupt(row.installed_rank, "has a version that is none");
      row.version = *std::move(version);
    }
    row.description = PgText(rows, i, 2);
    ASSIGN_OR_RETURN(row.type, ParseHistoryType(PgText(rows, i, 3)));
    row.script = PgText(rows, i, 4);
    if (PQgetisnull(rows, i, 5) == 0) row.checksum = static_cast<int32_t>(PgNumber(rows, i, 5));
    row.installed_by = PgText(rows, i, 6);
    row.installed_on = absl::FromUnixMicros(PgNumber(rows, i, 7));
    row.execution_time = absl::Milliseconds(PgNumber(rows, i, 8));
    row.success = PgIsTrue(rows, i, 9);
    history.rows.push_back(std::move(row));
  }
  return history;
}

std::string PgLockCondition(int64_t lock_key) {
  const auto key = static_cast<uint64_t>(lock_key);
  return absl::StrCat("l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.classid = ",
                      key >> 32, "::oid and l.objid = ", key & 0xFFFFFFFFU,
                      "::oid and l.database = (select oid from pg_catalog.pg_database where "
                      "datname = pg_catalog.current_database())");
}

std::string PgTakeLock(int64_t lock_key) {
  const std::string take = absl::StrCat("pg_catalog.pg_try_advisory_lock(", lock_key, ")");
  return absl::StrCat("case when ", take, " then ", take, " else false end");
}

std::string PgGiveLockBack(int64_t lock_key) {
  const std::string give = absl::StrCat("pg_catalog.pg_advisory_unlock(", lock_key, ")");
  return absl::StrCat(give, ", ", give);
}

std::string PgHoldsLock(int64_t lock_key) {
  return absl::StrCat("(case when pg_catalog.pg_advisory_unlock(", lock_key,
                      ") then pg_catalog.pg_try_advisory_lock(", lock_key, ") else false end)");
}

std::string PgLockHolderQuery(int64_t lock_key) {
  return absl::StrCat(
      "select l.pid, coalesce(a.application_name, ''), coalesce(a.state, ''), "
      "coalesce(a.usename, ''), (extract(epoch from a.backend_start) * 1000000)::bigint, "
      "(extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint "
      "from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid where ",
      PgLockCondition(lock_key), " limit 1");
}

std::optional<LockHolder> PgLockHolderOf(const PGresult* result, int column) {
  if (PQntuples(result) == 0 || PQgetisnull(result, 0, column) != 0) return std::nullopt;
  LockHolder holder{.pid = static_cast<int>(PgNumber(result, 0, column)),
                    .application_name = PgText(result, 0, column + 1),
                    .state = PgText(result, 0, column + 2),
                    .user = PgText(result, 0, column + 3),
                    .backend_start = absl::FromUnixMicros(PgNumber(result, 0, column + 4))};
  if (PQgetisnull(result, 0, column + 5) == 0) {
    holder.transaction_age = absl::Milliseconds(PgNumber(result, 0, column + 5));
  }
  return holder;
}

absl::StatusOr<std::optional<LockHolder>> PgFindLockHolder(PgRunner run, int64_t lock_key) {
  ASSIGN_OR_RETURN(const pg::PgResult result,
                   run("find the lock's holder", PgLockHolderQuery(lock_key)));
  return PgLockHolderOf(result.get(), 0);
}

std::string PgArray(const std::vector<std::string>& items) {
  std::string array = "{";
  for (const std::string& item : items) {
    absl::StrAppend(&array, array.size() > 1 ? "," : "", "\"",
                    absl::StrReplaceAll(item, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
  }
  return array + "}";
}

absl::Status PgHistoryError(const absl::Status& status, const PgHistoryOptions& options) {
  if (SqlState(status) != "42501") return status;
  status::ErrorSpec spec = status::DetailsOf(status);
  spec.code = absl::StatusCode::kFailedPrecondition;
  spec.reason = Reason::kHistoryDenied;
  spec.message =
      absl::StrCat("The role may not use the history table ",
                   QualifiedName(options.default_schema, options.table),
                   ". Connect as its owner, or grant select, insert, update and delete.");
  return status::Error(std::move(spec));
}

}  // namespace storefront::migrator
