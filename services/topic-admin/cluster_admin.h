// A Kafka cluster as this service uses it.
//
// Thread-safety: all methods.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE no answer within the limits; CANCELLED the
// stop came first. After either, a change may or may not have taken effect: look before repeating.
// Shapes: names in one request are distinct (duplicates are INVALID_ARGUMENT); every name asked for
// is in the answer. Callers keep to batches: above 10 000 topics or partitions the broker refuses
// all of a request.
// Source: Kafka 4.3.1 through librdkafka 2.8; cluster_admin_contract.h holds fake and broker equal.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/topic-admin/cluster_state.h"

namespace storefront::topics {

// How long a call may take, and what ends it early.
struct CallLimits {
  clock::SteadyTime deadline;
  std::stop_token stop = {};
};

struct NewTopic {
  std::string name;
  int32_t partitions = -1;          // -1: the broker's default
  int32_t replication_factor = -1;  // -1: the broker's default
  std::map<std::string, std::string> configs;
};

// One topic's changes, done together or not at all. Keys that are not named stay as they are.
struct TopicAlteration {
  std::string name;
  std::map<std::string, std::optional<std::string>> configs;  // nothing: remove the override
};

struct PartitionAddition {
  std::string name;
  int32_t total = 0;  // partitions afterwards
};

// What the broker said about one topic of a change.
struct TopicOutcome {
  // NOT_FOUND, ALREADY_EXISTS TOPIC_EXISTS, INVALID_ARGUMENT or FAILED_PRECONDITION BROKER_REFUSED,
  // UNAVAILABLE (transient: may have taken effect), RESOURCE_EXHAUSTED BROKER_THROTTLED (not done).
  absl::Status status;
  int32_t kafka_code = 0;   // Kafka's number, 0 when it succeeded
  std::string broker_text;  // the broker's own sentence
};

template <typename T>
using ByTopic = std::map<std::string, T>;

class ClusterAdmin {
 public:
  virtual ~ClusterAdmin() = default;

  virtual absl::StatusOr<ClusterInfo> DescribeCluster(const CallLimits& limits) = 0;

  // All names, internal topics too, sorted.
  virtual absl::StatusOr<std::vector<std::string>> ListTopics(const CallLimits& limits) = 0;

  // NOT_FOUND per topic that the broker does not have, or does not have yet: a created topic is
  // visible only after a while.
  virtual absl::StatusOr<ByTopic<absl::StatusOr<TopicState>>> DescribeTopics(
      const std::vector<std::string>& names, const CallLimits& limits) = 0;

  // All settings with source and synonyms. NOT_FOUND as above.
  virtual absl::StatusOr<ByTopic<absl::StatusOr<TopicConfigs>>> DescribeConfigs(
      const std::vector<std::string>& names, const CallLimits& limits) = 0;

  // The changes. With `validate_only` the broker judges and nothing happens. Topics of one request
  // are independent of each other. Repeat of a creation: ALREADY_EXISTS; of an alteration: OK, no
  // change; of an addition: FAILED_PRECONDITION (the topic already has that many).
  virtual absl::StatusOr<ByTopic<TopicOutcome>> CreateTopics(const std::vector<NewTopic>& topics,
                                                             bool validate_only,
                                                             const CallLimits& limits) = 0;
  virtual absl::StatusOr<ByTopic<TopicOutcome>> AlterConfigs(
      const std::vector<TopicAlteration>& topics, bool validate_only, const CallLimits& limits) = 0;
  virtual absl::StatusOr<ByTopic<TopicOutcome>> AddPartitions(
      const std::vector<PartitionAddition>& topics, bool validate_only,
      const CallLimits& limits) = 0;

  // Deletes for real; there is no way to only validate. Repeat: NOT_FOUND.
  virtual absl::StatusOr<ByTopic<TopicOutcome>> DeleteTopics(const std::vector<std::string>& names,
                                                             const CallLimits& limits) = 0;
};

}  // namespace storefront::topics
