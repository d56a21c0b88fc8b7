// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_migration_connection.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/lock_key.h"
#include "services/migrator/pg_history_commands.h"
#include "services/migrator/pg_script_runner.h"

namespace storefront::migrator {
namespace {

using status::Reason;

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
}

absl::Status PoolerDetected() {
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kPoolerDetected,
       .message = "A connection pooler answers at database_url. Locks and session settings do not "
                  "hold through it; connect to Postgres directly."});
}

class PgMigrationConnection final : public MigrationConnection {
 public:
  PgMigrationConnection(pg::PgConn connection, const PgMigrationOptions& options,
                        clock::Clock& clock)
      : connection_(std::move(connection)),
        options_(options),
        clock_(clock),
        lock_key_(HistoryLockKey(options.history.default_schema, options.history.table)),
        table_(QualifiedName(options.history.default_schema, options.history.table)) {}

  absl::Status ReadFacts();

  const ServerFacts& facts() const override { return facts_; }
  int backend_pid() const override { return PQbackendPID(connection_.get()); }

  absl::StatusOr<bool> TryLock() override;
  absl::StatusOr<std::optional<LockHolder>> FindLockHolder() override {
    return PgFindLockHolder(Runner(), lock_key_);
  }
  absl::Status Unlock() override;
  absl::StatusOr<History> ReadHistory() override {
    return PgReadHistory(Runner(), options_.history);
  }
  absl::Status CheckSchemasEmpty() override;
  absl::Status CreateHistory() override;
  absl::StatusOr<std::vector<std::string>> SchemasToCreate() override;
  absl::StatusOr<std::vector<AppliedScript>> RunTransaction(const std::vector<ScriptUnit>& units,
                                                            bool durable, ScriptObserver& observer,
                                                            const std::stop_token& stop) override {
    return runner_->RunTransaction(units, durable, observer, stop);
  }
  absl::StatusOr<AppliedScript> RunOutsideTransaction(const std::vector<ScriptUnit>& units,
                                                      ScriptObserver& observer,
                                                      const std::stop_token& stop) override {
    return runner_->RunOutsideTransaction(units, observer, stop);
  }
  absl::Status TryOut(const std::vector<ScriptUnit>& units, absl::Duration lock_timeout,
                      ScriptObserver& observer, const std::stop_token& stop) override;
  absl::Status MakeDurable() override;
  absl::Status WriteBaseline(const HistoryRow& row, ScriptObserver& observer,
                             const std::stop_token& stop) override;
  absl::StatusOr<std::vector<InvalidIndex>> FindInvalidIndexes() override {
    return commands_->FindInvalidIndexes();
  }
  absl::Status Repair(const RepairPlan& plan, ScriptObserver& observer,
                      const std::stop_token& stop) override {
    return commands_->Repair(plan, observer, stop);
  }
  absl::StatusOr<SchemaContents> ReadContents() override { return commands_->ReadContents(); }
  absl::Status Clean(const CleanPlan& plan, ScriptObserver& observer,
                     const std::stop_token& stop) override {
    return commands_->Clean(plan, observer, stop);
  }

 private:
  absl::Status Execute(absl::string_view what, const std::string& sql) {
    return PgExecute(connection_.get(), what, sql).status();
  }
  std::function<absl::StatusOr<pg::PgResult>(absl::string_view, const std::string&)> Runner() {
    return [this](absl::string_view what, const std::string& sql) {
      return PgExecute(connection_.get(), what, sql);
    };
  }
  // What is missing of schemas and table, and the statements that would make it.
  struct Creation {
    std::vector<std::string> schemas;
    std::vector<std::string> statements;
  };
  absl::StatusOr<Creation> PlanCreation();

  pg::PgConn connection_;
  const PgMigrationOptions& options_;
  clock::Clock& clock_;
  const int64_t lock_key_;
  const std::string table_;
  ServerFacts facts_;
  std::optional<PgScriptRunner> runner_;       // once the facts are known
  std::optional<PgHistoryCommands> commands_;  // the same
};

absl::Status PgMigrationConnection::ReadFacts() {
  ASSIGN_OR_RETURN(
      const pg::PgResult result,
      PgExecute(connection_.get(), "read the server's facts",
                "select pg_catalog.pg_backend_pid(), pg_catalog.current_database(), current_user, "
                "pg_catalog.current_setting('search_path'), pg_catalog.pg_is_in_recovery()"));
  const PGresult* row = result.get();
  int pid = 0;
  if (!absl::SimpleAtoi(PQgetvalue(row, 0, 0), &pid) || pid != backend_pid()) {
    return PoolerDetected();
  }
  facts_ = {.database = PQgetvalue(row, 0, 1), .user = PQgetvalue(row, 0, 2)};
  // Default schema, then what the server gave us.
  std::string search_path = QuoteIdentifier(options_.history.default_schema);
  if (const absl::string_view original = PQgetvalue(row, 0, 3); !original.empty()) {
    absl::StrAppend(&search_path, ", ", original);
  }
  commands_.emplace(
      connection_.get(),
      PgHistoryCommandOptions{
          .history = options_.history,
          .lock_key = lock_key_,
          .installed_by = options_.installed_by.empty() ? facts_.user : options_.installed_by});
  runner_.emplace(
      connection_.get(),
      PgScriptRunnerOptions{
          .history = options_.history,
          .lock_key = lock_key_,
          .search_path = std::move(search_path),
          .installed_by = options_.installed_by.empty() ? facts_.user : options_.installed_by},
      clock_);
  if (absl::string_view(PQgetvalue(row, 0, 4)) == "t") {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = Reason::kReadOnlyServer,
                          .message = "The server is a standby and takes no writes. Connect to the "
                                     "primary."});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PgMigrationConnection::TryLock() {
  // A session may take its own lock again and would then have to give it back twice.
  ASSIGN_OR_RETURN(
      const pg::PgResult result,
      PgExecute(connection_.get(), "take the history lock",
                absl::StrCat("select case when exists (select from pg_catalog.pg_locks l where ",
                             PgLockCondition(lock_key_),
                             " and l.pid = pg_catalog.pg_backend_pid()) then true else ",
                             PgTakeLock(lock_key_), " end")));
  return absl::string_view(PQgetvalue(result.get(), 0, 0)) == "t";
}

absl::Status PgMigrationConnection::Unlock() {
  return Execute("give the history lock back", absl::StrCat("select ", PgGiveLockBack(lock_key_)));
}

absl::Status PgMigrationConnection::CheckSchemasEmpty() {
  // What an extension brought is no content.
  const auto from = [](absl::string_view catalog, absl::string_view name, absl::string_view schema,
                       absl::string_view condition) {
    return absl::StrCat("select n.nspname || '.' || o.", name, " as name from pg_catalog.", catalog,
                        " o join pg_catalog.pg_namespace n on n.oid = o.", schema,
                        " where n.nspname = any ($1::text[]) and ", condition,
                        " and not exists (select from pg_catalog.pg_depend d where d.classid = "
                        "'pg_catalog.",
                        catalog, "'::regclass and d.objid = o.oid and d.deptype = 'e')");
  };
  const std::string sql =
      absl::StrCat(from("pg_class", "relname", "relnamespace",
                        "o.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')"),
                   " union all ", from("pg_proc", "proname", "pronamespace", "true"), " union all ",
                   from("pg_type", "typname", "typnamespace", "o.typtype in ('d', 'e', 'r') "),
                   " order by name limit 4");
  ASSIGN_OR_RETURN(const pg::PgResult result, PgExecute(connection_.get(), "look into the schemas",
                                                        sql, {PgArray(options_.history.schemas)}));
  const int count = PQntuples(result.get());
  if (count == 0) return absl::OkStatus();
  std::string names;
  for (int i = 0; i < std::min(count, 3); ++i) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", PQgetvalue(result.get(), i, 0));
  }
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kNonEmptySchema,
       .message = absl::StrCat("There is no history table ", table_,
                               ", but the schemas have content (", names, count > 3 ? ", …" : "",
                               "). Use empty schemas, or record a baseline."),
       .metadata = {{"objects", names}}});
}

absl::StatusOr<PgMigrationConnection::Creation> PgMigrationConnection::PlanCreation() {
  ASSIGN_OR_RETURN(
      const pg::PgResult result,
      PgExecute(connection_.get(), "look for the schemas",
                "select s.name from unnest($1::text[]) with ordinality s (name, place) where not "
                "exists (select from pg_catalog.pg_namespace n where n.nspname = s.name) union all "
                "select null where to_regclass($2) is null",
                {PgArray(options_.history.schemas), table_}));
  Creation creation;
  std::string created;
  bool table_is_missing = false;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    if (PQgetisnull(result.get(), i, 0) != 0) {
      table_is_missing = true;
      continue;
    }
    if (!options_.create_schemas) continue;
    const std::string& schema = creation.schemas.emplace_back(PQgetvalue(result.get(), i, 0));
    creation.statements.push_back("create schema " + QuoteIdentifier(schema));
    absl::StrAppend(&created, created.empty() ? "" : ",", QuoteIdentifier(schema));
  }
  const std::string& name = options_.history.table;
  if (table_is_missing) {
    creation.statements.push_back(absl::StrCat(
        "create table ", table_,
        " (installed_rank integer not null, version varchar(50), "
        "description varchar(200) not null, type varchar(20) not null, "
        "script varchar(1000) not null, checksum integer, "
        "installed_by varchar(100) not null, installed_on timestamp not null default now(), "
        "execution_time integer not null, success boolean not null)"));
    creation.statements.push_back(absl::StrCat("alter table ", table_, " add constraint ",
                                               QuoteIdentifier(name + "_pk"),
                                               " primary key (installed_rank)"));
    creation.statements.push_back(absl::StrCat("create index ", QuoteIdentifier(name + "_s_idx"),
                                               " on ", table_, " (success)"));
  }
  if (!created.empty()) {
    // The row that says which schemas are ours comes first, or not at all.
    const std::unique_ptr<char, decltype(&PQfreemem)> script(
        PQescapeLiteral(connection_.get(), created.data(), created.size()), PQfreemem);
    const std::string& user = options_.installed_by.empty() ? facts_.user : options_.installed_by;
    const std::unique_ptr<char, decltype(&PQfreemem)> by(
        PQescapeLiteral(connection_.get(), user.data(), user.size()), PQfreemem);
    creation.statements.push_back(absl::StrCat(
        "insert into ", table_,
        " (installed_rank, description, type, script, installed_by, execution_time, success) "
        "select 0, '<< Flyway Schema Creation >>', 'SCHEMA', ",
        script.get(), ", ", by.get(), ", 0, true where not exists (select from ", table_, ")"));
  }
  return creation;
}

absl::StatusOr<std::vector<std::string>> PgMigrationConnection::SchemasToCreate() {
  ASSIGN_OR_RETURN(Creation creation, PlanCreation());
  return std::move(creation.schemas);
}

absl::Status PgMigrationConnection::CreateHistory() {
  ASSIGN_OR_RETURN(const Creation creation, PlanCreation());
  if (creation.statements.empty()) return absl::OkStatus();
  const std::string sql =
      absl::StrCat("begin;", absl::StrJoin(creation.statements, ";"), ";commit");
  const pg::PgResult result(PQexec(connection_.get(), sql.c_str()));
  absl::Status status =
      PgHistoryError(pg::FromResult("create the history table", connection_.get(), result.get()),
                     options_.history);
  if (!status.ok() && PQstatus(connection_.get()) == CONNECTION_OK) {
    const pg::PgResult rollback(PQexec(connection_.get(), "rollback"));
  }
  return status;
}

absl::Status PgMigrationConnection::TryOut(const std::vector<ScriptUnit>& units,
                                           absl::Duration lock_timeout, ScriptObserver& observer,
                                           const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const Creation creation, PlanCreation());
  return runner_->TryOut(units, lock_timeout, creation.statements, observer, stop);
}

absl::Status PgMigrationConnection::WriteBaseline(const HistoryRow& row, ScriptObserver& observer,
                                                  const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const Creation creation, PlanCreation());
  return commands_->WriteBaseline(creation.statements, row, observer, stop);
}

absl::Status PgMigrationConnection::MakeDurable() {
  // A transaction with an id of its own flushes the log up to its commit.
  return Execute("make the commits durable", "select pg_catalog.pg_current_xact_id()");
}

}  // namespace

PgMigrationDatabase::PgMigrationDatabase(PgMigrationOptions options, clock::Clock& clock)
    : options_([&] {
        // Sent with the connect, so that RESET ALL comes back to them.
        options.connection.session_settings = {
            {"lock_timeout", Milliseconds(options.lock_timeout)},
            {"statement_timeout", Milliseconds(options.statement_timeout)},
            // A session whose process was killed ends at once, with its locks (M2).
            {"client_connection_check_interval", "250ms"}};
        return std::move(options);
      }()),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<MigrationConnection>> PgMigrationDatabase::Open() {
  auto raw = pg::ConnectLibpq(options_.connection);
  if (!raw.ok()) {
    // PgBouncer refuses session settings in the connect before we can ask it anything.
    if (absl::StrContains(status::DetailsOf(raw.status()).internal,
                          "unsupported startup parameter")) {
      return PoolerDetected();
    }
    return raw.status();
  }
  auto connection = std::make_unique<PgMigrationConnection>(*std::move(raw), options_, clock_);
  RETURN_IF_ERROR(connection->ReadFacts());
  return std::unique_ptr<MigrationConnection>(std::move(connection));
}

}  // namespace storefront::migrator
