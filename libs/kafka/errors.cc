// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/errors.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/status/error.h"

namespace storefront::kafka {
namespace {

using absl::StatusCode;
using status::Reason;

struct Row {
  rd_kafka_resp_err_t code;
  StatusCode status;
  Reason reason;
};

constexpr Row kRows[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__TRANSPORT, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__RESOLVE, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__DESTROY, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__FATAL, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, StatusCode::kUnavailable,
     Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, StatusCode::kUnavailable,
     Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, StatusCode::kUnavailable, Reason::kBackendUnavailable},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, StatusCode::kResourceExhausted,
     Reason::kBrokerThrottled},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, StatusCode::kNotFound, Reason::kResourceNotFound},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, StatusCode::kNotFound, Reason::kResourceNotFound},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, StatusCode::kNotFound, Reason::kResourceNotFound},
    {RD_KAFKA_RESP_ERR__NOENT, StatusCode::kNotFound, Reason::kResourceNotFound},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID, StatusCode::kNotFound, Reason::kResourceNotFound},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, StatusCode::kAlreadyExists, Reason::kTopicExists},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, StatusCode::kInvalidArgument, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, StatusCode::kInvalidArgument, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_INVALID_REQUEST, StatusCode::kInvalidArgument, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, StatusCode::kFailedPrecondition, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, StatusCode::kFailedPrecondition,
     Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT, StatusCode::kFailedPrecondition,
     Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, StatusCode::kFailedPrecondition, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
     Reason::kBrokerPermission},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
     Reason::kBrokerPermission},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
     Reason::kBrokerPermission},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, StatusCode::kPermissionDenied, Reason::kBrokerPermission},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, StatusCode::kPermissionDenied,
     Reason::kBrokerPermission},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, StatusCode::kOutOfRange, Reason::kBrokerRefused},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, StatusCode::kInvalidArgument, Reason::kBrokerRefused},
};

Row Find(rd_kafka_resp_err_t code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return {code, StatusCode::kInternal, Reason::kInternalError};
}

}  // namespace

absl::Status FromKafka(rd_kafka_resp_err_t code, absl::string_view what, absl::string_view text) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  Row row = Find(code);
  // One code for an illegal name and for a name that another topic shuts out.
  if (code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION && absl::StrContains(text, "collides")) {
    row.status = StatusCode::kFailedPrecondition;
  }
  const std::string name = rd_kafka_err2name(code);
  status::ErrorSpec error = {.code = row.status, .reason = row.reason};
  error.internal = absl::StrCat(name, " (", static_cast<int>(code), "): ", text);
  switch (row.reason) {
    case Reason::kBackendUnavailable:
      error.message = absl::StrCat(what, ": Kafka did not answer. Is the broker running?");
      error.metadata = {{"backend", "kafka"}, {"kafka_error", name}};
      error.retry_after = absl::Seconds(1);
      break;
    case Reason::kBrokerThrottled:
      error.message = absl::StrCat(what, ": Kafka asks to send less. Try again later.");
      error.metadata = {{"backend", "kafka"}, {"kafka_error", name}};
      error.retry_after = absl::Seconds(1);
      break;
    case Reason::kResourceNotFound:
      error.message = absl::StrCat(what, ": Kafka does not have it.");
      break;
    case Reason::kTopicExists:
      error.message = absl::StrCat(what, ": a topic of this name exists.");
      break;
    case Reason::kBrokerPermission:
      error.message = absl::StrCat(what, ": Kafka does not permit it.");
      error.metadata = {{"kafka_error", name}};
      break;
    case Reason::kBrokerRefused:
      error.message = absl::StrCat(what, ": Kafka refused it: ", text);
      error.metadata = {{"kafka_code", absl::StrCat(static_cast<int>(code))},
                        {"kafka_error", name}};
      break;
    default:
      error.message = absl::StrCat(what, ": Kafka failed in a way that is not known here.");
      error.metadata = {{"kafka_error", name}};
      break;
  }
  return status::Error(std::move(error));
}

bool IsTransient(rd_kafka_resp_err_t code) {
  const Row row = Find(code);
  return row.reason == Reason::kBackendUnavailable || row.reason == Reason::kBrokerThrottled;
}

}  // namespace storefront::kafka
