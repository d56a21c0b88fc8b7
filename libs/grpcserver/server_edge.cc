// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/server_edge.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/alarm.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <random>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/log/log.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/grpcserver/rules.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"

namespace storefront::grpcserver {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using status::Reason;

constexpr size_t kRequestIdMax = 64;

std::string MetadataValue(const grpc::CallbackServerContext& call, const std::string& key) {
  const auto found = call.client_metadata().find(key);
  return found == call.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kRequestIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                  c == '-';
         });
}

std::string NewRequestId() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return absl::StrCat(absl::Hex(generator(), absl::kZeroPad16));
}

// The trace-id part of a W3C traceparent, or "".
std::string TraceId(const std::string& traceparent) {
  const std::vector<std::string> parts = absl::StrSplit(traceparent, '-');
  return parts.size() == 4 && parts[1].size() == 32 ? parts[1] : "";
}

absl::Status Refusal(absl::StatusCode code, Reason reason, absl::string_view message) {
  return status::Error({.code = code,
                        .reason = reason,
                        .message = std::string(message),
                        .retry_after = absl::Seconds(1)});
}

absl::Status ShuttingDown() {
  return Refusal(absl::StatusCode::kUnavailable, Reason::kShuttingDown,
                 "The service is stopping. Try again.");
}

absl::Status Overloaded() {
  return Refusal(absl::StatusCode::kResourceExhausted, Reason::kOverloaded,
                 "Too many calls at once. Try again after the delay.");
}

std::string StringField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return message.GetReflection()->GetString(message, field);
}

bool IsDryRun(const Message& message) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("validate_only");
  return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
         message.GetReflection()->GetBool(message, field);
}

// No exception leaves a body, and a stop has its own code: what the caller sees is why it stopped.
absl::Status RunGuarded(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = Reason::kInternalError,
                          .message = "The call failed inside the service.",
                          .internal = absl::StrCat("exception: ", e.what())});
  }
}

absl::Status StoppedStatus(bool deadline_passed) {
  if (deadline_passed) {
    return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                          .reason = Reason::kDeadlinePassed,
                          .message = "The deadline passed before the call was done."});
  }
  return status::Error({.code = absl::StatusCode::kCancelled,
                        .reason = Reason::kCallCancelled,
                        .message = "The call was cancelled."});
}

}  // namespace

struct Arrival {
  const Method* method = nullptr;
  clock::SteadyTime at;
  absl::Duration allowed;  // from arrival to deadline
  std::string authorization;
  std::string trace_id;
  CallScope scope;  // stop is set by the reactor
};

struct Edge::OpenWatch {
  grpc::CallbackServerContext* call;  // valid until done
  Arrival arrival;
  std::stop_source stop;
  Method method;

  sync::Mutex mutex;
  bool done ABSL_GUARDED_BY(mutex) = false;
  std::shared_ptr<WatchControl> control ABSL_GUARDED_BY(mutex);
  sync::Subscription subscription ABSL_GUARDED_BY(mutex);
};

// One unary call: lives from arrival to OnDone.
class ServerEdge::UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(ServerEdge& edge, const Method& method, Arrival arrival)
      : edge_(edge), method_(method), arrival_(std::move(arrival)) {
    arrival_.method = &method_;
    arrival_.scope.stop = stop_.get_token();
  }

  void Start(const Message& request, Message& response,
             std::function<absl::Status(const CallScope&)> body) {
    absl::Status admitted = edge_.Admit(arrival_, method_, request);
    if (!admitted.ok()) return End(admitted);
    // Without the alarm nothing would enforce the cap. It holds the stop source by value: it may
    // fire after this object is gone.
    alarm_.Set(absl::ToChronoTime(edge_.clock_.Now() + arrival_.allowed),
               [stop = stop_](bool fired) mutable {
                 if (fired) stop.request_stop();
               });
    const bool submitted = edge_.pool_.Submit([this, &request, &response, body = std::move(body)] {
      if (arrival_.scope.stop.stop_requested()) return End(StoppedStatus(DeadlinePassed()));
      absl::Status result = RunGuarded([&] {
        return edge_.RunOnce(arrival_, request, response, arrival_.scope.stop,
                             [&] { return body(arrival_.scope); });
      });
      if (result.code() == absl::StatusCode::kCancelled && arrival_.scope.stop.stop_requested()) {
        result = StoppedStatus(DeadlinePassed());
      }
      End(result);
    });
    if (!submitted) End(Overloaded());
  }

  void OnCancel() override { stop_.request_stop(); }

  void OnDone() override {
    alarm_.Cancel();
    delete this;
  }

 private:
  bool DeadlinePassed() const { return edge_.clock_.Steady() >= arrival_.scope.deadline; }

  // Once, last: this object may be gone when Finish returns.
  void End(const absl::Status& result) {
    edge_.Complete(arrival_, result);
    Finish(status::ToGrpc(result));
  }

  ServerEdge& edge_;
  const Method method_;
  Arrival arrival_;
  std::stop_source stop_;
  grpc::Alarm alarm_;
};

ServerEdge::ServerEdge(AccessPolicy access, EdgeLimits limits, prometheus::Registry& metrics,
                       clock::Clock& clock)
    : access_(std::move(access)),
      limits_(limits),
      clock_(clock),
      metrics_(metrics),
      requests_(limits.requests, clock),
      pool_(limits.pool) {}

ServerEdge::~ServerEdge() = default;

Method ServerEdge::Resolve(const std::string& service, const std::string& method) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  const auto* descriptor = pool->FindMethodByName(absl::StrCat(service, ".", method));
  CHECK(descriptor != nullptr) << service << " has no method " << method;
  const Access access = descriptor->options().GetExtension(storefront::options::v1::access);
  CHECK(access != storefront::options::v1::ACCESS_UNSPECIFIED)
      << service << "/" << method
      << " declares no access: add option (storefront.options.v1.access) to it";
  return {absl::StrCat(service, "/", method), access};
}

Arrival ServerEdge::Arrive(const grpc::CallbackServerContext& call, const Method& method) const {
  Arrival arrival;
  arrival.method = &method;
  arrival.at = clock_.Steady();
  // gRPC says the client's deadline on the wall clock; only the distance to now is used.
  const absl::Duration asked = call.deadline() == std::chrono::system_clock::time_point::max()
                                   ? absl::InfiniteDuration()
                                   : absl::FromChrono(call.deadline()) - clock_.Now();
  arrival.allowed = std::min(asked, limits_.deadline_cap);
  arrival.scope.deadline = arrival.at + arrival.allowed;
  arrival.authorization = MetadataValue(call, "authorization");
  arrival.trace_id = TraceId(MetadataValue(call, "traceparent"));
  const std::string request_id = MetadataValue(call, "x-request-id");
  arrival.scope.request_id = IsRequestId(request_id) ? request_id : NewRequestId();
  return arrival;
}

absl::Status ServerEdge::Admit(Arrival& arrival, const Method& method,
                               const Message& request) const {
  auto principal = access_.Check(arrival.authorization, method.access);
  arrival.authorization.clear();
  if (!principal.ok()) return principal.status();
  arrival.scope.principal = *std::move(principal);
  {
    sync::MutexLock lock(mutex_);
    if (refusing_) return ShuttingDown();
  }
  return CheckRules(request);
}

absl::Status ServerEdge::RunOnce(const Arrival& arrival, const Message& request, Message& response,
                                 const std::stop_token& stop,
                                 const std::function<absl::Status()>& body) {
  const std::string request_id = StringField(request, "request_id");
  if (request_id.empty() || IsDryRun(request)) return body();
  const std::string key =
      absl::StrCat(arrival.method->full_name, "\n", arrival.scope.principal, "\n", request_id);
  const auto answer =
      requests_.Once(key, request.SerializeAsString(), stop, [&]() -> absl::StatusOr<std::string> {
        absl::Status result = body();
        if (!result.ok()) return result;
        return response.SerializeAsString();
      });
  if (!answer.ok()) return answer.status();
  if (!response.ParseFromString(*answer)) return absl::InternalError("a remembered answer is bad");
  return absl::OkStatus();
}

void ServerEdge::Complete(const Arrival& arrival, const absl::Status& result,
                          std::initializer_list<std::pair<absl::string_view, int64_t>> extra) {
  const absl::Duration took = clock_.Steady() - arrival.at;
  metrics_.Handled(arrival.method->full_name, result.code(), took);
  const status::ErrorSpec details = status::DetailsOf(result);
  std::vector<log::Field> fields = {
      {"rpc", arrival.method->full_name},
      {"code", CodeName(result.code())},
      {"duration_ms", absl::ToDoubleMilliseconds(took)},
      {"request_id", arrival.scope.request_id},
      {"principal", arrival.scope.principal},
  };
  if (!arrival.trace_id.empty()) fields.emplace_back("trace_id", arrival.trace_id);
  if (!result.ok()) {
    fields.emplace_back("reason", status::ReasonName(details.reason));
    fields.emplace_back("error", details.message);
    if (!details.internal.empty()) fields.emplace_back("internal_error", details.internal);
  }
  for (const auto& [key, value] : extra) fields.emplace_back(key, value);
  const bool is_fault = result.code() == absl::StatusCode::kInternal ||
                        result.code() == absl::StatusCode::kUnknown ||
                        result.code() == absl::StatusCode::kDataLoss;
  if (is_fault) {
    LOG(ERROR) << log::Event("rpc_finished", fields);
  } else {
    LOG(INFO) << log::Event("rpc_finished", fields);
  }
}

grpc::ServerUnaryReactor* ServerEdge::Unary(grpc::CallbackServerContext* call, const Method& method,
                                            const Message& request, Message& response,
                                            std::function<absl::Status(const CallScope&)> body) {
  metrics_.Started(method.full_name);
  auto* reactor = new UnaryReactor(*this, method, Arrive(*call, method));
  reactor->Start(request, response, std::move(body));
  return reactor;
}

std::shared_ptr<Edge::OpenWatch> ServerEdge::OpenStream(grpc::CallbackServerContext* call,
                                                        const Method& method) {
  metrics_.Started(method.full_name);
  auto open = std::make_shared<OpenWatch>();
  open->call = call;
  open->method = method;
  open->arrival = Arrive(*call, method);
  open->arrival.method = &open->method;
  open->arrival.scope.stop = open->stop.get_token();
  return open;
}

WatchCall ServerEdge::Hooks(const std::shared_ptr<OpenWatch>& open) {
  return {
      .done =
          [this, open](const absl::Status& result, int64_t sent, int64_t skipped) {
            sync::Subscription ended;
            {
              sync::MutexLock lock(open->mutex);
              open->done = true;
              open->control = nullptr;
              ended = std::move(open->subscription);
            }
            open->stop.request_stop();
            {
              sync::MutexLock lock(mutex_);
              streams_.erase(open);
              metrics_.StreamsOpen(streams_.size());
            }
            Complete(open->arrival, result, {{"sent", sent}, {"skipped", skipped}});
          },
      .cancelled = [open] { open->stop.request_stop(); },
      .try_cancel =
          [open] {
            // Not done yet, because the reactor calls this: the context is still valid.
            open->call->TryCancel();
          },
  };
}

void ServerEdge::StartStream(
    const std::shared_ptr<OpenWatch>& open, std::shared_ptr<WatchControl> control,
    const Message& request,
    std::function<absl::StatusOr<sync::Subscription>(const CallScope&)> subscribe) {
  absl::Status admitted = Admit(open->arrival, open->method, request);
  if (admitted.ok()) {
    sync::MutexLock lock(mutex_);
    if (streams_.size() >= limits_.streams_max) {
      admitted = Overloaded();
    } else {
      streams_.insert(open);
      metrics_.StreamsOpen(streams_.size());
    }
  }
  if (!admitted.ok()) return control->EndWith(admitted);
  {
    sync::MutexLock lock(open->mutex);
    open->control = control;
  }
  const bool submitted = pool_.Submit([open, control, subscribe = std::move(subscribe)] {
    absl::StatusOr<sync::Subscription> subscription = absl::InternalError("");
    const absl::Status guarded = RunGuarded([&] {
      subscription = subscribe(open->arrival.scope);
      return subscription.status();
    });
    if (!guarded.ok()) return control->EndWith(guarded);
    sync::MutexLock lock(open->mutex);
    if (!open->done) std::swap(open->subscription, *subscription);
    // A client that left meanwhile: `subscription` ends here.
  });
  if (!submitted) control->EndWith(Overloaded());
}

std::vector<std::shared_ptr<Edge::OpenWatch>> ServerEdge::OpenStreams() const {
  sync::MutexLock lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

void ServerEdge::RefuseNewCalls() {
  sync::MutexLock lock(mutex_);
  refusing_ = true;
}

void ServerEdge::EndStreams() {
  for (const auto& open : OpenStreams()) {
    std::shared_ptr<WatchControl> control;
    {
      sync::MutexLock lock(open->mutex);
      control = open->control;
    }
    if (control != nullptr) control->EndWith(ShuttingDown());
  }
}

void ServerEdge::Tick() {
  for (const auto& open : OpenStreams()) {
    std::shared_ptr<WatchControl> control;
    {
      sync::MutexLock lock(open->mutex);
      control = open->control;
    }
    if (control != nullptr)
      control->Tick(clock_.Steady(), limits_.heartbeat, limits_.write_timeout);
  }
}

void ServerEdge::Drain() { pool_.Close(); }

size_t ServerEdge::load() const { return pool_.load(); }

size_t ServerEdge::streams() const {
  sync::MutexLock lock(mutex_);
  return streams_.size();
}

}  // namespace storefront::grpcserver
