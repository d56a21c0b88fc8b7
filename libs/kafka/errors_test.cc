// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/errors.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::kafka {
namespace {

using absl::StatusCode;
using status::Reason;
using testing::HasReason;

struct Case {
  rd_kafka_resp_err_t code;
  StatusCode status;
  Reason reason;
  bool transient;
};

constexpr Case kCases[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, StatusCode::kUnavailable, Reason::kBackendUnavailable, true},
    {RD_KAFKA_RESP_ERR__TRANSPORT, StatusCode::kUnavailable, Reason::kBackendUnavailable, true},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, StatusCode::kUnavailable, Reason::kBackendUnavailable,
     true},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, StatusCode::kUnavailable, Reason::kBackendUnavailable, true},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, StatusCode::kUnavailable, Reason::kBackendUnavailable,
     true},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, StatusCode::kResourceExhausted,
     Reason::kBrokerThrottled, true},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, StatusCode::kNotFound, Reason::kResourceNotFound,
     false},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, StatusCode::kAlreadyExists, Reason::kTopicExists,
     false},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, StatusCode::kInvalidArgument, Reason::kBrokerRefused, false},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, StatusCode::kFailedPrecondition, Reason::kBrokerRefused,
     false},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, StatusCode::kFailedPrecondition, Reason::kBrokerRefused,
     false},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
     Reason::kBrokerPermission, false},
    {RD_KAFKA_RESP_ERR_UNKNOWN, StatusCode::kInternal, Reason::kInternalError, false},
};

TEST(FromKafka, GivesEachCodeItsStatusAndReason) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(rd_kafka_err2name(c.code));
    EXPECT_THAT(FromKafka(c.code, "create topic", "text"), HasReason(c.status, c.reason));
    EXPECT_EQ(IsTransient(c.code), c.transient);
  }
}

TEST(FromKafka, TellsAnIllegalNameFromACollision) {
  EXPECT_EQ(FromKafka(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "create", "illegal character").code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(FromKafka(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "create",
                      "Topic 'a_b' collides with existing topic: a.b")
                .code(),
            StatusCode::kFailedPrecondition);
}

TEST(FromKafka, IsOkForNoError) {
  EXPECT_TRUE(FromKafka(RD_KAFKA_RESP_ERR_NO_ERROR, "x", "").ok());
}

TEST(FromKafka, ShowsTheBrokersSentenceOnlyForRefusals) {
  const absl::Status refused =
      FromKafka(RD_KAFKA_RESP_ERR_INVALID_CONFIG, "create topic a", "bad value for retention.ms");
  EXPECT_NE(refused.message().find("bad value for retention.ms"), absl::string_view::npos);
  EXPECT_EQ(status::DetailsOf(refused).metadata.at("kafka_code"), "40");

  const absl::Status lost =
      FromKafka(RD_KAFKA_RESP_ERR__TRANSPORT, "create topic a", "10.1.2.3:9092 refused");
  EXPECT_EQ(lost.message().find("10.1.2.3"), absl::string_view::npos);
  EXPECT_EQ(status::DetailsOf(lost).metadata.at("backend"), "kafka");
  EXPECT_TRUE(status::DetailsOf(lost).retry_after.has_value());
}

}  // namespace
}  // namespace storefront::kafka
