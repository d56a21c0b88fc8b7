// SPDX-License-Identifier: Apache-2.0
#include "cli/grpc_caller.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/services.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"

namespace storefront::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr int kMessageBytesMax = 64 * 1024 * 1024;

grpc::ByteBuffer Serialized(const Message& message) {
  grpc::ByteBuffer buffer;
  bool own_buffer = false;
  grpc::SerializationTraits<Message>::Serialize(message, &buffer, &own_buffer);
  return buffer;
}

bool Parse(grpc::ByteBuffer& buffer, Message& message) {
  message.Clear();
  return grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok();
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

gpr_timespec DeadlineIn(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(timeout), GPR_TIMESPAN));
}

// In place of the library's words, which speak of sockets and of C++.
absl::Status FromTransport(const grpc::Status& status, const std::string& service,
                           const std::string& address, absl::Duration timeout, bool stopped) {
  const absl::Status ours = status::FromGrpc(status);
  if (ours.ok() || status::ReasonOf(ours) != status::Reason::kUnspecified) return ours;
  status::ErrorSpec spec{.code = ours.code(), .internal = status.error_message()};
  if (stopped) {
    spec.code = absl::StatusCode::kCancelled;
    spec.reason = status::Reason::kCallCancelled;
    spec.message = "Interrupted.";
  } else if (ours.code() == absl::StatusCode::kUnavailable) {
    spec.reason = status::Reason::kBackendUnavailable;
    spec.message = absl::StrCat("The ", service, " cannot be reached at ", address, ".");
    spec.metadata = {{"backend", service}};
  } else if (ours.code() == absl::StatusCode::kDeadlineExceeded) {
    spec.reason = status::Reason::kDeadlinePassed;
    spec.message = absl::StrCat("The ", service, " did not answer within ",
                                absl::FormatDuration(timeout), ".");
  } else if (ours.code() == absl::StatusCode::kUnimplemented) {
    spec.reason = status::Reason::kMethodNotServed;
    spec.message = absl::StrCat("The process at ", address, " does not serve this method.");
  } else {
    spec.message = absl::StrCat("The answer from ", address, " is not one of the ", service, ": ",
                                status.error_message());
    spec.reason = status::Reason::kInternalError;
  }
  return status::Error(std::move(spec));
}

// grpc.health.v1: Debian ships neither its proto nor its classes, and its two messages are one
// field each. The request: field 1, the service's name (shorter than 128 bytes).
grpc::ByteBuffer HealthRequest(const std::string& service) {
  std::string bytes;
  if (!service.empty()) {
    bytes = absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  }
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// The response: field 1, a status. Absent = 0 = UNKNOWN.
std::string HealthStatusName(grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "UNKNOWN";
  if (slice.size() != 2 || slice.begin()[0] != 0x08) return "UNKNOWN";
  switch (slice.begin()[1]) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    case 3:
      return "SERVICE_UNKNOWN";
    default:
      return "UNKNOWN";
  }
}

// One call from start to end on the calling thread; `stop` cancels it.
class OneCall {
 public:
  OneCall(grpc::GenericStub& stub, grpc::ClientContext& context, const std::string& path)
      : call_(stub.PrepareCall(&context, path, &queue_)) {}

  grpc::Status Run(const grpc::ByteBuffer& request,
                   const std::function<bool(grpc::ByteBuffer&)>& on_message,
                   grpc::ClientContext& context) {
    call_->StartCall(Tag());
    bool open = Next();
    if (open) {
      call_->WriteLast(request, grpc::WriteOptions(), Tag());
      open = Next();
    }
    bool enough = false;
    while (open) {
      grpc::ByteBuffer answer;
      call_->Read(&answer, Tag());
      open = Next();
      if (open && !on_message(answer)) {
        enough = true;
        context.TryCancel();
        break;
      }
    }
    grpc::Status status;
    call_->Finish(&status, Tag());
    Next();
    return enough ? grpc::Status::OK : status;
  }

 private:
  void* Tag() { return this; }
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

}  // namespace

GrpcCaller::GrpcCaller(std::map<std::string, std::string> addresses, std::stop_token stop)
    : addresses_(std::move(addresses)), stop_(std::move(stop)) {}

std::shared_ptr<grpc::Channel> GrpcCaller::ChannelTo(const std::string& address) {
  sync::MutexLock lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    // How long a connection may take to be made. No pause follows a failed one: see Run.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A new channel is a new connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // A peer that vanished without a word ends a wait too; servers allow a ping each 10 s.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 12'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  return channel;
}

void GrpcCaller::Forget(const std::string& address, const std::shared_ptr<grpc::Channel>& channel) {
  sync::MutexLock lock(mutex_);
  const auto known = channels_.find(address);
  if (known != channels_.end() && known->second == channel) channels_.erase(known);
}

grpc::Status GrpcCaller::Run(const std::string& address, const std::string& path,
                             const grpc::ByteBuffer& request, absl::Duration timeout,
                             const std::string& request_id,
                             const std::function<bool(grpc::ByteBuffer&)>& on_message) {
  const gpr_timespec deadline = DeadlineIn(timeout);
  for (bool is_second = false;; is_second = true) {
    const std::shared_ptr<grpc::Channel> channel = ChannelTo(address);
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(deadline);
    if (!request_id.empty()) context.AddMetadata("x-request-id", request_id);
    const std::stop_callback cancel(stop_, [&context] { context.TryCancel(); });
    grpc::Status status = OneCall(stub, context, path).Run(request, on_message, context);
    const bool is_unconnected = status.error_code() == grpc::StatusCode::UNAVAILABLE &&
                                channel->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE;
    if (is_unconnected) Forget(address, channel);
    if (!is_unconnected || is_second) return status;
  }
}

absl::Status GrpcCaller::Call(const MethodDescriptor& method, const Message& request,
                              Message& response, absl::Duration timeout,
                              const std::string& request_id) {
  bool answered = false;
  const absl::Status status = Stream(method, request, response, timeout, request_id, [&answered] {
    answered = true;
    return true;
  });
  if (status.ok() && !answered) {
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = status::Reason::kInternalError,
                          .message = "The call ended without an answer."});
  }
  return status;
}

absl::Status GrpcCaller::Stream(const MethodDescriptor& method, const Message& request,
                                Message& message, absl::Duration timeout,
                                const std::string& request_id,
                                const std::function<bool()>& on_message) {
  const std::string& service = ServiceOf(method).name;
  const std::string& address = addresses_.at(service);
  bool readable = true;
  const grpc::Status status = Run(address, PathOf(method), Serialized(request), timeout, request_id,
                                  [&](grpc::ByteBuffer& buffer) {
                                    readable = Parse(buffer, message);
                                    return readable && on_message();
                                  });
  if (!readable) {
    return status::Error(
        {.code = absl::StatusCode::kInternal,
         .reason = status::Reason::kInternalError,
         .message = absl::StrCat("The answer of the ", service, " cannot be read.")});
  }
  return FromTransport(status, service, address, timeout, stop_.stop_requested());
}

absl::Status GrpcCaller::CallDespiteStop(const MethodDescriptor& method, const Message& request,
                                         Message& response, absl::Duration timeout) {
  return GrpcCaller(addresses_, std::stop_token()).Call(method, request, response, timeout, "");
}

absl::StatusOr<std::string> GrpcCaller::Health(const std::string& address,
                                               const std::string& service, absl::Duration timeout) {
  std::string answer = "UNKNOWN";
  const grpc::Status status = Run(address, "/grpc.health.v1.Health/Check", HealthRequest(service),
                                  timeout, "", [&](grpc::ByteBuffer& buffer) {
                                    answer = HealthStatusName(buffer);
                                    return true;
                                  });
  if (!status.ok()) {
    return FromTransport(status, "service", address, timeout, stop_.stop_requested());
  }
  return answer;
}

}  // namespace storefront::cli
