// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/fingerprint.h"

#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

ObservedTopic FingerprintTopic() {
  return {.state = {.name = "a",
                    .topic_id = "id",
                    .partitions = {{.id = 0, .leader = 1, .replicas = {1, 2}}}},
          .configs = {{"retention.ms", {.value = "1", .source = ConfigSource::kTopic}},
                      {"segment.ms", {.value = "2", .source = ConfigSource::kDefault}}}};
}

TEST(Fingerprint, T4ChangesWithWhatSomebodyDecidesAboutTheTopic) {
  const std::string before = Fingerprint(FingerprintTopic());
  ObservedTopic topic = FingerprintTopic();
  topic.state.topic_id = "other";
  EXPECT_NE(Fingerprint(topic), before);
  topic = FingerprintTopic();
  topic.state.partitions.push_back({.id = 1});
  EXPECT_NE(Fingerprint(topic), before);
  topic = FingerprintTopic();
  topic.state.partitions[0].replicas = {1};
  EXPECT_NE(Fingerprint(topic), before);
  topic = FingerprintTopic();
  topic.configs["retention.ms"].value = "9";
  EXPECT_NE(Fingerprint(topic), before);
  topic = FingerprintTopic();
  topic.configs["segment.ms"].source = ConfigSource::kTopic;
  EXPECT_NE(Fingerprint(topic), before);
}

TEST(Fingerprint, StaysWhenOnlyLeadersOrInheritedValuesChange) {
  ObservedTopic topic = FingerprintTopic();
  topic.state.partitions[0].leader = 2;
  topic.state.partitions[0].replicas = {2, 1};
  topic.state.partitions[0].in_sync_replicas = {2};
  topic.configs["segment.ms"].value = "9";
  EXPECT_EQ(Fingerprint(topic), Fingerprint(FingerprintTopic()));
}

}  // namespace
}  // namespace storefront::topics
