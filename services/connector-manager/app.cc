// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/app.h"

#include <libpq-fe.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/pg/connection.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/fs_template_source.h"
#include "services/connector-manager/http_connect_api.h"
#include "services/connector-manager/pg_source_catalog.h"
#include "services/connector-manager/rdkafka_change_reader.h"
#include "services/connector-manager/service.h"

namespace storefront::connectors {
namespace {

Environment EnvironmentOfProcess() {
  Environment environment;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::vector<std::string> parts = absl::StrSplit(*one, absl::MaxSplits('=', 1));
    if (parts.size() == 2) environment[parts[0]] = parts[1];
  }
  return environment;
}

std::string HostOf(const std::string& url) {
  std::string host;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  for (const PQconninfoOption* one = options; one != nullptr && one->keyword != nullptr; ++one) {
    if (absl::string_view(one->keyword) == "host" && one->val != nullptr) host = one->val;
  }
  PQconninfoFree(options);
  return host;
}

absl::Status CheckConnectUrl(absl::string_view url) {
  absl::string_view rest = url;
  const bool has_scheme =
      absl::ConsumePrefix(&rest, "http://") || absl::ConsumePrefix(&rest, "https://");
  if (has_scheme && !rest.empty() && !absl::StrContains(rest, "/") &&
      !absl::StrContains(rest, "@")) {
    return absl::OkStatus();
  }
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = "connect_url must be http://host:port, without a path.",
                        .metadata = {{"setting", "connect_url"}}});
}

// The series that requests to Connect and probes write to.
class ConnectMetrics {
 public:
  explicit ConnectMetrics(prometheus::Registry& registry)
      : requests_(prometheus::BuildCounter()
                      .Name("storefront_connector_manager_connect_requests_total")
                      .Help("Requests to Kafka Connect by call and answer.")
                      .Register(registry)),
        seconds_(prometheus::BuildHistogram()
                     .Name("storefront_connector_manager_connect_seconds")
                     .Help("Time of requests to Kafka Connect by call.")
                     .Register(registry)) {}

  void Observe(const std::string& call, const std::string& code, absl::Duration took) {
    requests_.Add({{"call", call}, {"code", code}}).Increment();
    seconds_
        .Add({{"call", call}},
             prometheus::Histogram::BucketBoundaries{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                     2.5, 5, 10, 20})
        .Observe(absl::ToDoubleSeconds(took));
  }

 private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
};

struct Parts {
  std::unique_ptr<StateFolder> state;
  PlannerRules rules;
  FsTemplateOptions templates;
  HttpConnectOptions connect;
  pg::ConnectionOptions database;
  std::string bootstrap_servers;
  absl::Duration stalled_after, probe_timeout, poll_interval;
};

class ConnectorApp final : public grpcserver::App {
 public:
  ConnectorApp(Parts parts, const grpcserver::Context& context)
      : clock_(context.clock),
        metrics_(context.metrics),
        state_(std::move(parts.state)),
        poll_interval_(parts.poll_interval),
        templates_(MakeFsTemplateSource(std::move(parts.templates))),
        connect_(MakeHttpConnectApi(WithMetrics(std::move(parts.connect)), clock_)),
        // The marker has a connection of its own: a slow look at the source must not delay a probe.
        source_(MakePgSourceCatalog(MakePgSession(parts.database, clock_))),
        slots_(MakePgSlotAdmin(MakePgSession(parts.database, clock_), clock_)),
        markers_(MakePgMarkerStore(MakePgSession(parts.database, clock_))),
        reader_(MakeRdkafkaChangeReader(parts.bootstrap_servers)),
        planner_(*templates_, *connect_, *source_, clock_, std::move(parts.rules)),
        directory_(planner_, *connect_, *source_, probes_, clock_, parts.stalled_after),
        apply_(planner_, *connect_, *source_, directory_, locks_, clock_),
        operations_(*connect_, *source_, *slots_, locks_, clock_),
        probe_(*connect_, *markers_, *reader_, directory_, probes_, clock_),
        edge_(context.edge, {*templates_, planner_, apply_, directory_, operations_, probe_,
                             *connect_, parts.probe_timeout}),
        watch_([this](const std::stop_token& stop) { WatchConnect(stop); }) {}

  std::vector<grpc::Service*> Services() override { return {&edge_}; }

  absl::Status CheckReady(const std::stop_token& stop) override {
    const CallLimits limits{clock_.Steady() + absl::Seconds(4), stop};
    RETURN_IF_ERROR(connect_->List(limits).status());
    return source_->Slots(limits).status();
  }

  void Stop() override {
    watch_.request_stop();
    if (watch_.joinable()) watch_.join();
  }

 private:
  HttpConnectOptions WithMetrics(HttpConnectOptions options) {
    options.observer = [this](const std::string& call, const std::string& code,
                              absl::Duration took) { metrics_.Observe(call, code, took); };
    return options;
  }

  void WatchConnect(const std::stop_token& stop) {
    do {
      directory_.NoteConnectHealth(connect_->Health({clock_.Steady() + absl::Seconds(15), stop}));
    } while (clock_.WaitFor(poll_interval_, stop));
  }

  clock::Clock& clock_;
  ConnectMetrics metrics_;
  const std::unique_ptr<StateFolder> state_;
  const absl::Duration poll_interval_;
  const std::unique_ptr<TemplateSource> templates_;
  const std::unique_ptr<ConnectApi> connect_;
  const std::unique_ptr<SourceCatalog> source_;
  const std::unique_ptr<SlotAdmin> slots_;
  const std::unique_ptr<MarkerStore> markers_;
  const std::unique_ptr<ChangeReader> reader_;
  ProbeMemory probes_;
  NameLocks locks_;
  Planner planner_;
  ConnectorDirectory directory_;
  ApplyEngine apply_;
  ConnectorOperations operations_;
  PipelineProbe probe_;
  ConnectorEdge edge_;
  std::jthread watch_;  // last: it uses the rest
};

}  // namespace

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context) {
  const config::Settings& settings = context.settings;
  const std::string database_url = settings.String("database_url");
  RETURN_IF_ERROR(pg::CheckUrl(database_url));
  RETURN_IF_ERROR(CheckConnectUrl(settings.String("connect_url")));

  Parts parts;
  ASSIGN_OR_RETURN(parts.state, StateFolder::Open(settings.String("state_dir")));
  ASSIGN_OR_RETURN(const std::string key, parts.state->Key());
  parts.bootstrap_servers = settings.String("bootstrap_servers");
  std::vector<std::string> hosts = settings.List("allowed_hosts");
  if (hosts.empty()) hosts = {HostOf(database_url)};
  parts.rules = {.render = {.env_allowlist = settings.List("env_allowlist"),
                            .secret_paths = settings.List("secret_paths"),
                            .revision_key = key},
                 .keys = {.allowed_classes = settings.List("allowed_classes"),
                          .allowed_hosts = std::move(hosts),
                          .bootstrap_servers = parts.bootstrap_servers,
                          .allow_custom_sql = settings.Bool("allow_custom_sql")},
                 .source_database = pg::DatabaseName(database_url)};
  parts.templates = {.folder = settings.String("templates_dir"),
                     .env_files = settings.List("env_files"),
                     .templates_max = settings.Int("templates_max"),
                     .environment = EnvironmentOfProcess()};
  parts.connect = {.url = settings.String("connect_url"),
                   .timeouts = {},
                   .in_flight_max = settings.Int("connect_in_flight"),
                   .body_bytes_max = settings.Bytes("connect_response_bytes"),
                   .observer = {}};
  parts.database = {.url = database_url,
                    .password = settings.SecretValue("database_password"),
                    .application_name = "storefront-connector-manager"};
  parts.stalled_after = settings.Duration("stalled_after");
  parts.probe_timeout = settings.Duration("probe_timeout");
  parts.poll_interval = settings.Duration("poll_interval");
  return std::unique_ptr<grpcserver::App>(new ConnectorApp(std::move(parts), context));
}

}  // namespace storefront::connectors
