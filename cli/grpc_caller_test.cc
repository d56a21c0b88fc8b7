// SPDX-License-Identifier: Apache-2.0
#include "cli/grpc_caller.h"

#include <dlfcn.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/testing/status_matchers.h"

namespace {

std::atomic<int> connects{0};
std::atomic<int> to_fail{0};  // how many of the next ones seem to fail

}  // namespace

// In front of libc's, for gRPC too: fails as gRPC 1.51 sees it when errno was overwritten.
extern "C" int connect(int descriptor, const sockaddr* address, socklen_t size) {
  static const auto real =
      reinterpret_cast<int (*)(int, const sockaddr*, socklen_t)>(dlsym(RTLD_NEXT, "connect"));
  const int result = real(descriptor, address, size);
  int type = 0;
  socklen_t type_size = sizeof(type);
  const int error = errno;
  getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &type_size);
  errno = error;
  if (type != SOCK_STREAM) return result;  // getaddrinfo orders addresses by such
  ++connects;
  if (to_fail.fetch_sub(1) <= 0) return result;
  errno = ENOENT;
  return -1;
}

namespace storefront::cli {
namespace {

using status::Reason;

class GrpcCallerTest : public ::testing::Test {
 protected:
  GrpcCallerTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
    connects = to_fail = 0;
  }
  ~GrpcCallerTest() override { StopServer(); }

  void StopServer() {
    if (server_ == nullptr) return;
    server_->Shutdown();
    queue_->Shutdown();
    server_.reset();
  }

  absl::StatusOr<std::string> Health() { return caller_.Health(address_, "", absl::Seconds(20)); }

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  GrpcCaller caller_{{}, std::stop_token()};
};

TEST_F(GrpcCallerTest, CallsShareAConnection) {
  EXPECT_THAT(Health(), testing::IsOkAndHolds("SERVING"));
  EXPECT_THAT(Health(), testing::IsOkAndHolds("SERVING"));
  EXPECT_EQ(connects, 1);
}

TEST_F(GrpcCallerTest, AConnectionThatSeemsToFailIsMadeAgain) {
  to_fail = 1;
  EXPECT_THAT(Health(), testing::IsOkAndHolds("SERVING"));
  EXPECT_EQ(connects, 2);
}

TEST_F(GrpcCallerTest, WhereNobodyListensItEndsAfterTheSecond) {
  StopServer();
  EXPECT_THAT(Health(),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_EQ(connects, 2);
}

TEST_F(GrpcCallerTest, AfterAFailureTheNextCallDoesNotWaitForABackoff) {
  to_fail = 2;
  EXPECT_THAT(Health(),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(Health(), testing::IsOkAndHolds("SERVING"));
  EXPECT_EQ(connects, 3);
}

}  // namespace
}  // namespace storefront::cli
