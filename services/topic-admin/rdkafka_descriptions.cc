// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/rdkafka_descriptions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"

namespace storefront::topics {
namespace {

std::vector<int32_t> NodeIds(const rd_kafka_Node_t** nodes, size_t count) {
  std::vector<int32_t> ids;
  ids.reserve(count);
  for (size_t i = 0; i < count; ++i) ids.push_back(rd_kafka_Node_id(nodes[i]));
  return ids;
}

ConfigSource SourceOf(rd_kafka_ConfigSource_t source) {
  switch (source) {
    case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG:
      return ConfigSource::kTopic;
    case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG:
      return ConfigSource::kDynamicBroker;
    case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG:
      return ConfigSource::kDynamicDefaultBroker;
    case RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG:
      return ConfigSource::kStaticBroker;
    case RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG:
      return ConfigSource::kDefault;
    default:
      return ConfigSource::kUnknown;
  }
}

TopicState ReadTopic(const rd_kafka_TopicDescription_t& topic) {
  TopicState state = {.name = Text(rd_kafka_TopicDescription_name(&topic))};
  if (const rd_kafka_Uuid_t* id = rd_kafka_TopicDescription_topic_id(&topic); id != nullptr) {
    state.topic_id = Text(rd_kafka_Uuid_base64str(id));
  }
  state.internal = rd_kafka_TopicDescription_is_internal(&topic) != 0;
  size_t count = 0;
  const rd_kafka_TopicPartitionInfo_t** partitions =
      rd_kafka_TopicDescription_partitions(&topic, &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_Node_t* leader = rd_kafka_TopicPartitionInfo_leader(partitions[i]);
    size_t replicas = 0;
    size_t in_sync = 0;
    const rd_kafka_Node_t** replica_nodes =
        rd_kafka_TopicPartitionInfo_replicas(partitions[i], &replicas);
    const rd_kafka_Node_t** in_sync_nodes =
        rd_kafka_TopicPartitionInfo_isr(partitions[i], &in_sync);
    state.partitions.push_back({.id = rd_kafka_TopicPartitionInfo_partition(partitions[i]),
                                .leader = leader == nullptr ? -1 : rd_kafka_Node_id(leader),
                                .replicas = NodeIds(replica_nodes, replicas),
                                .in_sync_replicas = NodeIds(in_sync_nodes, in_sync)});
  }
  std::sort(state.partitions.begin(), state.partitions.end(),
            [](const PartitionState& a, const PartitionState& b) { return a.id < b.id; });
  return state;
}

ConfigEntry ReadEntry(const rd_kafka_ConfigEntry_t& entry) {
  ConfigEntry read = {.value = Text(rd_kafka_ConfigEntry_value(&entry)),
                      .source = SourceOf(rd_kafka_ConfigEntry_source(&entry)),
                      .sensitive = rd_kafka_ConfigEntry_is_sensitive(&entry) == 1,
                      .read_only = rd_kafka_ConfigEntry_is_read_only(&entry) == 1};
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** synonyms = rd_kafka_ConfigEntry_synonyms(&entry, &count);
  for (size_t i = 0; i < count; ++i) {
    read.synonyms.push_back({.name = Text(rd_kafka_ConfigEntry_name(synonyms[i])),
                             .value = Text(rd_kafka_ConfigEntry_value(synonyms[i])),
                             .source = SourceOf(rd_kafka_ConfigEntry_source(synonyms[i]))});
  }
  return read;
}

}  // namespace

ClusterInfo ReadCluster(rd_kafka_event_t& event) {
  const rd_kafka_DescribeCluster_result_t* result = rd_kafka_event_DescribeCluster_result(&event);
  ClusterInfo info = {.cluster_id = Text(rd_kafka_DescribeCluster_result_cluster_id(result))};
  if (const rd_kafka_Node_t* controller = rd_kafka_DescribeCluster_result_controller(result);
      controller != nullptr) {
    info.controller_id = rd_kafka_Node_id(controller);
  }
  size_t count = 0;
  const rd_kafka_Node_t** nodes = rd_kafka_DescribeCluster_result_nodes(result, &count);
  for (size_t i = 0; i < count; ++i) {
    info.brokers.push_back({.id = rd_kafka_Node_id(nodes[i]),
                            .host = Text(rd_kafka_Node_host(nodes[i])),
                            .port = rd_kafka_Node_port(nodes[i]),
                            .rack = Text(rd_kafka_Node_rack(nodes[i]))});
  }
  std::sort(info.brokers.begin(), info.brokers.end(),
            [](const BrokerNode& a, const BrokerNode& b) { return a.id < b.id; });
  return info;
}

ByTopic<absl::StatusOr<TopicState>> ReadTopics(rd_kafka_event_t& event) {
  size_t count = 0;
  const rd_kafka_TopicDescription_t** topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(&event), &count);
  ByTopic<absl::StatusOr<TopicState>> read;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = Text(rd_kafka_TopicDescription_name(topics[i]));
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[i]);
    if (error != nullptr && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      read.emplace(
          name, kafka::FromKafka(rd_kafka_error_code(error), absl::StrCat("describe topic ", name),
                                 rd_kafka_error_string(error)));
      continue;
    }
    read.emplace(name, ReadTopic(*topics[i]));
  }
  return read;
}

ByTopic<absl::StatusOr<TopicConfigs>> ReadConfigs(rd_kafka_event_t& event) {
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(&event), &count);
  ByTopic<absl::StatusOr<TopicConfigs>> read;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = Text(rd_kafka_ConfigResource_name(resources[i]));
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      read.emplace(name,
                   kafka::FromKafka(code, absl::StrCat("describe settings of topic ", name),
                                    Text(rd_kafka_ConfigResource_error_string(resources[i]))));
      continue;
    }
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** list = rd_kafka_ConfigResource_configs(resources[i], &entries);
    TopicConfigs configs;
    for (size_t k = 0; k < entries; ++k) {
      configs[Text(rd_kafka_ConfigEntry_name(list[k]))] = ReadEntry(*list[k]);
    }
    read.emplace(name, std::move(configs));
  }
  return read;
}

}  // namespace storefront::topics
