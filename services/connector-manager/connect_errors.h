// What an answer of Kafka Connect that is not a success means.
//
// Connect's texts are matched here and nowhere else, and none is passed on as it is: one of them
// holds a whole config with its password.
//
// Thread-safety: pure functions. Source: docs/connect-rest.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

struct ErrorAnswer {
  int status = 0;
  std::string content_type;
  std::string message;  // `message` of the JSON; the body when it is not JSON
};

enum class ConnectAnswer {
  kRebalancing,  // repeat: nothing was done
  kStarting,     // repeat: nothing was done
  kExists,
  kNotFound,
  kInvalidConfig,
  kWrongState,
  kTimedOut,          // of a write: may have taken effect
  kKafkaUnreachable,  // of a read: Connect waited for Kafka in vain
  kDenied,
  kMalformed,
};

ConnectAnswer ClassifyAnswer(const ErrorAnswer& answer, bool is_write);

// `what` names the connector or resource. For kInvalidConfig the faults of `message`, raw, as field
// violations.
absl::Status StatusOfAnswer(ConnectAnswer answer, absl::string_view what,
                            absl::string_view message);

// The sentences of a 400 "Connector configuration is invalid …", one per fault.
std::vector<ConfigFault> FaultsOfMessage(absl::string_view message);

}  // namespace storefront::connectors
