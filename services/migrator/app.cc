// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/app.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/fs_script_source.h"
#include "services/migrator/fs_secret_file.h"
#include "services/migrator/history_commands.h"
#include "services/migrator/lint.h"
#include "services/migrator/lint_policy.h"
#include "services/migrator/lock_key.h"
#include "services/migrator/metrics.h"
#include "services/migrator/migrator.h"
#include "services/migrator/pg_capture_store.h"
#include "services/migrator/pg_catalog_reader.h"
#include "services/migrator/pg_lint_catalog.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/pg_run_store.h"
#include "services/migrator/pg_schema_history.h"
#include "services/migrator/pg_schema_reader.h"
#include "services/migrator/pg_session.h"
#include "services/migrator/pg_side_schema.h"
#include "services/migrator/pgquery_statement_parser.h"
#include "services/migrator/planner.h"
#include "services/migrator/run_registry.h"
#include "services/migrator/schema_drift.h"
#include "services/migrator/service.h"

namespace storefront::migrator {
namespace {

// The settings in the parts' own words.
struct Options {
  FsScriptSourceOptions source;
  CatalogOptions catalog;
  PgMigrationOptions database;
  PlaceholderValues placeholders;
  MigratorOptions migrator;
  HistoryCommandOptions commands;
  LinterOptions linter;
  size_t event_buffer = 10'000;
  absl::Duration run_retention;
};

constexpr size_t kIdentifierBytesMax = 63;

absl::Status Invalid(absl::string_view setting, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = absl::StrCat(setting, ": ", why),
                        .fields = {{std::string(setting), std::string(why)}}});
}

absl::StatusOr<std::map<std::string, std::string>> Pairs(const config::Settings& settings,
                                                         absl::string_view name) {
  std::map<std::string, std::string> pairs;
  for (const std::string& item : settings.List(name)) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Invalid(name, absl::StrCat("\"", item, "\" is not name=value"));
    }
    if (item.size() - equals - 1 > kPlaceholderBytesMax) {
      return Invalid(name, absl::StrCat(item.substr(0, equals), " has over 8 KiB"));
    }
    if (!pairs.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      return Invalid(name, absl::StrCat(item.substr(0, equals), " is given twice"));
    }
  }
  return pairs;
}

absl::Status CheckIdentifier(absl::string_view setting, const std::string& value) {
  if (value.empty() || value.size() > kIdentifierBytesMax) {
    return Invalid(setting, "must have 1 to 63 bytes");
  }
  return absl::OkStatus();
}

absl::StatusOr<HistoryRow> Baseline(const config::Settings& settings) {
  auto version = Version::Parse(settings.String("baseline_version"));
  if (!version.ok()) return Invalid("baseline_version", version.status().message());
  return BaselineRow(*std::move(version), settings.String("baseline_description"));
}

// What the rows cannot check alone: the url, name=value pairs, files of secrets, names.
absl::StatusOr<Options> MakeOptions(const config::Settings& settings) {
  Options made;
  RETURN_IF_ERROR(pg::CheckUrl(settings.String("database_url")));

  PgHistoryOptions& history = made.database.history;
  history.schemas = settings.List("schemas");
  history.default_schema = settings.String("default_schema");
  if (history.default_schema.empty()) history.default_schema = history.schemas.front();
  if (std::find(history.schemas.begin(), history.schemas.end(), history.default_schema) ==
      history.schemas.end()) {
    history.schemas.insert(history.schemas.begin(), history.default_schema);
  }
  for (const std::string& schema : history.schemas) {
    RETURN_IF_ERROR(CheckIdentifier("schemas", schema));
  }
  history.table = settings.String("history_table");
  RETURN_IF_ERROR(CheckIdentifier("history_table", history.table));
  if (history.table.find('"') != std::string::npos) {
    return Invalid("history_table", "must not have a quote; Flyway fails on it");
  }

  made.database.connection = {.url = settings.String("database_url"),
                              .password = settings.SecretValue("database_password"),
                              .application_name = "storefront-migrator worker",
                              .connect_timeout = settings.Duration("connect_timeout")};
  made.database.create_schemas = settings.Bool("create_schemas");
  made.database.installed_by = settings.String("installed_by");
  if (made.database.installed_by.size() > 100) {
    return Invalid("installed_by", "must have at most 100 bytes");
  }
  made.database.lock_timeout = settings.Duration("lock_timeout");
  made.database.statement_timeout = settings.Duration("statement_timeout");

  made.source = {.locations = settings.List("locations"),
                 .max_files = static_cast<size_t>(settings.Int("max_files")),
                 .max_script_bytes = settings.Bytes("max_script_bytes"),
                 .max_total_bytes = settings.Bytes("max_total_bytes"),
                 .spool_bytes = static_cast<size_t>(settings.Bytes("spool_bytes")),
                 .spool_folder = settings.String("spool_folder")};
  std::error_code error;
  made.catalog = {.validate_naming = settings.Bool("validate_migration_naming"),
                  .max_statements = static_cast<size_t>(settings.Int("max_statements")),
                  .default_schema = history.default_schema,
                  .history_table = history.table,
                  .working_directory = std::filesystem::current_path(error).string()};

  ASSIGN_OR_RETURN(made.placeholders.values, Pairs(settings, "placeholders"));
  ASSIGN_OR_RETURN(const auto secret_files, Pairs(settings, "secret_placeholders"));
  for (const auto& [name, path] : secret_files) {
    ASSIGN_OR_RETURN(made.placeholders.secrets[name], ReadSecretFile(name, path));
  }
  for (const std::string& name : settings.List("raw_placeholders")) {
    made.placeholders.raw.insert(name);
  }

  ASSIGN_OR_RETURN(const LintPolicy lint_policy, ParseLintPolicy(settings.String("lint_policy")));
  ASSIGN_OR_RETURN(const HistoryRow baseline, Baseline(settings));
  made.migrator = {
      .out_of_order = settings.Bool("out_of_order"),
      .group = settings.Bool("group"),
      .mixed = settings.Bool("mixed"),
      .validate_on_migrate = settings.Bool("validate_on_migrate"),
      .baseline = settings.Bool("baseline_on_migrate") ? std::optional(baseline) : std::nullopt,
      .lint_policy = lint_policy,
      .lock_wait = settings.Duration("lock_wait"),
      .limits = {.lock_retries = static_cast<int>(settings.Int("lock_retries")),
                 .connect_wait = settings.Duration("connect_wait")}};
  made.commands = {.baseline = {.version = *baseline.version, .description = baseline.description},
                   .clean_enabled = settings.Bool("clean_enabled"),
                   .lock_wait = made.migrator.lock_wait,
                   .limits = made.migrator.limits};
  made.linter = {.lint = {.large_table_rows = settings.Int("large_table_rows")},
                 .max_text_bytes = static_cast<size_t>(settings.Bytes("max_lint_text")),
                 .out_of_order = made.migrator.out_of_order,
                 .mixed = made.migrator.mixed};
  made.event_buffer = static_cast<size_t>(settings.Int("event_buffer"));
  made.run_retention = settings.Duration("run_retention");
  return made;
}

pg::ConnectionOptions OnlookerConnection(pg::ConnectionOptions connection) {
  connection.application_name = "storefront-migrator onlooker";
  // A look at the database must not hang behind somebody's lock.
  connection.session_settings = {{"lock_timeout", "5s"}, {"statement_timeout", "10s"}};
  return connection;
}

void LogEnd(const Run& run) {
  LOG(INFO) << log::Event(
      "migration_run_ended",
      {{"run", run.id},
       {"kind", RunKindName(run.kind)},
       {"state", RunStateName(run.state)},
       {"scripts", run.steps.size()},
       {"version", run.final_version},
       {"duration_ms", absl::ToInt64Milliseconds(run.end_time - run.start_time)},
       {"error", run.error.message()},
       {"internal_error", status::DetailsOf(run.error).internal}});
}

LinterOptions WithCounter(LinterOptions options, Metrics& metrics) {
  options.on_finding = [&metrics](absl::string_view rule) { metrics.CountLintFinding(rule); };
  return options;
}

void LogRecordingProblem(const absl::Status& problem) {
  LOG(WARNING) << log::Event(
      "run_not_recorded",
      {{"error", problem.message()}, {"internal_error", status::DetailsOf(problem).internal}});
}

class MigratorApp final : public grpcserver::App {
 public:
  MigratorApp(const Options& config, Placeholders placeholders, const grpcserver::Context& context)
      : clock_(context.clock),
        metrics_(context.metrics),
        placeholders_(std::move(placeholders)),
        source_(config.source, context.clock),
        catalog_(source_, parser_, placeholders_, context.clock, config.catalog),
        onlooker_session_(OnlookerConnection(config.database.connection)),
        onlooker_(onlooker_session_, config.database.history),
        database_(config.database, context.clock),
        side_session_(config.database.connection,
                      static_cast<int32_t>(std::random_device()() & 0x7FFFFFFFU) | 1),
        run_store_(side_session_),
        capture_store_(side_session_),
        schema_reader_(config.database.connection, config.database.history.schemas),
        drift_(schema_reader_, capture_store_, placeholders_, context.clock),
        runs_(context.clock, {.event_buffer = config.event_buffer,
                              .store = &run_store_,
                              .recorder = {.retention = config.run_retention,
                                           .event_buffer = config.event_buffer,
                                           .on_problem = LogRecordingProblem},
                              .id_seed = std::random_device()(),
                              .before_end = [this](const Run& run) { CaptureAfter(run); },
                              .on_end =
                                  [this](const Run& run) {
                                    LogEnd(run);
                                    metrics_.CountRun(run);
                                  }}),
        lint_catalog_(onlooker_session_, config.database.history.default_schema),
        linter_(catalog_, onlooker_, lint_catalog_, WithCounter(config.linter, metrics_)),
        migrator_({.database = database_,
                   .catalog = catalog_,
                   .onlooker = onlooker_,
                   .clock = context.clock,
                   .judge = &linter_},
                  runs_, config.migrator),
        commands_({.database = database_,
                   .catalog = catalog_,
                   .onlooker = onlooker_,
                   .clock = context.clock},
                  runs_, config.commands),
        reader_(OnlookerConnection(config.database.connection),
                config.database.history.default_schema),
        planner_(migrator_, reader_),
        service_(
            context.edge, migrator_, linter_, planner_, commands_, drift_,
            QualifiedName(config.database.history.default_schema, config.database.history.table)) {}

  std::vector<grpc::Service*> Services() override { return {&service_}; }

  absl::Status CheckReady(const std::stop_token&) override {
    ASSIGN_OR_RETURN(const HistoryView view, onlooker_.Read());
    metrics_.ShowHistory(view.history);
    ShowPending();
    return absl::OkStatus();
  }

  void Stop() override { runs_.Stop(); }

 private:
  // Reads the files, so not each time that readiness is asked for.
  void ShowPending() {
    constexpr absl::Duration kInterval = absl::Seconds(5);
    const clock::SteadyTime now = clock_.Steady();
    if (pending_shown_ && now - *pending_shown_ < kInterval) return;
    pending_shown_ = now;
    const auto listing = migrator_.List();
    metrics_.ShowPending(listing.ok() ? std::optional(PendingLines((*listing)->table).size())
                                      : std::nullopt);
  }

  void CaptureAfter(const Run& run) {
    const absl::Status captured = drift_.CaptureAfter(run);
    if (captured.ok()) return;
    // What the run did is done; drift is compared with the capture before until the next one.
    LOG(WARNING) << log::Event("schema_not_captured",
                               {{"run", run.id},
                                {"error", captured.message()},
                                {"internal_error", status::DetailsOf(captured).internal}});
  }

  clock::Clock& clock_;
  std::optional<clock::SteadyTime> pending_shown_;  // of the thread that asks for readiness
  Metrics metrics_;
  const Placeholders placeholders_;
  PgQueryStatementParser parser_;
  FsScriptSource source_;
  ScriptCatalog catalog_;
  PgSession onlooker_session_;
  PgSchemaHistory onlooker_;
  PgMigrationDatabase database_;
  PgSideSession side_session_;
  PgRunStore run_store_;
  PgCaptureStore capture_store_;
  PgSchemaReader schema_reader_;
  SchemaDrift drift_;
  RunRegistry runs_;
  PgLintCatalogReader lint_catalog_;
  Linter linter_;
  Migrator migrator_;
  HistoryCommands commands_;
  PgCatalogReader reader_;
  Planner planner_;
  MigratorEdge service_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context) {
  ASSIGN_OR_RETURN(const Options options, MakeOptions(context.settings));
  ASSIGN_OR_RETURN(Placeholders placeholders, Placeholders::Make(options.placeholders));
  return std::make_unique<MigratorApp>(options, std::move(placeholders), context);
}

}  // namespace storefront::migrator
