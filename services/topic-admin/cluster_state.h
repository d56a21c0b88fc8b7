// What was seen of a cluster.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace storefront::topics {

struct BrokerNode {
  int32_t id = 0;
  std::string host;
  int32_t port = 0;
  std::string rack;  // empty: none
};

struct ClusterInfo {
  std::string cluster_id;
  int32_t controller_id = -1;       // -1: unknown
  std::vector<BrokerNode> brokers;  // by id
};

struct PartitionState {
  int32_t id = 0;
  int32_t leader = -1;  // -1: none
  std::vector<int32_t> replicas, in_sync_replicas;
};

struct TopicState {
  std::string name;
  std::string topic_id;  // base64, as Kafka prints it
  bool internal = false;
  std::vector<PartitionState> partitions;  // by id
};

// Where a value comes from. Only kTopic is an override; `inherited` is everything else.
enum class ConfigSource {
  kUnknown,
  kTopic,
  kDynamicBroker,
  kDynamicDefaultBroker,
  kStaticBroker,
  kDefault,
};

struct ConfigSynonym {
  std::string name, value;
  ConfigSource source = ConfigSource::kUnknown;
};

struct ConfigEntry {
  std::string value;  // empty when sensitive
  ConfigSource source = ConfigSource::kUnknown;
  bool sensitive = false;
  bool read_only = false;
  std::vector<ConfigSynonym> synonyms;  // strongest first; the topic's own value is one of them
};

using TopicConfigs = std::map<std::string, ConfigEntry>;  // by key

struct ObservedTopic {
  TopicState state;
  TopicConfigs configs;
};

struct ClusterState {
  ClusterInfo cluster;
  std::map<std::string, ObservedTopic> topics;  // by name
};

}  // namespace storefront::topics
