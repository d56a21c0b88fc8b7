// A gRPC server with health, reflection and an ordered stop, for processes and for tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpcserver/server_edge.h"

namespace storefront::grpcserver {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";
  int message_bytes_max = 4 << 20;
  int metadata_bytes_max = 8 << 10;
  absl::Duration ready_interval = absl::Seconds(1);
};

// Serves until Stop. Health: "" is SERVING while the process lives; "readiness" follows
// `check_ready`, which is asked on a thread of the server's own.
//
// Thread-safety: Start once, Stop once, from any thread.
class Server {
 public:
  // FAILED_PRECONDITION INVALID_SETTING when the port is taken. `services` and `edge` outlive the
  // server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options, const std::vector<grpc::Service*>& services, ServerEdge& edge,
      std::function<absl::Status(const std::stop_token&)> check_ready, clock::Clock& clock);

  ~Server();

  // host:port that is served, with the port that was taken for 0.
  const std::string& address() const { return address_; }

  // readiness off → new calls refused → `stop_app` → streams ended → calls that still run are
  // cancelled after `grace` and waited for. Returns when the last body returned.
  void Stop(const std::function<void()>& stop_app, absl::Duration grace);

 private:
  Server(ServerEdge& edge, clock::Clock& clock, absl::Duration ready_interval)
      : edge_(edge), clock_(clock), ready_interval_(ready_interval) {}

  void WatchReadiness(const std::stop_token& stop,
                      const std::function<absl::Status(const std::stop_token&)>& check_ready);

  ServerEdge& edge_;
  clock::Clock& clock_;
  const absl::Duration ready_interval_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::jthread ticker_;
  std::jthread readiness_;
};

}  // namespace storefront::grpcserver
