// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/http_connect_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connect_server.h"

namespace storefront::connectors {
namespace {

using absl::StatusCode;
using status::Reason;
using storefront::testing::HasReason;
using storefront::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpConnectApi : public ::testing::Test {
 protected:
  CallLimits Limits(absl::Duration time = absl::Seconds(20)) {
    return {clock::SystemClock().Steady() + time, {}};
  }
  FakeConnectCluster cluster_;
  FakeConnectServer server_{cluster_};
  std::unique_ptr<ConnectApi> api_ =
      MakeHttpConnectApi({.url = server_.url(),
                          .timeouts = {.list_and_status = absl::Milliseconds(400),
                                       .read = absl::Milliseconds(400),
                                       .write = absl::Milliseconds(400)},
                          .body_bytes_max = 10'000},
                         clock::SystemClock());
};

TEST_F(HttpConnectApi, C1RebalancingAnswersAreWaitedFor) {
  cluster_.SetFaults({.rebalancing_answers = 2, .rebalancing_500_answers = 1});
  EXPECT_THAT(api_->PutConfig("a", {{"k", "v"}}, Limits()), IsOk());
  EXPECT_EQ(cluster_.Count("PUT a"), 1);
}

TEST_F(HttpConnectApi, C1RebalancingToTheDeadlineIsUnavailable) {
  cluster_.SetFaults({.rebalancing_answers = 1000});
  const absl::Time begin = absl::Now();
  EXPECT_THAT(api_->PutConfig("a", {{"k", "v"}}, Limits(absl::Milliseconds(500))),
              HasReason(StatusCode::kUnavailable, Reason::kConnectRebalancing));
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(1500));
  EXPECT_EQ(cluster_.WriteCount(), 0);
}

TEST_F(HttpConnectApi, C1AnExistingConnectorIsToldApart) {
  server_.SetOverride(http::ServedResponse{
      .status = 409, .body = R"({"error_code":409,"message":"Connector a already exists"})"});
  EXPECT_THAT(api_->PutConfig("a", {}, Limits()),
              HasReason(StatusCode::kAlreadyExists, Reason::kConnectorExists));
}

TEST_F(HttpConnectApi, C2AWriteThatTimedOutIsUnknownAndSentOnce) {
  cluster_.SetFaults({.put_timeouts_after_effect = 1});
  EXPECT_THAT(api_->PutConfig("a", {{"k", "v"}}, Limits()),
              HasReason(StatusCode::kUnknown, Reason::kOutcomeUnknown));
  EXPECT_EQ(cluster_.Count("PUT a"), 1);
}

TEST_F(HttpConnectApi, C2AWriteWithoutAnswerIsUnknown) {
  server_.SetOverride(http::ServedResponse{.hang = true});
  EXPECT_THAT(api_->PutConfig("a", {{"k", "v"}}, Limits()),
              HasReason(StatusCode::kUnknown, Reason::kOutcomeUnknown));
  server_.SetOverride(http::ServedResponse{.close = true});
  EXPECT_THAT(api_->Delete("a", Limits()),
              HasReason(StatusCode::kUnknown, Reason::kOutcomeUnknown));
}

TEST_F(HttpConnectApi, C3ReadsFailByCode) {
  server_.SetOverride(http::ServedResponse{.hang = true});
  EXPECT_THAT(api_->List(Limits()),
              HasReason(StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
  server_.SetOverride(
      http::ServedResponse{.body = "{\"a\":1}", .byte_delay = absl::Milliseconds(200)});
  EXPECT_THAT(api_->List(Limits()),
              HasReason(StatusCode::kDeadlineExceeded, Reason::kDeadlinePassed));
  server_.SetOverride(http::ServedResponse{.body = std::string(10'001, ' ')});
  EXPECT_THAT(api_->List(Limits()), HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
  server_.SetOverride(http::ServedResponse{.content_type = "text/html", .body = "<html>"});
  EXPECT_THAT(api_->List(Limits()), HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
  for (absl::string_view body : {"[1]", "{\"a\":3}", "{", "null", "{\"a\":{\"info\":{}}}"}) {
    SCOPED_TRACE(body);
    server_.SetOverride(http::ServedResponse{.body = std::string(body)});
    EXPECT_THAT(api_->List(Limits()), HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
  }
}

TEST_F(HttpConnectApi, C3StartingIsWaitedForAndDownIsNot) {
  server_.SetOverride(
      http::ServedResponse{.status = 404, .content_type = "text/html", .body = "<html>404</html>"});
  EXPECT_THAT(api_->List(Limits(absl::Milliseconds(300))),
              HasReason(StatusCode::kUnavailable, Reason::kBackendUnavailable));
  auto down = MakeHttpConnectApi({.url = "http://127.0.0.1:1"}, clock::SystemClock());
  const absl::Time begin = absl::Now();
  EXPECT_THAT(down->PutConfig("a", {}, Limits()),
              HasReason(StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
}

TEST_F(HttpConnectApi, HealthIsAnAnswerInEveryState) {
  for (const ConnectHealth health : {ConnectHealth::kHealthy, ConnectHealth::kStarting,
                                     ConnectHealth::kKafkaUnreachable, ConnectHealth::kDown}) {
    cluster_.SetFaults({.health = health});
    EXPECT_EQ(api_->Health(Limits()), health);
  }
}

TEST_F(HttpConnectApi, AStatusThatIsNotThereYetIsEmpty) {
  ASSERT_THAT(api_->PutConfig("a", {{"k", "v"}}, Limits()), IsOk());
  cluster_.SetFaults({.status_missing_answers = 1});
  const auto status = api_->GetStatus("a", Limits());
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(status->state, "");
}

TEST_F(HttpConnectApi, AnEchoedConfigStaysInside) {
  cluster_.SetFaults(
      {.server_error = "Failed to put {database.password=hunter2} password=\"hunter2\""});
  const absl::Status status = api_->PutConfig("a", {{"k", "v"}}, Limits());
  EXPECT_THAT(status, HasReason(StatusCode::kInternal, Reason::kUpstreamMalformed));
  EXPECT_THAT(absl::StrCat(status.message(), status::DetailsOf(status).internal),
              Not(HasSubstr("hunter2")));
}

TEST_F(HttpConnectApi, ValuesWithQuotesAndNewlinesArriveAsTheyAre) {
  const std::string value = "q\",\"evil\":\"1\n\\ $x}\xC3\xA9";
  ASSERT_THAT(api_->PutConfig("a", {{"database.password", value}}, Limits()), IsOk());
  EXPECT_EQ(api_->GetConfig("a", Limits())->at("database.password"), value);
  EXPECT_EQ(api_->GetConfig("a", Limits())->size(), 2u);  // and Connect's name
}

TEST(ClassifyAnswer, DeniedIsToldApart) {
  FakeConnectCluster cluster;
  FakeConnectServer server(cluster);
  auto api = MakeHttpConnectApi({.url = server.url()}, clock::SystemClock());
  server.SetOverride(http::ServedResponse{.status = 403, .body = "{}"});
  EXPECT_THAT(api->List({clock::SystemClock().Steady() + absl::Seconds(5), {}}),
              HasReason(StatusCode::kInternal, Reason::kUpstreamDenied));
}

}  // namespace
}  // namespace storefront::connectors
