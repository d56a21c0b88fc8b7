// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/rdkafka_cluster_admin.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"
#include "libs/kafka/handles.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/rdkafka_descriptions.h"

namespace storefront::topics {
namespace {

using kafka::AdminClient;
using kafka::EventPtr;

kafka::CallLimits Translate(const CallLimits& limits) {
  return {.deadline = limits.deadline, .stop = limits.stop};
}

TopicOutcome OutcomeOf(absl::string_view what, const std::string& topic, rd_kafka_resp_err_t code,
                       const char* text) {
  TopicOutcome outcome = {.kafka_code = code, .broker_text = Text(text)};
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (outcome.broker_text.empty()) outcome.broker_text = rd_kafka_err2str(code);
  outcome.status = kafka::FromKafka(code, absl::StrCat(what, " ", topic), outcome.broker_text);
  return outcome;
}

ByTopic<TopicOutcome> Outcomes(absl::string_view what, const rd_kafka_topic_result_t** results,
                               size_t count) {
  ByTopic<TopicOutcome> outcomes;
  for (size_t i = 0; i < count; ++i) {
    const std::string topic = Text(rd_kafka_topic_result_name(results[i]));
    outcomes[topic] = OutcomeOf(what, topic, rd_kafka_topic_result_error(results[i]),
                                rd_kafka_topic_result_error_string(results[i]));
  }
  return outcomes;
}

// librdkafka's object for an item, or why it refuses to make one.
template <typename Pointer, typename Raw>
absl::StatusOr<Pointer> Made(Raw* raw, const std::string& topic, const char* text) {
  if (raw != nullptr) return Pointer(raw);
  return kafka::FromKafka(RD_KAFKA_RESP_ERR__INVALID_ARG, absl::StrCat("topic ", topic), text);
}

template <typename Pointer>
auto RawPointers(const std::vector<Pointer>& owned) {
  std::vector<typename Pointer::pointer> raw;
  raw.reserve(owned.size());
  for (const Pointer& pointer : owned) raw.push_back(pointer.get());
  return raw;
}

template <typename Item>
absl::Status CheckDistinct(const std::vector<Item>& items) {
  std::set<std::string> names;
  for (const Item& item : items) {
    if (!names.insert(item.name).second) {
      return kafka::FromKafka(RD_KAFKA_RESP_ERR__INVALID_ARG, absl::StrCat("topic ", item.name),
                              "named twice in one request");
    }
  }
  return absl::OkStatus();
}

class RdkafkaClusterAdmin final : public ClusterAdmin {
 public:
  explicit RdkafkaClusterAdmin(AdminClient& client) : client_(client) {}

  absl::StatusOr<ClusterInfo> DescribeCluster(const CallLimits& limits) override {
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "describe cluster", .op = RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER},
            Translate(limits),
            [](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_DescribeCluster(rk, options, reply);
            }));
    return ReadCluster(*event);
  }

  absl::StatusOr<std::vector<std::string>> ListTopics(const CallLimits& limits) override {
    return client_.TopicNames(Translate(limits));
  }

  absl::StatusOr<ByTopic<absl::StatusOr<TopicState>>> DescribeTopics(
      const std::vector<std::string>& names, const CallLimits& limits) override {
    if (names.empty()) return ByTopic<absl::StatusOr<TopicState>>();
    std::vector<const char*> raw;
    for (const std::string& name : names) raw.push_back(name.c_str());
    const kafka::TopicCollectionPtr topics(
        rd_kafka_TopicCollection_of_topic_names(raw.data(), raw.size()));
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "describe topics", .op = RD_KAFKA_ADMIN_OP_DESCRIBETOPICS}, Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_DescribeTopics(rk, topics.get(), options, reply);
            }));
    return ReadTopics(*event);
  }

  absl::StatusOr<ByTopic<absl::StatusOr<TopicConfigs>>> DescribeConfigs(
      const std::vector<std::string>& names, const CallLimits& limits) override {
    if (names.empty()) return ByTopic<absl::StatusOr<TopicConfigs>>();
    std::vector<kafka::ConfigResourcePtr> resources;
    for (const std::string& name : names) {
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    }
    auto raw = RawPointers(resources);
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "describe configs", .op = RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS},
            Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_DescribeConfigs(rk, raw.data(), raw.size(), options, reply);
            }));
    return ReadConfigs(*event);
  }

  absl::StatusOr<ByTopic<TopicOutcome>> CreateTopics(const std::vector<NewTopic>& topics,
                                                     bool validate_only,
                                                     const CallLimits& limits) override {
    if (topics.empty()) return ByTopic<TopicOutcome>();
    RETURN_IF_ERROR(CheckDistinct(topics));
    std::array<char, 256> text = {};
    std::vector<kafka::NewTopicPtr> wanted;
    for (const NewTopic& topic : topics) {
      ASSIGN_OR_RETURN(
          kafka::NewTopicPtr made,
          Made<kafka::NewTopicPtr>(
              rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor,
                                    text.data(), text.size()),
              topic.name, text.data()));
      for (const auto& [key, value] : topic.configs) {
        rd_kafka_NewTopic_set_config(made.get(), key.c_str(), value.c_str());
      }
      wanted.push_back(std::move(made));
    }
    auto raw = RawPointers(wanted);
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "create topics",
             .op = RD_KAFKA_ADMIN_OP_CREATETOPICS,
             .validate_only = validate_only,
             .waits_for_controller = true},
            Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_CreateTopics(rk, raw.data(), raw.size(), options, reply);
            }));
    size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    return Outcomes("create topic", results, count);
  }

  absl::StatusOr<ByTopic<TopicOutcome>> AlterConfigs(const std::vector<TopicAlteration>& topics,
                                                     bool validate_only,
                                                     const CallLimits& limits) override {
    if (topics.empty()) return ByTopic<TopicOutcome>();
    RETURN_IF_ERROR(CheckDistinct(topics));
    std::vector<kafka::ConfigResourcePtr> resources;
    for (const TopicAlteration& topic : topics) {
      kafka::ConfigResourcePtr resource(
          rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
      for (const auto& [key, value] : topic.configs) {
        const kafka::ErrorPtr error(rd_kafka_ConfigResource_add_incremental_config(
            resource.get(), key.c_str(),
            value ? RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET : RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE,
            value ? value->c_str() : nullptr));
        if (error != nullptr) {
          return kafka::FromKafka(rd_kafka_error_code(error.get()),
                                  absl::StrCat("topic ", topic.name, ", ", key),
                                  rd_kafka_error_string(error.get()));
        }
      }
      resources.push_back(std::move(resource));
    }
    auto raw = RawPointers(resources);
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "alter configs",
             .op = RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS,
             .validate_only = validate_only},
            Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_IncrementalAlterConfigs(rk, raw.data(), raw.size(), options, reply);
            }));
    size_t count = 0;
    const rd_kafka_ConfigResource_t** results = rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(event.get()), &count);
    ByTopic<TopicOutcome> outcomes;
    for (size_t i = 0; i < count; ++i) {
      const std::string topic = Text(rd_kafka_ConfigResource_name(results[i]));
      outcomes[topic] =
          OutcomeOf("configure topic", topic, rd_kafka_ConfigResource_error(results[i]),
                    rd_kafka_ConfigResource_error_string(results[i]));
    }
    return outcomes;
  }

  absl::StatusOr<ByTopic<TopicOutcome>> AddPartitions(const std::vector<PartitionAddition>& topics,
                                                      bool validate_only,
                                                      const CallLimits& limits) override {
    if (topics.empty()) return ByTopic<TopicOutcome>();
    RETURN_IF_ERROR(CheckDistinct(topics));
    std::array<char, 256> text = {};
    std::vector<kafka::NewPartitionsPtr> wanted;
    for (const PartitionAddition& topic : topics) {
      ASSIGN_OR_RETURN(kafka::NewPartitionsPtr made,
                       Made<kafka::NewPartitionsPtr>(
                           rd_kafka_NewPartitions_new(topic.name.c_str(),
                                                      static_cast<size_t>(std::max(0, topic.total)),
                                                      text.data(), text.size()),
                           topic.name, text.data()));
      wanted.push_back(std::move(made));
    }
    auto raw = RawPointers(wanted);
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "create partitions",
             .op = RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
             .validate_only = validate_only,
             .waits_for_controller = true},
            Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_CreatePartitions(rk, raw.data(), raw.size(), options, reply);
            }));
    size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event.get()), &count);
    return Outcomes("add partitions to topic", results, count);
  }

  absl::StatusOr<ByTopic<TopicOutcome>> DeleteTopics(const std::vector<std::string>& names,
                                                     const CallLimits& limits) override {
    if (names.empty()) return ByTopic<TopicOutcome>();
    std::vector<kafka::DeleteTopicPtr> unwanted;
    for (const std::string& name : names) {
      unwanted.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
    }
    auto raw = RawPointers(unwanted);
    ASSIGN_OR_RETURN(
        const EventPtr event,
        client_.Call(
            {.name = "delete topics",
             .op = RD_KAFKA_ADMIN_OP_DELETETOPICS,
             .waits_for_controller = true},
            Translate(limits),
            [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* reply) {
              rd_kafka_DeleteTopics(rk, raw.data(), raw.size(), options, reply);
            }));
    size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event.get()), &count);
    return Outcomes("delete topic", results, count);
  }

 private:
  AdminClient& client_;
};

}  // namespace

std::unique_ptr<ClusterAdmin> MakeRdkafkaClusterAdmin(kafka::AdminClient& client) {
  return std::make_unique<RdkafkaClusterAdmin>(client);
}

}  // namespace storefront::topics
