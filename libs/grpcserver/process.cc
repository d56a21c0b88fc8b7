// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/process.h"

#include <grpc/support/log.h>
#include <prometheus/exposer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/grpcserver/server.h"
#include "libs/grpcserver/server_settings.h"
#include "libs/log/event.h"
#include "libs/log/sink.h"
#include "libs/status/error.h"

namespace storefront::grpcserver {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr absl::Duration kStopWatchdog = absl::Seconds(15);
constexpr absl::Duration kCallGrace = absl::Seconds(3);

// Every field on a line of its own: a person reads this once, before any log.
int PrintAndReturn(const absl::Status& status, int code) {
  std::cerr << "error: " << status.message() << "\n";
  for (const auto& field : status::DetailsOf(status).fields) {
    std::cerr << "  " << field.field << ": " << field.description << "\n";
  }
  return code;
}

// gRPC's own lines would break the one-object-per-line rule, and it calls normal ends errors.
void TakeOverGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    VLOG(1) << log::Event("grpc",
                          {{"file", args->file}, {"line", args->line}, {"text", args->message}});
  });
}

// gRPC 1.51 never accepts again after it ran out of descriptors: take all that are allowed.
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// The signals are waited for, not handled: block them before any thread starts.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

// From now on a second signal, or 15 s, ends the process at once.
void ArmWatchdog(const sigset_t& signals) {
  std::thread([signals] {
    const timespec timeout = absl::ToTimespec(kStopWatchdog);
    sigtimedwait(&signals, nullptr, &timeout);
    _exit(kFailed);
  }).detach();
}

std::unique_ptr<prometheus::Exposer> Expose(const std::string& listen, absl::Status* status) {
  try {
    return std::make_unique<prometheus::Exposer>(listen, 1);
  } catch (const std::exception& e) {
    *status = status::Error({.code = absl::StatusCode::kFailedPrecondition,
                             .reason = status::Reason::kInvalidSetting,
                             .message = absl::StrCat("cannot listen on ", listen,
                                                     " for metrics: the port is taken or the "
                                                     "address is not ours. Set metrics_listen."),
                             .internal = e.what()});
    return nullptr;
  }
}

int Serve(const ProcessSpec& spec, const config::Settings& settings) {
  RaiseDescriptorLimit();
  TakeOverGrpcLog();
  const sigset_t signals = BlockStopSignals();
  auto registry = std::make_shared<prometheus::Registry>();
  absl::StatusOr<AccessPolicy> access = AccessFrom(settings);
  if (!access.ok()) return PrintAndReturn(access.status(), kUsage);
  clock::Clock& clock = clock::SystemClock();

  std::vector<log::Field> effective;
  const auto values = settings.Effective();
  for (const auto& [name, value] : values) effective.emplace_back(name, value);
  LOG(INFO) << log::Event("starting", effective);

  ServerEdge edge(*std::move(access), EdgeLimitsFrom(settings), *registry, clock);
  auto app = spec.make_app({settings, edge, *registry, clock});
  if (!app.ok()) {
    return PrintAndReturn(
        app.status(),
        status::ReasonOf(app.status()) == status::Reason::kInvalidSetting ? kUsage : kFailed);
  }
  absl::Status exposed;
  const auto exposer = Expose(settings.String("metrics_listen"), &exposed);
  if (exposer == nullptr) return PrintAndReturn(exposed, kFailed);
  exposer->RegisterCollectable(registry);

  ServerOptions options;
  options.listen = settings.String("listen");
  options.message_bytes_max = static_cast<int>(settings.Bytes("message_bytes_max"));
  auto server = Server::Start(
      options, (*app)->Services(), edge,
      [&app](const std::stop_token& stop) { return (*app)->CheckReady(stop); }, clock);
  if (!server.ok()) return PrintAndReturn(server.status(), kFailed);
  LOG(INFO) << log::Event("listening", {{"address", (*server)->address()},
                                        {"metrics_port", exposer->GetListeningPorts().front()}});

  const int signal = WaitForSignal(signals);
  LOG(INFO) << log::Event("stopping", {{"signal", signal}});
  ArmWatchdog(signals);
  const clock::SteadyTime before = clock.Steady();
  (*server)->Stop([&app] { (*app)->Stop(); }, kCallGrace);
  server->reset();
  app->reset();
  LOG(INFO) << log::Event("stopped",
                          {{"duration_ms", absl::ToDoubleMilliseconds(clock.Steady() - before)}});
  return 0;
}

}  // namespace

int ServeMain(const ProcessSpec& spec, int argc, char** argv) {
  std::vector<config::Setting> rows =
      ServerSettingRows(spec.default_listen, spec.default_metrics_listen);
  rows.insert(rows.end(), spec.settings.begin(), spec.settings.end());
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::cout << config::HelpText(spec.service, spec.summary, rows);
      return 0;
    }
    if (argument == "--version") {
      std::cout << spec.service << " " << STOREFRONT_VERSION << "\n";
      return 0;
    }
    if (argument == "--settings_markdown") {
      std::cout << config::Markdown(spec.service, rows);
      return 0;
    }
  }
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto settings = config::Settings::Parse(spec.service, rows, arguments, environment);
  if (!settings.ok()) return PrintAndReturn(settings.status(), kUsage);
  log::Install(spec.service, log::FormatForStderr(), settings->String("log_level"));
  return Serve(spec, *settings);
}

}  // namespace storefront::grpcserver
