// Answers of librdkafka as domain values. Each event has no error of its own (AdminClient asked).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "absl/status/statusor.h"
#include "services/topic-admin/cluster_admin.h"

namespace storefront::topics {

// A string of librdkafka, which may be null.
inline std::string Text(const char* text) { return text == nullptr ? "" : text; }

ClusterInfo ReadCluster(rd_kafka_event_t& event);
ByTopic<absl::StatusOr<TopicState>> ReadTopics(rd_kafka_event_t& event);
ByTopic<absl::StatusOr<TopicConfigs>> ReadConfigs(rd_kafka_event_t& event);

}  // namespace storefront::topics
