// SPDX-License-Identifier: Apache-2.0
#include "libs/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "libs/http/testing_server.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"

namespace storefront::http {
namespace {

using absl::StatusCode;
using status::Reason;
using storefront::testing::HasReason;
using storefront::testing::IsOk;

TestingServer::Handler Always(ServedResponse response) {
  return [response](const ServedRequest&) { return response; };
}

TEST(Client, SendsMethodTargetAndBody) {
  TestingServer server([](const ServedRequest& request) {
    return ServedResponse{.status = 201,
                          .content_type = "Application/JSON; charset=utf-8",
                          .body = request.method + " " + request.target + " " + request.body};
  });
  Client client(server.url(), "connect");
  const auto response =
      client.Send({.method = "PUT", .target = "/connectors/a%2Fb?x=1", .body = "{}"});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->content_type, "application/json");
  EXPECT_EQ(response->body, "PUT /connectors/a%2Fb?x=1 {}");
}

TEST(Client, AnyStatusIsAnAnswerAndARedirectIsNotFollowed) {
  std::atomic<int> requests = 0;
  TestingServer server([&](const ServedRequest&) {
    ++requests;
    return ServedResponse{.status = 307, .body = "x", .headers = "Location: /elsewhere\r\n"};
  });
  const auto response = Client(server.url(), "connect").Send({.target = "/"});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(requests, 1);
}

TEST(Client, NoContentAndKeptConnection) {
  TestingServer server(Always({.status = 204}));
  Client client(server.url(), "connect");
  for (int i = 0; i < 3; ++i) {
    const auto response = client.Send({.method = "DELETE", .target = "/x"});
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status, 204);
    EXPECT_EQ(response->body, "");
  }
}

TEST(Client, C3RefusedIsUnavailableAndWasNotSent) {
  std::string url;
  {
    url = TestingServer(Always({})).url();
  }
  const auto response = Client(url, "connect").Send({.target = "/"});
  EXPECT_THAT(response, HasReason(StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_FALSE(MayHaveBeenSent(response.status()));
  EXPECT_EQ(status::DetailsOf(response.status()).metadata.at("backend"), "connect");
}

TEST(Client, C3HangEndsAtTheTimeoutAndMayHaveBeenSent) {
  TestingServer server(Always({.hang = true}));
  const absl::Time begin = absl::Now();
  const auto response =
      Client(server.url(), "connect")
          .Send({.method = "PUT", .target = "/", .body = "{}", .timeout = absl::Milliseconds(300)});
  EXPECT_THAT(response, HasReason(StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
  EXPECT_TRUE(MayHaveBeenSent(response.status()));
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(1300));
}

TEST(Client, C3OneByteAtATimeEndsAtTheTimeout) {
  TestingServer server(
      Always({.body = std::string(100, 'x'), .byte_delay = absl::Milliseconds(50)}));
  const auto response =
      Client(server.url(), "connect").Send({.target = "/", .timeout = absl::Milliseconds(300)});
  EXPECT_THAT(response, HasReason(StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
}

TEST(Client, C3BodyOverTheCapIsMalformed) {
  TestingServer server(Always({.body = std::string(2000, 'x')}));
  Client client(server.url(), "connect");
  EXPECT_THAT(client.Send({.target = "/", .body_bytes_max = 2000}), IsOk());
  EXPECT_THAT(client.Send({.target = "/", .body_bytes_max = 1999}),
              HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
}

TEST(Client, C3NotHttpIsMalformed) {
  TestingServer server(Always({.raw = "SSH-2.0-OpenSSH_9.9\r\n\r\n"}));
  EXPECT_THAT(Client(server.url(), "connect").Send({.target = "/"}),
              HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
}

TEST(Client, ClosedWithoutAnswerMayHaveBeenSent) {
  TestingServer server(Always({.close = true}));
  const auto response =
      Client(server.url(), "connect").Send({.method = "PUT", .target = "/", .body = "{}"});
  EXPECT_THAT(response, HasReason(StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_TRUE(MayHaveBeenSent(response.status()));
}

TEST(Client, StopEndsACallWithinASecondOrSo) {
  TestingServer server(Always({.hang = true}));
  Client client(server.url(), "connect");
  std::stop_source stop;
  std::atomic<bool> done = false;
  absl::Status result;
  std::thread caller([&] {
    result = client.Send({.target = "/", .timeout = absl::Seconds(30)}, stop.get_token()).status();
    done = true;
  });
  stop.request_stop();
  EXPECT_TRUE(storefront::testing::PollUntil([&] { return done.load(); }, absl::Seconds(3)));
  caller.join();
  EXPECT_THAT(result, HasReason(StatusCode::kCancelled, Reason::kCallCancelled));
}

TEST(Client, NoTimeLeftSendsNothing) {
  std::atomic<int> requests = 0;
  TestingServer server([&](const ServedRequest&) {
    ++requests;
    return ServedResponse{};
  });
  const auto response =
      Client(server.url(), "connect").Send({.target = "/", .timeout = absl::ZeroDuration()});
  EXPECT_THAT(response, HasReason(StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
  EXPECT_FALSE(MayHaveBeenSent(response.status()));
  EXPECT_EQ(requests, 0);
}

TEST(Client, TheEnvironmentsProxyIsNotUsed) {
  TestingServer server(Always({.body = "direct"}));
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const auto response = Client(server.url(), "connect").Send({.target = "/"});
  ASSERT_EQ(unsetenv("http_proxy"), 0);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "direct");
}

TEST(EncodeSegment, C12EncodesWhatAPathCannotHold) {
  EXPECT_EQ(EncodeSegment("storefront-postgres_1.x~"), "storefront-postgres_1.x~");
  EXPECT_EQ(EncodeSegment("a/b c%2F?#"), "a%2Fb%20c%252F%3F%23");
  EXPECT_EQ(EncodeSegment("\xC3\xA9"), "%C3%A9");
  EXPECT_EQ(EncodeSegment(".."), "%2E%2E");
}

}  // namespace
}  // namespace storefront::http
