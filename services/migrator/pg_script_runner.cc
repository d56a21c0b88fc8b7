// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_script_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// A pipeline holds all its answers' memory; longer scripts go in several, still one transaction.
constexpr size_t kPipelineItems = 1000;
// libpq gathers what it has not sent yet.
constexpr size_t kPipelineBytes = size_t{4} << 20;

constexpr char kSinceBegin[] =
    "(extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000)::integer";
// With several rows in a transaction each marks where the next one's time begins; a script's RESET
// ALL takes the mark away.
constexpr char kSinceMark[] =
    "(extract(epoch from clock_timestamp() - coalesce(nullif(current_setting("
    "'storefront_migrator.since', true), '')::timestamptz, transaction_timestamp())) * "
    "1000)::integer";
constexpr char kSetMark[] =
    "select pg_catalog.set_config('storefront_migrator.since', clock_timestamp()::text, true)";

// The name of the kept statement that writes one row after one script: Postgres parses and plans it
// once, which is half of its cost.
constexpr char kKeptInsert[] = "storefront_migrator_row";

absl::Status Stopped() {
  return pg::FromSqlState("apply the script", "57014", "stopped between statements");
}

AppliedScript AppliedOf(const std::vector<std::string>& answer) {
  AppliedScript applied;
  int64_t milliseconds = 0;
  if (answer.size() == 2 && absl::SimpleAtoi(answer[0], &applied.installed_rank) &&
      absl::SimpleAtoi(answer[1], &milliseconds)) {
    applied.execution_time = absl::Milliseconds(milliseconds);
  }
  return applied;
}

ScriptItem ItemOf(const PreparedScript& script, size_t statement, size_t unit) {
  ScriptItem item{.sql = std::string(script.Text(script.statements[statement])),
                  .statement = statement};
  if (statement == 0) item.begins_unit = unit;
  return item;
}

// The item's statement by itself, with its data if it copies.
bool RunAlone(PqScriptSession& session, const ScriptItem& item, const PreparedScript& script) {
  const SplitStatement& place = script.statements[*item.statement].place;
  return place.copies_data ? session.RunCopy(item, script.replaced.script_text(), place.data_offset,
                                             place.data_length)
                           : session.RunAlone(item);
}

// "AccessExclusiveLock" as the manual writes it: "ACCESS EXCLUSIVE".
std::string ModeName(absl::string_view name) {
  absl::ConsumeSuffix(&name, "Lock");
  std::string made;
  for (const char c : name) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !made.empty()) made += ' ';
    made += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return made;
}

}  // namespace

PgScriptRunner::PgScriptRunner(PGconn* connection, PgScriptRunnerOptions options,
                               clock::Clock& clock)
    : connection_(connection),
      options_(std::move(options)),
      clock_(clock),
      table_(QualifiedName(options_.history.default_schema, options_.history.table)) {}

// Takes back what the script before may have set; a script's SET must not reach the next one.
std::vector<ScriptItem> PgScriptRunner::Preamble() const {
  return {{.sql = "reset session authorization"},
          {.sql = "reset role"},
          {.sql = "reset all"},
          {.sql = absl::StrCat("set search_path = ", options_.search_path)}};
}

// The rank is null, which the table refuses, when this session does not hold the lock any more.
ScriptItem PgScriptRunner::InsertRow(const HistoryRow& row, bool success,
                                     const std::string& time) const {
  return {.sql = absl::StrCat(
              "insert into ", table_,
              " (installed_rank, version, description, type, script, checksum, installed_by, "
              "execution_time, success) values (case when ",
              PgHoldsLock(options_.lock_key),
              " then $1::integer end, $2, $3, $4, $5, $6::integer, $7, ", time, ", ",
              success ? "true" : "false", ") returning installed_rank, execution_time"),
          .parameters = {absl::StrCat(row.installed_rank),
                         row.version ? std::optional(row.version->text()) : std::nullopt,
                         row.description, std::string(HistoryTypeName(row.type)), row.script,
                         row.checksum ? std::optional(absl::StrCat(*row.checksum)) : std::nullopt,
                         options_.installed_by},
          .keeps_answer = true};
}

void PgScriptRunner::AddRow(const HistoryRow& row, const std::string& time, bool more_follow,
                            std::vector<ScriptItem>& items) const {
  // A script may have changed its role; the row is ours to write.
  items.push_back({.sql = "reset role"});
  ScriptItem insert = InsertRow(row, /*success=*/true, time);
  if (insert_is_kept_ && time == kSinceBegin) {
    insert.sql.clear();
    insert.kept_as = kKeptInsert;
  }
  items.push_back(std::move(insert));
  if (more_follow) items.push_back({.sql = kSetMark});
}

bool PgScriptRunner::SendStatements(PqScriptSession& session, const PreparedScript& script,
                                    size_t unit, std::vector<ScriptItem>& items,
                                    const std::stop_token& stop) {
  size_t bytes = 0;
  for (size_t i = 0; i < script.statements.size(); ++i) {
    const PreparedStatement& statement = script.statements[i];
    ScriptItem item = ItemOf(script, i, unit);
    if (!statement.place.copies_data) {
      bytes += item.sql.size();
      items.push_back(std::move(item));
      if (items.size() < kPipelineItems && bytes < kPipelineBytes) continue;
      item = {};
    }
    // COPY cannot be part of a pipeline: what waits goes first.
    if (!session.RunPipeline(items)) return false;
    items.clear();
    bytes = 0;
    script.replaced.script_text().Release(0, statement.place.offset);
    if (!item.sql.empty() && !RunAlone(session, item, script)) return false;
    if (stop.stop_requested()) return true;
  }
  return true;
}

bool PgScriptRunner::KeepInsert(PqScriptSession& session) {
  if (insert_is_kept_ || kept_insert_is_gone_ || ++transactions_ < 2) return true;
  ScriptItem made = InsertRow({}, /*success=*/true, kSinceBegin);
  made.parameters.clear();
  made.keeps_answer = false;
  made.kept_as = kKeptInsert;
  insert_is_kept_ = session.RunPipeline({made});
  return insert_is_kept_;
}

absl::StatusOr<std::vector<AppliedScript>> PgScriptRunner::RunTransaction(
    const std::vector<ScriptUnit>& units, bool durable, ScriptObserver& observer,
    const std::stop_token& stop) {
  auto applied = TryTransaction(units, durable, observer, stop);
  // All of it was rolled back, so it may be done again, with the statement's text.
  if (applied.ok() || !kept_insert_is_gone_ || !insert_is_kept_) return applied;
  insert_is_kept_ = false;
  return TryTransaction(units, durable, observer, stop);
}

absl::StatusOr<std::vector<AppliedScript>> PgScriptRunner::TryTransaction(
    const std::vector<ScriptUnit>& units, bool durable, ScriptObserver& observer,
    const std::stop_token& stop) {
  PqScriptSession session(connection_, observer, stop);
  const auto rows_left = [&](size_t from) {
    return std::any_of(units.begin() + static_cast<std::ptrdiff_t>(from), units.end(),
                       [](const ScriptUnit& unit) { return unit.row.has_value(); });
  };
  if (rows_left(0) && !KeepInsert(session)) return FailureStatus(session, Place::kInScript, stop);
  std::vector<ScriptItem> items = Preamble();
  items.push_back({.sql = "begin"});
  if (!durable) items.push_back({.sql = "set local synchronous_commit = off"});
  bool is_first_row = true;
  bool ran_script = false;  // since the last row
  for (size_t i = 0; i < units.size(); ++i) {
    const ScriptUnit& unit = units[i];
    if (unit.script != nullptr) {
      ran_script = true;
      if (i > 0) {
        // What one script sets does not reach the next; SET LOCAL keeps to the transaction.
        items.push_back({.sql = "reset role"});
        items.push_back({.sql = absl::StrCat("set local search_path = ", options_.search_path)});
      }
      if (!SendStatements(session, *unit.script, i, items, stop)) {
        return FailureStatus(session, Place::kInScript, stop);
      }
      if (stop.stop_requested()) {
        session.Rollback();
        return Stopped();
      }
    }
    if (!unit.row) continue;
    const size_t begin = items.size();
    AddRow(*unit.row,
           !ran_script    ? "0"
           : is_first_row ? kSinceBegin
                          : kSinceMark,
           rows_left(i + 1), items);
    items[begin].begins_unit = i;
    is_first_row = ran_script = false;
  }
  items.push_back({.sql = "commit"});
  if (!session.RunPipeline(items)) return FailureStatus(session, Place::kAtCommit, stop);
  std::vector<AppliedScript> applied;
  for (const std::vector<std::string>& answer : session.answers()) {
    applied.push_back(AppliedOf(answer));
  }
  return applied;
}

bool PgScriptRunner::RunOneByOne(PqScriptSession& session, const PreparedScript& script,
                                 size_t unit, const std::stop_token& stop) {
  for (size_t i = 0; i < script.statements.size(); ++i) {
    if (!RunAlone(session, ItemOf(script, i, unit), script)) return false;
    if (stop.stop_requested()) return true;
  }
  return true;
}

absl::StatusOr<AppliedScript> PgScriptRunner::RunOutsideTransaction(
    const std::vector<ScriptUnit>& units, ScriptObserver& observer, const std::stop_token& stop) {
  const auto with_row = std::find_if(units.begin(), units.end(),
                                     [](const ScriptUnit& unit) { return unit.row.has_value(); });
  PqScriptSession session(connection_, observer, stop);
  std::vector<ScriptItem> items = Preamble();
  items.push_back({.sql = "set lock_timeout = 0"});
  if (!session.RunPipeline(items)) return FailureStatus(session, Place::kInScript, stop);
  // From here on a crash leaves the row without success: it stops every next run, ours and
  // Flyway's.
  if (with_row != units.end() &&
      !session.RunPipeline({InsertRow(*with_row->row, /*success=*/false, "0")})) {
    return FailureStatus(session, Place::kInScript, stop);
  }
  const clock::SteadyTime begin = clock_.Steady();
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].script == nullptr) continue;
    const PreparedScript& script = *units[i].script;
    if (script.transactional) {
      items.assign(1, {.sql = "begin"});
      const bool good = SendStatements(session, script, i, items, stop);
      items.push_back({.sql = "commit"});
      if (!good || stop.stop_requested() || !session.RunPipeline(items)) {
        if (!session.failure() && !session.lost() && stop.stop_requested()) {
          session.Rollback();
          return Stopped();
        }
        return FailureStatus(session, Place::kInScript, stop);
      }
      continue;
    }
    if (!RunOneByOne(session, script, i, stop)) {
      return FailureStatus(session, Place::kInScript, stop);
    }
    session.Rollback();  // a BEGIN without COMMIT must not swallow the row
    if (stop.stop_requested()) return Stopped();
  }
  AppliedScript applied{.execution_time = clock_.Steady() - begin};
  if (with_row == units.end()) return applied;
  applied.installed_rank = with_row->row->installed_rank;
  std::vector<ScriptItem> end = Preamble();
  end.push_back({.sql = absl::StrCat("update ", table_,
                                     " set success = true, execution_time = $2::integer "
                                     "where installed_rank = $1::integer"),
                 .parameters = {absl::StrCat(applied.installed_rank),
                                absl::StrCat(absl::ToInt64Milliseconds(applied.execution_time))}});
  if (!session.RunPipeline(end)) return FailureStatus(session, Place::kInScript, stop);
  return applied;
}

// The tables that are locked and were there before; what the transaction made itself blocks nobody.
bool PgScriptRunner::ReportLocks(PqScriptSession& session, size_t statement,
                                 ScriptObserver& observer) const {
  const size_t before = session.answers().size();
  const ScriptItem ask{.sql =
                           "select relation::oid, mode from pg_catalog.pg_locks where locktype = "
                           "'relation' and granted and pid = pg_catalog.pg_backend_pid() and "
                           "relation >= 16384",
                       .keeps_answer = true};
  if (!session.RunPipeline({ask})) return false;
  std::vector<HeldLock> locks;
  if (session.answers().size() > before) {
    const std::vector<std::string>& answer = session.answers().back();
    for (size_t i = 0; i + 1 < answer.size(); i += 2) {
      const auto known = known_relations_.find(answer[i]);
      if (known == known_relations_.end()) continue;
      locks.push_back({.relation = known->second, .mode = ModeName(answer[i + 1])});
    }
  }
  std::sort(locks.begin(), locks.end());
  observer.OnLocksHeld(statement, locks);
  return true;
}

bool PgScriptRunner::TryStatements(PqScriptSession& session, const PreparedScript& script,
                                   size_t unit, ScriptObserver& observer,
                                   const std::stop_token& stop) {
  for (size_t i = 0; i < script.statements.size(); ++i) {
    if (!RunAlone(session, ItemOf(script, i, unit), script) || stop.stop_requested() ||
        !ReportLocks(session, i, observer)) {
      return false;
    }
  }
  return true;
}

absl::Status PgScriptRunner::TryOut(const std::vector<ScriptUnit>& units,
                                    absl::Duration lock_timeout,
                                    const std::vector<std::string>& first, ScriptObserver& observer,
                                    const std::stop_token& stop) {
  PqScriptSession session(connection_, observer, stop);
  std::vector<ScriptItem> items = Preamble();
  items.push_back({.sql = "begin"});
  items.push_back({.sql = "select c.oid, n.nspname || '.' || c.relname from pg_catalog.pg_class c "
                          "join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid >= "
                          "16384 and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid is distinct "
                          "from pg_catalog.to_regclass($1)",
                   .parameters = {table_},
                   .keeps_answer = true});
  for (const std::string& statement : first) items.push_back({.sql = statement});
  if (!session.RunPipeline(items)) return FailureStatus(session, Place::kInScript, stop);
  known_relations_.clear();
  if (!session.answers().empty()) {
    const std::vector<std::string>& answer = session.answers().front();
    for (size_t i = 0; i + 1 < answer.size(); i += 2) known_relations_[answer[i]] = answer[i + 1];
  }
  for (size_t i = 0; i < units.size(); ++i) {
    const ScriptUnit& unit = units[i];
    items = {{.sql = "reset role"},
             {.sql = absl::StrCat("set local search_path = ", options_.search_path)},
             {.sql = absl::StrCat("set local lock_timeout = ",
                                  absl::ToInt64Milliseconds(lock_timeout))}};
    items.front().begins_unit = i;
    if (!session.RunPipeline(items) ||
        (unit.script != nullptr && !TryStatements(session, *unit.script, i, observer, stop))) {
      if (!session.failure() && !session.lost() && stop.stop_requested()) {
        session.Rollback();
        return Stopped();
      }
      return FailureStatus(session, Place::kInScript, stop);
    }
    if (!unit.row) continue;
    items.clear();
    AddRow(*unit.row, "0", /*more_follow=*/false, items);
    if (!session.RunPipeline(items)) return FailureStatus(session, Place::kInScript, stop);
  }
  session.Rollback();
  if (session.lost()) return FailureStatus(session, Place::kInScript, stop);
  return absl::OkStatus();
}

absl::Status PgScriptRunner::FailureStatus(PqScriptSession& session, Place place,
                                           const std::stop_token& stop) {
  const std::optional<ItemFailure> failure = session.failure();
  session.Rollback();
  if (!failure) {
    return place == Place::kAtCommit
               ? pg::FromInDoubt("apply the script", session.lost_text())
               : pg::FromLostConnection("apply the script", session.lost_text());
  }
  if (absl::StartsWith(failure->sqlstate, "57P") || absl::StartsWith(failure->sqlstate, "08")) {
    return pg::FromSqlState("apply the script", failure->sqlstate, failure->message);
  }
  if (failure->sqlstate == "57014" && stop.stop_requested()) {
    return pg::FromSqlState("apply the script", failure->sqlstate, failure->message);
  }
  if (stop.stop_requested() && failure->statement &&
      absl::StrContains(failure->message, "the run was cancelled")) {
    return pg::FromSqlState("apply the script", "57014", failure->message);
  }
  if (!failure->statement && failure->sqlstate == "23502" && failure->column == "installed_rank") {
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = Reason::kLockLost,
                          .message =
                              "The session no longer held the history lock, so the script was "
                              "rolled back. A script must not release advisory locks."});
  }
  if (!failure->statement && failure->sqlstate == "26000") kept_insert_is_gone_ = true;
  if (!failure->statement && failure->sqlstate == "42501") {
    return PgHistoryError(
        pg::FromSqlState("write the history row", failure->sqlstate, failure->message),
        options_.history);
  }
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kScriptFailed,
       .message = "A statement of the script failed.",
       .metadata = {{"sqlstate", failure->sqlstate},
                    {"server_message", failure->message},
                    {"unit", failure->unit ? absl::StrCat(*failure->unit) : ""},
                    {"statement", failure->statement ? absl::StrCat(*failure->statement) : ""},
                    {"character", absl::StrCat(failure->character)}}});
}

}  // namespace storefront::migrator
