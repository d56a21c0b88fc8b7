// The four steps of an RPC around its body: access, rules, run on the bounded pool, map and log.
//
// Thread-safety: all methods; they are called by gRPC's threads.
// Lifetime: outlives the gRPC server.
// Source: docs/adr/0003-server-shape.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/grpcserver/call_scope.h"
#include "libs/grpcserver/watch.h"
#include "libs/sync/published.h"
#include "storefront/options/v1/options.pb.h"

namespace storefront::grpcserver {

// A method of a service with what its options say. gRPC 1.51 does not tell a handler its method, so
// the edge of a service resolves each in its constructor.
struct Method {
  std::string full_name;  // "storefront.migrator.v1.MigratorService/Migrate"
  storefront::options::v1::Access access = storefront::options::v1::ACCESS_UNSPECIFIED;
};

class Edge {
 public:
  virtual ~Edge() = default;

  // A method by its names in the proto: Resolve(MigratorService::service_full_name(), "Migrate").
  // Ends the process when there is none, or when it declares no access: a fault of the code that
  // must not start.
  virtual Method Resolve(const std::string& service, const std::string& method) = 0;

  // Answers a unary call:
  //   1. access (UNAUTHENTICATED TOKEN_REQUIRED, PERMISSION_DENIED ROLE_TOO_LOW), before all else;
  //   2. rules: options.v1.rule and REQUIRED of google.api.field_behavior, all paths at once;
  //   3. request_id, if the request has such a field and it is set: the same id and payload gives
  //      the remembered answer, another payload ALREADY_EXISTS REQUEST_ID_REUSED (AIP-155);
  //   4. `body` on the pool: it may block. Refused in time with RESOURCE_EXHAUSTED OVERLOADED and
  //      RetryInfo when running and queued calls reach the limit, UNAVAILABLE SHUTTING_DOWN when
  //      the server stops;
  //   5. the status, mapped once; one completion line, metrics.
  // `request` and `response` live until the call is finished, as gRPC promises.
  virtual grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* call, const Method& method,
                                          const google::protobuf::Message& request,
                                          google::protobuf::Message& response,
                                          std::function<absl::Status(const CallScope&)> body) = 0;

  // Answers a server stream of states: a message at once, then changes, the newest one only when
  // the reader is slow (`skipped` counts), a repeat at least every 15 s. `subscribe` runs on the
  // pool: it connects the sink to what changes and returns the subscription, or an error. The
  // stream ends when the sink is ended, the client leaves, a write takes over 30 s or the server
  // stops.
  template <typename Response>
  grpc::ServerWriteReactor<Response>* Watch(
      grpc::CallbackServerContext* call, const Method& method,
      const google::protobuf::Message& request,
      std::function<absl::StatusOr<sync::Subscription>(const CallScope&,
                                                       std::shared_ptr<WatchSink<Response>>)>
          subscribe) {
    const std::shared_ptr<OpenWatch> open = OpenStream(call, method);
    auto* reactor = new WatchReactor<Response>(Hooks(open));
    const std::shared_ptr<WatchState<Response>> state = reactor->state();
    // The reactor deletes itself when gRPC is done with it; the state outlives it.
    StartStream(open, state, request,
                [state, subscribe = std::move(subscribe)](const CallScope& scope) {
                  return subscribe(scope, state);
                });
    return reactor;
  }

 protected:
  struct OpenWatch;  // one stream: its call, log line, subscription

  virtual std::shared_ptr<OpenWatch> OpenStream(grpc::CallbackServerContext* call,
                                                const Method& method) = 0;
  virtual WatchCall Hooks(const std::shared_ptr<OpenWatch>& open) = 0;
  virtual void StartStream(
      const std::shared_ptr<OpenWatch>& open, std::shared_ptr<WatchControl> control,
      const google::protobuf::Message& request,
      std::function<absl::StatusOr<sync::Subscription>(const CallScope&)> subscribe) = 0;
};

}  // namespace storefront::grpcserver
