// Calls of the services, whatever the transport: the port that commands talk through.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace storefront::cli {

// Thread-safety: calls may be made from several threads.
// Errors: those of the service with their details; in place of the transport's own words
// UNAVAILABLE BACKEND_UNAVAILABLE (metadata backend = the service) when nobody answers,
// DEADLINE_EXCEEDED DEADLINE_PASSED, CANCELLED CALL_CANCELLED after Ctrl-C, UNIMPLEMENTED
// METHOD_NOT_SERVED.
class RpcCaller {
 public:
  virtual ~RpcCaller() = default;

  // One attempt.
  virtual absl::Status Call(const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Message& request,
                            google::protobuf::Message& response, absl::Duration timeout,
                            const std::string& request_id) = 0;

  // Reads a stream until it ends or `on_message` says false (then OK). `message` is filled anew for
  // each call of it.
  virtual absl::Status Stream(const google::protobuf::MethodDescriptor& method,
                              const google::protobuf::Message& request,
                              google::protobuf::Message& message, absl::Duration timeout,
                              const std::string& request_id,
                              const std::function<bool()>& on_message) = 0;

  // Call, also after Ctrl-C: for the one call that cancels what was begun.
  virtual absl::Status CallDespiteStop(const google::protobuf::MethodDescriptor& method,
                                       const google::protobuf::Message& request,
                                       google::protobuf::Message& response,
                                       absl::Duration timeout) = 0;

  // grpc.health.v1 at host:port: the status' name ("SERVING"). `service` is "" for live,
  // "readiness" for ready.
  virtual absl::StatusOr<std::string> Health(const std::string& address, const std::string& service,
                                             absl::Duration timeout) = 0;
};

}  // namespace storefront::cli
