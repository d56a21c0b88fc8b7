// Against a real broker.
// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/consumer.h"

#include <gtest/gtest.h>

#include <array>

#include "libs/kafka/admin_client.h"
#include "libs/testing/poll.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::kafka {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;

std::unique_ptr<Consumer> Open() {
  auto consumer =
      Consumer::Create({.bootstrap_servers = testing::KafkaBootstrap(), .client_id = "test"});
  EXPECT_THAT(consumer, IsOk());
  return *std::move(consumer);
}

std::unique_ptr<AdminClient> Admin() {
  auto client = AdminClient::Create(
      {.bootstrap_servers = testing::KafkaBootstrap(), .client_id = "test"}, clock::SystemClock());
  EXPECT_THAT(client, IsOk());
  return *std::move(client);
}

CallLimits Limits() { return {.deadline = clock::SystemClock().Steady() + absl::Seconds(20)}; }

void CreateTopic(AdminClient& admin, const std::string& topic, int partitions) {
  std::array<char, 256> text = {};
  const NewTopicPtr wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, text.data(), text.size()));
  ASSERT_THAT(admin.Call({.name = "create topics",
                          .op = RD_KAFKA_ADMIN_OP_CREATETOPICS,
                          .waits_for_controller = true},
                         Limits(),
                         [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options,
                             rd_kafka_queue_t* reply) {
                           rd_kafka_NewTopic_t* raw = wanted.get();
                           rd_kafka_CreateTopics(rk, &raw, 1, options, reply);
                         }),
              IsOk());
}

void DeleteTopic(AdminClient& admin, const std::string& topic) {
  const DeleteTopicPtr unwanted(rd_kafka_DeleteTopic_new(topic.c_str()));
  EXPECT_THAT(admin.Call({.name = "delete topics",
                          .op = RD_KAFKA_ADMIN_OP_DELETETOPICS,
                          .waits_for_controller = true},
                         Limits(),
                         [&](rd_kafka_t* rk, const rd_kafka_AdminOptions_t* options,
                             rd_kafka_queue_t* reply) {
                           rd_kafka_DeleteTopic_t* raw = unwanted.get();
                           rd_kafka_DeleteTopics(rk, &raw, 1, options, reply);
                         }),
              IsOk());
}

void Produce(const std::string& topic, const std::vector<std::string>& values) {
  ConfPtr conf(rd_kafka_conf_new());
  ASSERT_THAT(SetConf(*conf, "bootstrap.servers", testing::KafkaBootstrap()), IsOk());
  std::array<char, 256> text = {};
  rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf.release(), text.data(), text.size());
  ASSERT_NE(rk, nullptr) << text.data();
  rd_kafka_topic_t* handle = rd_kafka_topic_new(rk, topic.c_str(), nullptr);
  for (const std::string& value : values) {
    ASSERT_EQ(rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                               const_cast<char*>(value.data()), value.size(), "k", 1, nullptr),
              0);
  }
  rd_kafka_topic_destroy(handle);
  ASSERT_EQ(rd_kafka_flush(rk, 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_destroy(rk);
}

TEST(ConsumerContract, ReadsWhatIsWrittenAfterTheAssignmentAndNothingBefore) {
  const auto admin = Admin();
  const std::string topic = testing::UniqueName("consumer");
  CreateTopic(*admin, topic, 2);
  const auto consumer = Open();
  ASSERT_TRUE(testing::PollUntil([&] { return consumer->AssignAtEnd({topic}).ok(); }));
  Produce(topic, {"before"});
  ASSERT_THAT(consumer->AssignAtEnd({topic}), IsOk());
  Produce(topic, {"one", "two"});

  std::vector<std::string> values;
  ASSERT_TRUE(testing::PollUntil([&] {
    auto record = consumer->Poll(absl::Milliseconds(200));
    EXPECT_THAT(record, IsOk());
    if (record.ok() && record->has_value()) {
      EXPECT_EQ((*record)->topic, topic);
      EXPECT_EQ((*record)->key, "k");
      EXPECT_GT((*record)->timestamp_ms, 0);
      values.push_back((*record)->value.value_or("null"));
    }
    return values.size() == 2;
  }));
  EXPECT_EQ(values, (std::vector<std::string>{"one", "two"}));
  DeleteTopic(*admin, topic);
}

TEST(ConsumerContract, AnUnknownTopicIsNotFoundAndNotCreated) {
  const auto consumer = Open();
  const std::string topic = testing::UniqueName("missing");
  EXPECT_THAT(consumer->AssignAtEnd({topic}),
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  auto names = Admin()->TopicNames(Limits());
  ASSERT_THAT(names, IsOk());
  EXPECT_EQ(std::count(names->begin(), names->end(), topic), 0);
}

}  // namespace
}  // namespace storefront::kafka
