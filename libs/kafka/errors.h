// Kafka's error codes as statuses: the one table.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storefront::kafka {

// The status for `code` met while doing `what` ("create topic orders"). OK for NO_ERROR.
//   local timeouts, transport, no broker, and codes that a later try cures: UNAVAILABLE
//     BACKEND_UNAVAILABLE, metadata backend = "kafka", with RetryInfo;
//   THROTTLING_QUOTA_EXCEEDED: RESOURCE_EXHAUSTED BROKER_THROTTLED with RetryInfo;
//   unknown topic: NOT_FOUND; existing topic: ALREADY_EXISTS TOPIC_EXISTS;
//   wrong values: INVALID_ARGUMENT; what this cluster does not allow: FAILED_PRECONDITION;
//     both BROKER_REFUSED with metadata kafka_code and kafka_error;
//   authorization: PERMISSION_DENIED BROKER_PERMISSION.
// `text` is the broker's own sentence; it is shown for refusals (it names the value that is wrong)
// and only logged for the rest, where it may hold addresses.
absl::Status FromKafka(rd_kafka_resp_err_t code, absl::string_view what, absl::string_view text);

// True for codes after which the same request may succeed by itself. The request may have taken
// effect (REQUEST_TIMED_OUT): look before sending it again.
bool IsTransient(rd_kafka_resp_err_t code);

}  // namespace storefront::kafka
