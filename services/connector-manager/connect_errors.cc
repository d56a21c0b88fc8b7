// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connect_errors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"

namespace storefront::connectors {
namespace {

using absl::StrContains;
using status::Reason;

// For the log: the words before anything that can be a key and its value. A 500 of Connect may hold
// the whole config.
std::string Internal(absl::string_view message) {
  const size_t end = std::min({message.find_first_of("{=\"[\n"), message.size(), size_t{200}});
  return std::string(message.substr(0, end));
}

}  // namespace

ConnectAnswer ClassifyAnswer(const ErrorAnswer& answer, bool is_write) {
  const absl::string_view message = answer.message;
  const bool is_json = answer.content_type == "application/json";
  if (!is_json) {
    if (answer.status == 404) return ConnectAnswer::kStarting;  // REST resources are not there yet
    if (answer.status == 401 || answer.status == 403) return ConnectAnswer::kDenied;
    if (answer.status == 503) return ConnectAnswer::kStarting;
    return ConnectAnswer::kMalformed;
  }
  switch (answer.status) {
    case 401:
    case 403:
      return ConnectAnswer::kDenied;
    case 404:
      return ConnectAnswer::kNotFound;
    case 409:
      return StrContains(message, "already exists") ? ConnectAnswer::kExists
                                                    : ConnectAnswer::kRebalancing;
    case 503:
      return ConnectAnswer::kStarting;
    case 400:
      return StrContains(message, "STOPPED state") ? ConnectAnswer::kWrongState
                                                   : ConnectAnswer::kInvalidConfig;
    case 500:
      if (StrContains(message, "a rebalance is expected")) return ConnectAnswer::kRebalancing;
      if (StrContains(message, "timed out")) {
        return is_write ? ConnectAnswer::kTimedOut : ConnectAnswer::kKafkaUnreachable;
      }
      return ConnectAnswer::kMalformed;
    default:
      return ConnectAnswer::kMalformed;
  }
}

std::vector<ConfigFault> FaultsOfMessage(absl::string_view message) {
  std::vector<ConfigFault> faults;
  for (absl::string_view line : absl::StrSplit(message, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || absl::StartsWith(line, "Connector configuration is invalid") ||
        absl::StartsWith(line, "You can also find the above list")) {
      continue;
    }
    faults.push_back({"", std::string(line)});
  }
  return faults;
}

absl::Status StatusOfAnswer(ConnectAnswer answer, absl::string_view what,
                            absl::string_view message) {
  const std::string internal = Internal(message);
  switch (answer) {
    case ConnectAnswer::kRebalancing:
      return status::Error({.code = absl::StatusCode::kUnavailable,
                            .reason = Reason::kConnectRebalancing,
                            .message = "Kafka Connect's workers are sharing out their work.",
                            .metadata = {{"backend", "connect"}},
                            .retry_after = absl::Seconds(1),
                            .internal = internal});
    case ConnectAnswer::kStarting:
      return status::Error({.code = absl::StatusCode::kUnavailable,
                            .reason = Reason::kBackendUnavailable,
                            .message = "Kafka Connect is starting.",
                            .metadata = {{"backend", "connect"}},
                            .retry_after = absl::Seconds(1),
                            .internal = internal});
    case ConnectAnswer::kKafkaUnreachable:
      return status::Error({.code = absl::StatusCode::kUnavailable,
                            .reason = Reason::kBackendUnavailable,
                            .message = "Kafka Connect does not reach Kafka.",
                            .metadata = {{"backend", "kafka"}},
                            .retry_after = absl::Seconds(2),
                            .internal = internal});
    case ConnectAnswer::kExists:
      return status::Error({.code = absl::StatusCode::kAlreadyExists,
                            .reason = Reason::kConnectorExists,
                            .message = absl::StrCat("Connector ", what, " exists."),
                            .internal = internal});
    case ConnectAnswer::kNotFound:
      return status::Error(
          {.code = absl::StatusCode::kNotFound,
           .reason = Reason::kResourceNotFound,
           .message = absl::StrCat("Kafka Connect has no connector ", what, "."),
           .resource = status::ResourceRef{"connectors", absl::StrCat("connectors/", what)},
           .internal = internal});
    case ConnectAnswer::kInvalidConfig: {
      status::ErrorSpec spec{
          .code = absl::StatusCode::kInvalidArgument,
          .reason = Reason::kConnectorConfigInvalid,
          .message = absl::StrCat("Kafka Connect refuses the config of ", what, "."),
          .internal = internal};
      for (const ConfigFault& fault : FaultsOfMessage(message)) {
        spec.fields.push_back({fault.key, fault.message});
      }
      return status::Error(std::move(spec));
    }
    case ConnectAnswer::kWrongState:
      return status::Error(
          {.code = absl::StatusCode::kFailedPrecondition,
           .reason = Reason::kConnectorState,
           .message = absl::StrCat("Connector ", what, " must be STOPPED for this."),
           .internal = internal});
    case ConnectAnswer::kTimedOut:
      return status::Error(
          {.code = absl::StatusCode::kUnknown,
           .reason = Reason::kOutcomeUnknown,
           .message = absl::StrCat("Whether the change of ", what, " took effect is not known."),
           .metadata = {{"backend", "connect"}},
           .internal = internal});
    case ConnectAnswer::kDenied:
      return status::Error({.code = absl::StatusCode::kInternal,
                            .reason = Reason::kUpstreamDenied,
                            .message = "Kafka Connect refused this service.",
                            .metadata = {{"backend", "connect"}},
                            .internal = internal});
    case ConnectAnswer::kMalformed:
      break;
  }
  return status::Error(
      {.code = absl::StatusCode::kInternal,
       .reason = Reason::kUpstreamMalformed,
       .message = "Kafka Connect answered something that its contract does not have.",
       .metadata = {{"backend", "connect"}},
       .internal = internal});
}

}  // namespace storefront::connectors
