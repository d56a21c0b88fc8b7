// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <mutex>
#include <optional>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/status/error.h"

namespace storefront::grpcserver {
namespace {

constexpr char kReadiness[] = "readiness";
constexpr absl::Duration kTick = absl::Seconds(1);

// Keepalive as reliable networks want it, and permits for what the gateway pings.
void AddChannelArguments(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.metadata_bytes_max);
  // A second server on the port must fail, not share it silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 30 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, const std::vector<grpc::Service*>& services, ServerEdge& edge,
    std::function<absl::Status(const std::stop_token&)> check_ready, clock::Clock& clock) {
  static std::once_flag plugins;
  std::call_once(plugins, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
  grpc::ServerBuilder builder;
  AddChannelArguments(builder, options);
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);

  std::unique_ptr<Server> server(new Server(edge, clock, options.ready_interval));
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = status::Reason::kInvalidSetting,
                          .message = absl::StrCat("cannot listen on ", options.listen,
                                                  ": the port is taken or the address is not "
                                                  "ours. Stop what uses it, or set listen."),
                          .fields = {{"listen", "cannot be listened on"}}});
  }
  server->address_ = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  auto* health = server->server_->GetHealthCheckService();
  health->SetServingStatus("", true);
  health->SetServingStatus(kReadiness, false);
  server->ticker_ = std::jthread([raw = server.get()](const std::stop_token& stop) {
    while (raw->clock_.WaitFor(kTick, stop)) raw->edge_.Tick();
  });
  server->readiness_ =
      std::jthread([raw = server.get(), check_ready = std::move(check_ready)](
                       const std::stop_token& stop) { raw->WatchReadiness(stop, check_ready); });
  return server;
}

Server::~Server() {
  if (server_ != nullptr) Stop([] {}, absl::ZeroDuration());
}

void Server::WatchReadiness(
    const std::stop_token& stop,
    const std::function<absl::Status(const std::stop_token&)>& check_ready) {
  std::optional<bool> was_ready;
  do {
    const absl::Status status = check_ready(stop);
    if (stop.stop_requested()) return;
    if (was_ready != status.ok()) {
      server_->GetHealthCheckService()->SetServingStatus(kReadiness, status.ok());
      if (status.ok()) {
        LOG(INFO) << log::Event("ready");
      } else {
        LOG(WARNING) << log::Event(
            "not_ready",
            {{"error", status.message()}, {"internal_error", status::DetailsOf(status).internal}});
      }
      was_ready = status.ok();
    }
  } while (clock_.WaitFor(ready_interval_, stop));
}

void Server::Stop(const std::function<void()>& stop_app, absl::Duration grace) {
  readiness_.request_stop();
  server_->GetHealthCheckService()->SetServingStatus(kReadiness, false);
  edge_.RefuseNewCalls();
  stop_app();
  edge_.EndStreams();
  // Cancels what still runs at the deadline, then waits for every body.
  server_->Shutdown(absl::ToChronoTime(clock_.Now() + grace));
  // A stream whose reader left is over for gRPC while its body may still subscribe.
  edge_.Drain();
  ticker_.request_stop();
  ticker_.join();
  readiness_.join();
  server_.reset();
}

}  // namespace storefront::grpcserver
