// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/app.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/pg/connection.h"
#include "services/seeder/pg_seed_ledger.h"
#include "services/seeder/pg_slot_monitor.h"
#include "services/seeder/pg_storefront_catalog.h"
#include "services/seeder/pg_storefront_inspector.h"
#include "services/seeder/pq_delta_channel.h"
#include "services/seeder/pq_session.h"
#include "services/seeder/pq_storefront_store.h"
#include "services/seeder/seed_run_registry.h"
#include "services/seeder/service.h"

namespace storefront::seeder {
namespace {

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
}

pg::ConnectionOptions ReaderOptions(const config::Settings& settings) {
  return {.url = settings.String("database_url"),
          .password = settings.SecretValue("database_password"),
          .application_name = "storefront-seeder",
          .session_settings = {{"lock_timeout", Milliseconds(settings.Duration("lock_timeout"))},
                               {"search_path", "public"}}};
}

// Sessions of runs: a killed process leaves no transaction open for longer than `timeout`.
pg::ConnectionOptions WriterOptions(const config::Settings& settings, absl::Duration timeout) {
  pg::ConnectionOptions options = ReaderOptions(settings);
  options.application_name = kWriterName;
  options.session_settings.emplace_back("transaction_timeout", Milliseconds(timeout));
  options.session_settings.emplace_back("synchronous_commit",
                                        settings.Bool("durable_commits") ? "on" : "off");
  // Statements are by key. A plan made while a table was small must not be kept when it is large.
  options.session_settings.emplace_back("plan_cache_mode", "force_generic_plan");
  options.session_settings.emplace_back("enable_seqscan", "off");
  return options;
}

JobOptions JobOptionsFrom(const config::Settings& settings) {
  return {.connections = static_cast<int>(settings.Int("connections")),
          .chunk_rows = settings.Int("chunk_rows"),
          .max_rows_per_run = settings.Int("max_rows_per_run"),
          .max_events_per_second = settings.Number("max_events_per_second"),
          .pipeline_depth = static_cast<size_t>(settings.Int("pipeline_depth")),
          .batch_retries = static_cast<int>(settings.Int("batch_retries")),
          .reconnect_wait = settings.Duration("reconnect_wait"),
          .max_slot_lag_bytes = settings.Bytes("max_slot_lag_bytes"),
          .watch_interval = settings.Duration("watch_interval"),
          .auto_resume = settings.Bool("auto_resume")};
}

class SeederApp final : public grpcserver::App {
 public:
  explicit SeederApp(const grpcserver::Context& context)
      : ledger_(ReaderOptions(context.settings)),
        catalog_(ReaderOptions(context.settings)),
        inspector_(ReaderOptions(context.settings), context.clock),
        slots_(ReaderOptions(context.settings)),
        runs_(MakePorts(context), JobOptionsFrom(context.settings)),
        edge_(context.edge, runs_, inspector_, slots_, JobOptionsFrom(context.settings)) {
    runs_.Begin();
  }

  std::vector<grpc::Service*> Services() override { return {&edge_}; }
  absl::Status CheckReady(const std::stop_token&) override { return catalog_.CheckSchema(); }
  void Stop() override { runs_.Shutdown(); }

 private:
  Ports MakePorts(const grpcserver::Context& context) {
    const config::Settings& settings = context.settings;
    clock::Clock& clock = context.clock;
    return {.make_store =
                [options = WriterOptions(settings, settings.Duration("chunk_transaction_timeout")),
                 slab_bytes = static_cast<size_t>(settings.Bytes("slab_bytes")), &clock] {
                  return std::make_unique<PqStorefrontStore>(options, slab_bytes, clock);
                },
            .make_channel =
                [options = WriterOptions(settings, settings.Duration("delta_transaction_timeout")),
                 &clock] { return std::make_unique<PqDeltaChannel>(options, clock); },
            .ledger = ledger_,
            .catalog = catalog_,
            .inspector = inspector_,
            .slots = slots_,
            .clock = clock};
  }

  PgSeedLedger ledger_;
  PgStorefrontCatalog catalog_;
  PgStorefrontInspector inspector_;
  PgSlotMonitor slots_;
  SeedRunRegistry runs_;
  SeederEdge edge_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context) {
  if (absl::Status url = pg::CheckUrl(context.settings.String("database_url")); !url.ok()) {
    return url;
  }
  return std::make_unique<SeederApp>(context);
}

}  // namespace storefront::seeder
