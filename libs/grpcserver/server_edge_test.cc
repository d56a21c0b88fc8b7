// The server's shape, proven through a real gRPC server and client in this process.
// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/server_edge.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <sstream>
#include <thread>

#include "libs/grpcserver/echo_test.grpc.pb.h"
#include "libs/grpcserver/server.h"
#include "libs/status/grpc_status.h"
#include "libs/sync/stop.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using echotest::EchoRequest;
using echotest::EchoResponse;
using echotest::EchoService;
using status::Reason;

// What a test wants the body to do.
using EchoBody = std::function<absl::Status(const CallScope&, EchoResponse&)>;

class EchoEdge final : public EchoService::CallbackService {
 public:
  explicit EchoEdge(Edge& edge)
      : edge_(edge),
        echo_(edge.Resolve(EchoService::service_full_name(), "Echo")),
        watch_(edge.Resolve(EchoService::service_full_name(), "Watch")) {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* call, const EchoRequest* request,
                                 EchoResponse* response) override {
    return edge_.Unary(call, echo_, *request, *response, [this, response](const CallScope& scope) {
      return body()(scope, *response);
    });
  }

  grpc::ServerWriteReactor<EchoResponse>* Watch(grpc::CallbackServerContext* call,
                                                const EchoRequest* request) override {
    return edge_.Watch<EchoResponse>(
        call, watch_, *request,
        [this](const CallScope&, std::shared_ptr<WatchSink<EchoResponse>> sink)
            -> absl::StatusOr<sync::Subscription> {
          {
            sync::MutexLock lock(mutex_);
            if (!watch_error_.ok()) return watch_error_;
            sink_ = sink;
          }
          before_subscribing();
          return states.Subscribe([sink](const EchoResponse& state) { sink->Publish(state); });
        });
  }

  std::shared_ptr<WatchSink<EchoResponse>> sink() {
    sync::MutexLock lock(mutex_);
    return sink_;
  }

  void set_body(EchoBody body) {
    sync::MutexLock lock(mutex_);
    body_ = std::move(body);
  }
  void set_watch_error(absl::Status error) {
    sync::MutexLock lock(mutex_);
    watch_error_ = std::move(error);
  }

  sync::Published<EchoResponse> states;
  std::function<void()> before_subscribing = [] {};  // set before a call

 private:
  EchoBody body() {
    sync::MutexLock lock(mutex_);
    return body_;
  }

  Edge& edge_;
  const Method echo_, watch_;
  sync::Mutex mutex_;
  EchoBody body_ ABSL_GUARDED_BY(mutex_) = [](const CallScope&, EchoResponse&) {
    return absl::OkStatus();
  };
  absl::Status watch_error_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<WatchSink<EchoResponse>> sink_ ABSL_GUARDED_BY(mutex_);
};

class ServerEdgeTest : public ::testing::Test {
 protected:
  void SetUp() override { StartServer({}, AccessPolicy::Open()); }

  void StartServer(EdgeLimits limits, AccessPolicy access) {
    server_.reset();
    edge_ =
        std::make_unique<ServerEdge>(std::move(access), limits, registry_, clock::SystemClock());
    service_ = std::make_unique<EchoEdge>(*edge_);
    auto server = Server::Start(
        {.ready_interval = absl::Milliseconds(10)}, {service_.get()}, *edge_,
        [](const std::stop_token&) { return absl::OkStatus(); }, clock::SystemClock());
    ASSERT_THAT(server, testing::IsOk());
    server_ = *std::move(server);
    stub_ = EchoService::NewStub(
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  }

  static EchoRequest Valid() {
    EchoRequest request;
    request.set_text("hello");
    request.set_count(1);
    return request;
  }

  absl::Status Call(const EchoRequest& request, absl::Duration deadline = absl::Seconds(20),
                    EchoResponse* response = nullptr) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    context.AddMetadata("x-request-id", "test-1");
    EchoResponse ignored;
    return status::FromGrpc(
        stub_->Echo(&context, request, response == nullptr ? &ignored : response));
  }

  // What bodies touch outlives the pool that runs them: TSan does not see that gRPC handed the
  // answer over, so a local of the test would look like a race.
  std::atomic<int> ran_{0};
  std::atomic<bool> stopped_{false};
  std::latch running_{1}, release_{1};

  prometheus::Registry registry_;
  std::unique_ptr<ServerEdge> edge_;
  std::unique_ptr<EchoEdge> service_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<EchoService::Stub> stub_;
};

TEST_F(ServerEdgeTest, ABodyMayBlockAndSeesItsCall) {
  service_->set_body([](const CallScope& scope, EchoResponse& response) {
    response.set_text(scope.request_id + " " + scope.principal);
    return absl::OkStatus();
  });
  EchoResponse response;
  ASSERT_THAT(Call(Valid(), absl::Seconds(20), &response), testing::IsOk());
  EXPECT_EQ(response.text(), "test-1 anonymous");
}

TEST_F(ServerEdgeTest, RulesAreCheckedBeforeTheBody) {
  service_->set_body([&](const CallScope&, EchoResponse&) {
    ++ran_;
    return absl::OkStatus();
  });
  EXPECT_THAT(Call(EchoRequest()),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  EXPECT_EQ(ran_, 0);
}

TEST_F(ServerEdgeTest, AccessIsRefusedBeforeValidation) {
  StartServer({}, *AccessPolicy::FromTokenLines(
                      "a:viewer:"
                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_THAT(Call(EchoRequest()),
              testing::HasReason(absl::StatusCode::kUnauthenticated, Reason::kTokenRequired));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer abc");
  EchoResponse response;
  EXPECT_THAT(status::FromGrpc(stub_->Echo(&context, EchoRequest(), &response)),
              testing::HasReason(absl::StatusCode::kPermissionDenied, Reason::kRoleTooLow));
}

TEST_F(ServerEdgeTest, ADomainErrorArrivesWithItsDetails) {
  service_->set_body([](const CallScope&, EchoResponse&) {
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = Reason::kRunActive,
                          .message = "busy",
                          .internal = "secret"});
  });
  const absl::Status status = Call(Valid());
  EXPECT_THAT(status, testing::HasReason(absl::StatusCode::kAborted, Reason::kRunActive));
  EXPECT_EQ(status.message(), "busy");
}

TEST_F(ServerEdgeTest, AnExceptionIsAnInternalErrorWithoutItsText) {
  service_->set_body(
      [](const CallScope&, EchoResponse&) -> absl::Status { throw std::runtime_error("secret"); });
  const absl::Status status = Call(Valid());
  EXPECT_THAT(status, testing::HasReason(absl::StatusCode::kInternal, Reason::kInternalError));
  EXPECT_EQ(status.message().find("secret"), absl::string_view::npos);
}

TEST_F(ServerEdgeTest, S8ACancelledClientStopsTheBody) {
  service_->set_body([&](const CallScope& scope, EchoResponse&) {
    running_.count_down();
    stopped_ = !sync::SleepUnlessStopped(absl::Seconds(30), scope.stop);
    return absl::CancelledError("stopped");
  });
  grpc::ClientContext context;
  std::jthread canceller([&] {
    running_.wait();
    context.TryCancel();
  });
  EchoResponse response;
  EXPECT_EQ(stub_->Echo(&context, Valid(), &response).error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(testing::PollUntil([&] { return stopped_.load(); }));
}

TEST_F(ServerEdgeTest, S8TheClientsDeadlineStopsTheBody) {
  service_->set_body([&](const CallScope& scope, EchoResponse&) {
    stopped_ = !sync::SleepUnlessStopped(absl::Seconds(30), scope.stop);
    return absl::CancelledError("stopped");
  });
  EXPECT_EQ(Call(Valid(), absl::Milliseconds(100)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(testing::PollUntil([&] { return stopped_.load(); }));
}

TEST_F(ServerEdgeTest, TheCapStopsABodyWhoseClientWaitsLonger) {
  StartServer({.deadline_cap = absl::Milliseconds(100)}, AccessPolicy::Open());
  service_->set_body([](const CallScope& scope, EchoResponse&) {
    sync::SleepUnlessStopped(absl::Seconds(30), scope.stop);
    return absl::CancelledError("stopped");
  });
  EXPECT_THAT(Call(Valid(), absl::Seconds(20)),
              testing::HasReason(absl::StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
}

TEST_F(ServerEdgeTest, G5AFullQueueRefusesInTimeWithRetryInfo) {
  StartServer({.pool = {.running_max = 1, .queued_max = 0}}, AccessPolicy::Open());
  service_->set_body([&](const CallScope&, EchoResponse&) {
    running_.count_down();
    release_.wait();
    return absl::OkStatus();
  });
  std::jthread first([&] { EXPECT_THAT(Call(Valid()), testing::IsOk()); });
  running_.wait();
  const absl::Status refused = Call(Valid());
  EXPECT_THAT(refused,
              testing::HasReason(absl::StatusCode::kResourceExhausted, Reason::kOverloaded));
  EXPECT_TRUE(status::DetailsOf(refused).retry_after.has_value());
  release_.count_down();
}

TEST_F(ServerEdgeTest, TheSameRequestIdGivesTheSameAnswerAndRunsOnce) {
  service_->set_body([&](const CallScope&, EchoResponse& response) {
    response.set_number(++ran_);
    return absl::OkStatus();
  });
  EchoRequest request = Valid();
  request.set_request_id("r1");
  EchoResponse first, second;
  ASSERT_THAT(Call(request, absl::Seconds(20), &first), testing::IsOk());
  ASSERT_THAT(Call(request, absl::Seconds(20), &second), testing::IsOk());
  EXPECT_EQ(first.number(), 1);
  EXPECT_EQ(second.number(), 1);
  request.set_text("other");
  EXPECT_THAT(Call(request),
              testing::HasReason(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused));
  request.set_validate_only(true);
  EXPECT_THAT(Call(request), testing::IsOk());
}

TEST_F(ServerEdgeTest, AWatchSendsTheSnapshotThenChangesThenItsEnd) {
  EchoResponse state;
  state.set_number(1);
  service_->states.Publish(state);
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  EchoResponse seen;
  ASSERT_TRUE(reader->Read(&seen));
  EXPECT_EQ(seen.number(), 1);
  state.set_number(2);
  service_->states.Publish(state);
  ASSERT_TRUE(reader->Read(&seen));
  EXPECT_EQ(seen.number(), 2);
  state.set_number(3);
  service_->states.Publish(state);
  service_->sink()->End(absl::OkStatus());
  ASSERT_TRUE(reader->Read(&seen)) << "what waits is sent before the end";
  EXPECT_EQ(seen.number(), 3);
  EXPECT_FALSE(reader->Read(&seen));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(ServerEdgeTest, S9ASlowReaderSkipsStatesAndSlowsNobody) {
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  ASSERT_TRUE(testing::PollUntil([&] { return service_->sink() != nullptr; }));
  EchoResponse state;
  state.set_text(std::string(100'000, 'x'));
  for (int i = 1; i <= 2000; ++i) {  // 200 MB: far over any window
    state.set_number(i);
    service_->states.Publish(state);
  }
  EXPECT_GT(service_->sink()->skipped(), 0);
  EchoResponse seen;
  int64_t reads = 0;
  while (seen.number() < 2000 && reader->Read(&seen)) ++reads;
  EXPECT_EQ(seen.number(), 2000) << "the newest state always arrives";
  EXPECT_LT(reads, 2000);
  context.TryCancel();
}

TEST_F(ServerEdgeTest, S9WhatIsMadeWhenItIsSentMissesNothing) {
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  ASSERT_TRUE(testing::PollUntil([&] { return service_->sink() != nullptr; }));
  constexpr int kEvents = 2000;
  constexpr int kEventsAtOnce = 3;
  std::atomic<int> happened = 0;
  auto sent = std::make_shared<int>(0);  // touched under the stream's lock only
  for (int i = 1; i <= kEvents; ++i) {
    happened = i;
    service_->sink()->PublishMade([&happened, sent](EchoResponse& message) {
      // 100 kB an event: far over any window.
      for (int n = 0; n < kEventsAtOnce && *sent < happened; ++n) {
        ++*sent;
        message.mutable_text()->append(std::to_string(*sent) + std::string(100'000, ' '));
      }
      message.set_number(*sent);
      return *sent < happened;
    });
  }
  service_->sink()->End(absl::OkStatus());
  EchoResponse seen;
  int last = 0;
  while (reader->Read(&seen)) {
    std::istringstream numbers(seen.text());
    for (int number = 0; numbers >> number;) {
      ASSERT_EQ(number, last + 1);
      last = number;
    }
  }
  EXPECT_EQ(last, kEvents);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(ServerEdgeTest, S9AReaderThatStopsReadingIsClosed) {
  StartServer({.write_timeout = absl::Seconds(1)}, AccessPolicy::Open());
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  ASSERT_TRUE(testing::PollUntil([&] { return service_->sink() != nullptr; }));
  EchoResponse state;
  state.set_text(std::string(1'000'000, 'x'));
  ASSERT_TRUE(testing::PollUntil([&] {
    service_->states.Publish(state);
    return edge_->streams() == 0;
  }));
}

TEST_F(ServerEdgeTest, G11AVanishedReaderEndsTheStream) {
  {
    grpc::ClientContext context;
    auto reader = stub_->Watch(&context, Valid());
    ASSERT_TRUE(testing::PollUntil([&] { return edge_->streams() == 1; }));
    context.TryCancel();
  }
  EXPECT_TRUE(testing::PollUntil([&] { return edge_->streams() == 0; }));
  EchoResponse state;
  service_->states.Publish(state);  // nobody listens any more
}

TEST_F(ServerEdgeTest, AQuietStreamRepeatsItsState) {
  StartServer({.heartbeat = absl::Milliseconds(1)}, AccessPolicy::Open());
  EchoResponse state;
  state.set_number(7);
  service_->states.Publish(state);
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  EchoResponse seen;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader->Read(&seen));
    EXPECT_EQ(seen.number(), 7);
  }
  context.TryCancel();
}

TEST_F(ServerEdgeTest, AWatchThatCannotStartEndsWithItsError) {
  service_->set_watch_error(status::Error({.code = absl::StatusCode::kNotFound,
                                           .reason = Reason::kResourceNotFound,
                                           .message = "no such run"}));
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  EchoResponse seen;
  EXPECT_FALSE(reader->Read(&seen));
  EXPECT_THAT(status::FromGrpc(reader->Finish()),
              testing::HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_F(ServerEdgeTest, G6OneStreamTooManyIsRefused) {
  StartServer({.streams_max = 1}, AccessPolicy::Open());
  grpc::ClientContext first_context, second_context;
  auto first = stub_->Watch(&first_context, Valid());
  ASSERT_TRUE(testing::PollUntil([&] { return edge_->streams() == 1; }));
  auto second = stub_->Watch(&second_context, Valid());
  EchoResponse seen;
  EXPECT_FALSE(second->Read(&seen));
  EXPECT_THAT(status::FromGrpc(second->Finish()),
              testing::HasReason(absl::StatusCode::kResourceExhausted, Reason::kOverloaded));
  first_context.TryCancel();
}

TEST_F(ServerEdgeTest, G10StopRefusesNewCallsEndsStreamsAndWaitsForAStuckBody) {
  service_->set_body([&](const CallScope& scope, EchoResponse&) {
    running_.count_down();
    sync::SleepUnlessStopped(absl::Seconds(30), scope.stop);
    stopped_ = true;
    return absl::CancelledError("stopped");
  });
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  ASSERT_TRUE(testing::PollUntil([&] { return edge_->streams() == 1; }));
  std::jthread stuck([&] { EXPECT_FALSE(Call(Valid()).ok()); });
  running_.wait();
  absl::Status refused;
  server_->Stop([&] { refused = Call(Valid()); }, absl::Milliseconds(50));
  EXPECT_TRUE(stopped_) << "the deadline cancelled it, and Stop waited";
  EXPECT_THAT(refused, testing::HasReason(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
  EchoResponse seen;
  EXPECT_FALSE(reader->Read(&seen));
  EXPECT_THAT(status::FromGrpc(reader->Finish()),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
  server_.reset();
}

TEST_F(ServerEdgeTest, StopWaitsForTheBodyOfAStreamWhoseReaderLeft) {
  service_->before_subscribing = [&] {
    running_.count_down();
    release_.wait();
  };
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Valid());
  running_.wait();
  context.TryCancel();
  ASSERT_TRUE(testing::PollUntil([&] { return edge_->streams() == 0; }));
  std::jthread releases([&] {
    sync::SleepUnlessStopped(absl::Milliseconds(50), {});
    stopped_ = true;
    release_.count_down();
  });
  server_->Stop([] {}, absl::ZeroDuration());
  EXPECT_TRUE(stopped_);
  server_.reset();
}

TEST_F(ServerEdgeTest, AMethodWithoutAccessStopsTheStart) {
  EXPECT_DEATH(edge_->Resolve(EchoService::service_full_name(), "WithoutAccess"),
               "declares no access");
}

TEST_F(ServerEdgeTest, ATakenPortIsAnError) {
  ServerEdge edge(AccessPolicy::Open(), {}, registry_, clock::SystemClock());
  EchoEdge service(edge);
  EXPECT_THAT(Server::Start(
                  {.listen = server_->address()}, {&service}, edge,
                  [](const std::stop_token&) { return absl::OkStatus(); }, clock::SystemClock()),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidSetting));
}

}  // namespace
}  // namespace storefront::grpcserver
