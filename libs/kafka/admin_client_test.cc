// Against no broker: what must hold when there is nobody to talk to.
// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/admin_client.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "libs/kafka/consumer.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"

namespace storefront::kafka {
namespace {

using status::Reason;
using testing::HasReason;

// Port 1 of the loopback: nobody listens there.
constexpr char kNobody[] = "127.0.0.1:1";

const AdminClient::Api kDescribeCluster = {.name = "describe cluster",
                                           .op = RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER};

void SendDescribeCluster(rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options,
                         rd_kafka_queue_t* reply) {
  rd_kafka_DescribeCluster(rk, options, reply);
}

std::unique_ptr<AdminClient> Client(absl::Duration request_timeout,
                                    CallObserver observer = nullptr) {
  auto client = AdminClient::Create(
      {.bootstrap_servers = kNobody, .client_id = "test", .request_timeout = request_timeout},
      clock::SystemClock(), std::move(observer));
  EXPECT_THAT(client, testing::IsOk());
  return *std::move(client);
}

CallLimits Limits(absl::Duration time, std::stop_token stop = {}) {
  return {.deadline = clock::SystemClock().Steady() + time, .stop = std::move(stop)};
}

TEST(AdminClient, T1WithoutBrokerAnswersUnavailableAtTheRequestTimeout) {
  std::string seen;
  const auto client = Client(absl::Milliseconds(300),
                             [&](const std::string&, const std::string& code) { seen = code; });
  const clock::SteadyTime begin = clock::SystemClock().Steady();
  EXPECT_THAT(client->Call(kDescribeCluster, Limits(absl::Seconds(30)), SendDescribeCluster),
              HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_LT(clock::SystemClock().Steady() - begin, absl::Milliseconds(1300));
  EXPECT_EQ(seen, "_TIMED_OUT");
}

TEST(AdminClient, T1AnEarlierDeadlineWins) {
  const auto client = Client(absl::Seconds(30));
  const clock::SteadyTime begin = clock::SystemClock().Steady();
  EXPECT_THAT(client->Call(kDescribeCluster, Limits(absl::Milliseconds(300)), SendDescribeCluster),
              HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(client->TopicNames(Limits(absl::Milliseconds(300))),
              HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_LT(clock::SystemClock().Steady() - begin, absl::Seconds(2));
}

TEST(AdminClient, AStopEndsACallAtOnce) {
  const auto client = Client(absl::Seconds(30));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const clock::SteadyTime begin = clock::SystemClock().Steady();
  EXPECT_THAT(client->Call(kDescribeCluster, Limits(absl::Seconds(30), stop.get_token()),
                           SendDescribeCluster),
              HasReason(absl::StatusCode::kCancelled, Reason::kCallCancelled));
  EXPECT_LT(clock::SystemClock().Steady() - begin, absl::Seconds(2));
}

TEST(AdminClient, T7AFatalErrorEndsTheCallUnderWayAndTheNextHasANewHandle) {
  const auto client = Client(absl::Seconds(30));
  std::string name_of_first;
  const absl::Status under_way =
      client
          ->Call(
              kDescribeCluster, Limits(absl::Seconds(30)),
              [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
                name_of_first = rd_kafka_name(rk);
                rd_kafka_DescribeCluster(rk, options, reply);
                client->RaiseFatalErrorForTest();
              })
          .status();
  EXPECT_THAT(under_way, HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));

  std::string name_of_second;
  EXPECT_THAT(client->Call(kDescribeCluster, Limits(absl::Milliseconds(200)),
                           [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options,
                               rd_kafka_queue_t* reply) {
                             std::array<char, 128> text = {};
                             EXPECT_EQ(rd_kafka_fatal_error(rk, text.data(), text.size()),
                                       RD_KAFKA_RESP_ERR_NO_ERROR);
                             name_of_second = rd_kafka_name(rk);
                             rd_kafka_DescribeCluster(rk, options, reply);
                           }),
              HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_NE(name_of_second, name_of_first);
}

TEST(AdminClient, RefusesSettingsThatTheClientRefuses) {
  EXPECT_THAT(SetConf(*ConfPtr(rd_kafka_conf_new()), "no.such.setting", "1"),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
}

TEST(Consumer, WithoutBrokerAssigningIsUnavailable) {
  auto consumer = Consumer::Create({.bootstrap_servers = kNobody,
                                    .client_id = "test",
                                    .request_timeout = absl::Milliseconds(200)});
  ASSERT_THAT(consumer, testing::IsOk());
  EXPECT_THAT((*consumer)->AssignAtEnd({"orders"}),
              HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
}

}  // namespace
}  // namespace storefront::kafka
