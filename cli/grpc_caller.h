// RpcCaller over gRPC, for any method of the generated pool.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "cli/rpc_caller.h"
#include "libs/sync/mutex.h"

namespace storefront::cli {

class GrpcCaller final : public RpcCaller {
 public:
  // `addresses`: service name to host:port. A stop request cancels what is under way.
  GrpcCaller(std::map<std::string, std::string> addresses, std::stop_token stop);

  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, google::protobuf::Message& response,
                    absl::Duration timeout, const std::string& request_id) override;
  absl::Status Stream(const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request, google::protobuf::Message& message,
                      absl::Duration timeout, const std::string& request_id,
                      const std::function<bool()>& on_message) override;
  absl::Status CallDespiteStop(const google::protobuf::MethodDescriptor& method,
                               const google::protobuf::Message& request,
                               google::protobuf::Message& response,
                               absl::Duration timeout) override;
  absl::StatusOr<std::string> Health(const std::string& address, const std::string& service,
                                     absl::Duration timeout) override;

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

  // The next ChannelTo makes a new one.
  void Forget(const std::string& address, const std::shared_ptr<grpc::Channel>& channel);

  // One call; a second over another connection when none could be made, so nothing was sent. gRPC
  // 1.51 now and then takes a connection under way for one that failed: it looks at errno after
  // other work that may have set it (grpc/grpc#35064).
  grpc::Status Run(const std::string& address, const std::string& path,
                   const grpc::ByteBuffer& request, absl::Duration timeout,
                   const std::string& request_id,
                   const std::function<bool(grpc::ByteBuffer&)>& on_message);

  const std::map<std::string, std::string> addresses_;
  const std::stop_token stop_;
  sync::Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::cli
