// A server process from its settings rows to its exit code.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/codegen/service_type.h>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/config/settings.h"
#include "libs/grpcserver/edge.h"

namespace storefront::grpcserver {

// What a service's app.cc is given to build with. All outlive the App.
struct Context {
  const config::Settings& settings;
  Edge& edge;
  prometheus::Registry& metrics;
  clock::Clock& clock;
};

// What a service is, once built.
class App {
 public:
  virtual ~App() = default;

  // The gRPC services, owned by the app.
  virtual std::vector<grpc::Service*> Services() = 0;

  // Asks the dependencies, on a thread of its own, every second or two: OK = health "readiness" is
  // SERVING. Must honour `stop` and come back within about 5 s.
  virtual absl::Status CheckReady(const std::stop_token& stop) = 0;

  // No new call arrives any more. Stop background work: finish or roll back what is under way,
  // within 10 s. Called once, before the streams are ended.
  virtual void Stop() = 0;
};

struct ProcessSpec {
  std::string service;  // "connector-manager": names settings, logs and metrics
  std::string summary;  // for --help
  // The service's own rows; listen, metrics_listen, auth_mode, token_file, log_level and the limits
  // of libs/grpcserver are added.
  std::vector<config::Setting> settings;
  std::string default_listen;          // "127.0.0.1:50052"
  std::string default_metrics_listen;  // "127.0.0.1:9462"
  std::function<absl::StatusOr<std::unique_ptr<App>>(const Context&)> make_app;
};

// Runs the process: settings → app → listen → serve until SIGTERM or SIGINT → stop → exit code.
//   0  stopped cleanly (within 15 s of the signal), or --help, --version, --settings_markdown
//   1  the app could not be built, a port is taken
//   2  settings are wrong; all problems are printed at once
// A second signal ends it at once. A missing dependency does not stop a start: readiness is
// NOT_SERVING until CheckReady is OK.
int ServeMain(const ProcessSpec& spec, int argc, char** argv);

}  // namespace storefront::grpcserver
