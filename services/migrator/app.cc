// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/app.h"

#include <random>
#include <utility>

#include "absl/log/log.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/config.h"
#include "services/migrator/fs_script_source.h"
#include "services/migrator/lock_key.h"
#include "services/migrator/metrics.h"
#include "services/migrator/migrator.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/pg_schema_history.h"
#include "services/migrator/pgquery_statement_parser.h"
#include "services/migrator/run_registry.h"
#include "services/migrator/service.h"

namespace storefront::migrator {
namespace {

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
       {"state", RunStateName(run.state)},
       {"scripts", run.steps.size()},
       {"version", run.final_version},
       {"duration_ms", absl::ToInt64Milliseconds(run.end_time - run.start_time)},
       {"error", run.error.message()},
       {"internal_error", status::DetailsOf(run.error).internal}});
}

class MigratorApp final : public grpcserver::App {
 public:
  MigratorApp(Config config, Placeholders placeholders, const grpcserver::Context& context)
      : metrics_(context.metrics),
        placeholders_(std::move(placeholders)),
        source_(config.source, context.clock),
        catalog_(source_, parser_, placeholders_, context.clock, config.catalog),
        onlooker_(OnlookerConnection(config.database.connection), config.database.history),
        database_(config.database, context.clock),
        runs_(context.clock, {.event_buffer = config.event_buffer,
                              .id_seed = std::random_device()(),
                              .on_end =
                                  [this](const Run& run) {
                                    LogEnd(run);
                                    metrics_.CountRun(run);
                                  }}),
        migrator_({.database = database_,
                   .catalog = catalog_,
                   .onlooker = onlooker_,
                   .clock = context.clock},
                  runs_, config.migrator),
        service_(
            context.edge, migrator_,
            QualifiedName(config.database.history.default_schema, config.database.history.table)) {}

  std::vector<grpc::Service*> Services() override { return {&service_}; }

  absl::Status CheckReady(const std::stop_token&) override {
    ASSIGN_OR_RETURN(const HistoryView view, onlooker_.Read());
    metrics_.ShowHistory(view.history);
    return absl::OkStatus();
  }

  void Stop() override { runs_.Stop(); }

 private:
  Metrics metrics_;
  const Placeholders placeholders_;
  PgQueryStatementParser parser_;
  FsScriptSource source_;
  ScriptCatalog catalog_;
  PgSchemaHistory onlooker_;
  PgMigrationDatabase database_;
  RunRegistry runs_;
  Migrator migrator_;
  MigratorEdge service_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context) {
  ASSIGN_OR_RETURN(Config config, MakeConfig(context.settings));
  ASSIGN_OR_RETURN(Placeholders placeholders, Placeholders::Make(config.placeholders));
  return std::make_unique<MigratorApp>(std::move(config), std::move(placeholders), context);
}

}  // namespace storefront::migrator
