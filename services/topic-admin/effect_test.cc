// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/effect.h"

#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

ObservedTopic Topic() {
  return {.state = {.name = "a", .partitions = {{.id = 0, .leader = 1}}},
          .configs = {{"retention.ms", {.value = "1000", .source = ConfigSource::kTopic}}}};
}

TEST(MissingEffect, T9ATopicWithoutLeaderIsNotThereYet) {
  const PlanStep step = {.kind = StepKind::kCreate, .partitions_after = -1};
  ObservedTopic topic = Topic();
  EXPECT_EQ(MissingEffect(step, &topic), "");
  EXPECT_NE(MissingEffect(step, nullptr), "");
  topic.state.partitions[0].leader = -1;
  EXPECT_NE(MissingEffect(step, &topic), "");
}

TEST(MissingEffect, ComparesPartitionsAndValuesAsMeant) {
  ObservedTopic topic = Topic();
  PlanStep step = {.kind = StepKind::kAddPartitions, .partitions_after = 2};
  EXPECT_NE(MissingEffect(step, &topic), "");
  step = {.kind = StepKind::kAlterConfig, .configs = {{.key = "retention.ms", .after = "1s"}}};
  EXPECT_EQ(MissingEffect(step, &topic), "");
  step.configs[0].after = "2s";
  EXPECT_NE(MissingEffect(step, &topic), "");
  step.configs[0].operation = ConfigOperation::kDelete;
  EXPECT_NE(MissingEffect(step, &topic), "");
  topic.configs["retention.ms"].source = ConfigSource::kDefault;
  EXPECT_EQ(MissingEffect(step, &topic), "");
}

}  // namespace
}  // namespace storefront::topics
