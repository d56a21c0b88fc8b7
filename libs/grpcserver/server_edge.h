// The Edge of a running server.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/registry.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpcserver/access.h"
#include "libs/grpcserver/edge.h"
#include "libs/grpcserver/metrics.h"
#include "libs/grpcserver/pool.h"
#include "libs/grpcserver/request_memory.h"
#include "libs/sync/mutex.h"

namespace storefront::grpcserver {

struct EdgeLimits {
  Pool::Limits pool = {};
  size_t streams_max = 1000;
  absl::Duration deadline_cap = absl::Seconds(120);  // also the deadline of a client without one
  absl::Duration heartbeat = absl::Seconds(10);
  absl::Duration write_timeout = absl::Seconds(30);
  RequestMemory::Limits requests = {};
};

struct Arrival;  // what the metadata of a call says, and what its log line needs

// Lifetime: destroyed after the gRPC server has shut down; the destructor waits for bodies.
class ServerEdge final : public Edge {
 public:
  ServerEdge(AccessPolicy access, EdgeLimits limits, prometheus::Registry& metrics,
             clock::Clock& clock);
  ~ServerEdge() override;

  Method Resolve(const std::string& service, const std::string& method) override;

  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* call, const Method& method,
                                  const google::protobuf::Message& request,
                                  google::protobuf::Message& response,
                                  std::function<absl::Status(const CallScope&)> body) override;

  // From now on each new call is refused with UNAVAILABLE SHUTTING_DOWN.
  void RefuseNewCalls();

  // Ends every stream with UNAVAILABLE SHUTTING_DOWN after what waits in it.
  void EndStreams();

  // Refuses new bodies and returns when the last one returned: then no service is used any more.
  void Drain();

  // Heartbeats and slow readers; called about once per second.
  void Tick();

  // Bodies that run or wait, and open streams.
  size_t load() const;
  size_t streams() const;

 protected:
  std::shared_ptr<OpenWatch> OpenStream(grpc::CallbackServerContext* call,
                                        const Method& method) override;
  WatchCall Hooks(const std::shared_ptr<OpenWatch>& open) override;
  void StartStream(
      const std::shared_ptr<OpenWatch>& open, std::shared_ptr<WatchControl> control,
      const google::protobuf::Message& request,
      std::function<absl::StatusOr<sync::Subscription>(const CallScope&)> subscribe) override;

 private:
  class UnaryReactor;

  Arrival Arrive(const grpc::CallbackServerContext& call, const Method& method) const;
  absl::Status Admit(Arrival& arrival, const Method& method,
                     const google::protobuf::Message& request) const;
  absl::Status RunOnce(const Arrival& arrival, const google::protobuf::Message& request,
                       google::protobuf::Message& response, const std::stop_token& stop,
                       const std::function<absl::Status()>& body);
  void Complete(const Arrival& arrival, const absl::Status& status,
                std::initializer_list<std::pair<absl::string_view, int64_t>> extra = {});
  std::vector<std::shared_ptr<OpenWatch>> OpenStreams() const;

  const AccessPolicy access_;
  const EdgeLimits limits_;
  clock::Clock& clock_;
  RpcMetrics metrics_;
  RequestMemory requests_;
  mutable sync::Mutex mutex_;
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<OpenWatch>> streams_ ABSL_GUARDED_BY(mutex_);
  Pool pool_;  // last: its bodies use the rest
};

}  // namespace storefront::grpcserver
