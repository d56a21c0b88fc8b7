// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/plan_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/topic-admin/fake_cluster_admin.h"

namespace storefront::topics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A state as a broker with these topics would give it.
ObservedTopic Seen(const std::string& name, int32_t partitions,
                   const std::map<std::string, std::string>& overrides = {},
                   bool internal = false) {
  ObservedTopic topic = {.state = {.name = name, .topic_id = "id", .internal = internal},
                         .configs = DefaultTopicConfigs()};
  for (int32_t id = 0; id < partitions; ++id) {
    topic.state.partitions.push_back(
        {.id = id, .leader = 1, .replicas = {1}, .in_sync_replicas = {1}});
  }
  for (const auto& [key, value] : overrides) {
    ConfigEntry& entry = topic.configs[key];
    entry.value = value;
    entry.source = ConfigSource::kTopic;
    entry.synonyms.insert(entry.synonyms.begin(), {key, value, ConfigSource::kTopic});
  }
  return topic;
}

class PlanBuilder : public ::testing::Test {
 protected:
  PlanBuilder() { state_.cluster.brokers = {{.id = 1}}; }

  void Has(ObservedTopic topic) { state_.topics[topic.state.name] = std::move(topic); }

  Rule& AddRule(const std::string& regex, Wish wish) {
    policy_.rules.push_back({.id = absl::StrCat("r", policy_.rules.size()),
                             .match = {.kind = MatchKind::kRegex, .pattern = regex},
                             .wish = std::move(wish)});
    return policy_.rules.back();
  }

  TopicPlan Build(const PlanRequest& request = {}) {
    return BuildPlan(policy_, state_, Protection({"_connect-configs"}, policy_.protected_patterns),
                     request);
  }

  TopicPolicy policy_{.version = "1"};
  ClusterState state_;
};

TEST_F(PlanBuilder, ARuleActsOnWhatExistsAndCreatesNothing) {
  AddRule("a.*", {.configs = {{"flush.ms", "10"}}});
  Has(Seen("a1", 1));
  Has(Seen("b1", 1));
  const TopicPlan plan = Build();
  ASSERT_THAT(plan.steps, SizeIs(1));
  EXPECT_EQ(plan.steps[0].kind, StepKind::kAlterConfig);
  EXPECT_EQ(plan.steps[0].topic, "a1");
  EXPECT_EQ(plan.steps[0].risk, Risk::kSafe);
  ASSERT_THAT(plan.steps[0].configs, SizeIs(1));
  EXPECT_EQ(plan.steps[0].configs[0].after, "10");
  EXPECT_EQ(plan.steps[0].configs[0].before, "9223372036854775807");
  EXPECT_EQ(plan.steps[0].configs[0].source, "rules/r0");
  EXPECT_TRUE(plan.fingerprints.contains("a1"));
}

TEST_F(PlanBuilder, PinWritesAnInheritedValueAndWithoutItTheTopicIsAsWanted) {
  Rule& rule = AddRule("a", {.configs = {{"delete.retention.ms", "86400000"}}});
  Has(Seen("a", 1));
  ASSERT_THAT(Build().steps, SizeIs(1));
  EXPECT_EQ(Build().steps[0].kind, StepKind::kAlterConfig);
  EXPECT_EQ(Build().steps[0].risk, Risk::kSafe);
  rule.wish.pin = false;
  EXPECT_EQ(Build().steps[0].kind, StepKind::kNoop);
  rule.wish.pin = true;
  Has(Seen("a", 1, {{"delete.retention.ms", "86400000"}}));
  EXPECT_EQ(Build().steps[0].kind, StepKind::kNoop);
}

TEST_F(PlanBuilder, SafeChangesOfATopicComeBeforeItsRiskyOnes) {
  AddRule("a", {.profile = "lakehouse_cd", .keys = Keys::kKeyed});
  Has(Seen("a", 1));
  const TopicPlan plan = Build();
  ASSERT_THAT(plan.steps, SizeIs(2));
  EXPECT_EQ(plan.steps[0].risk, Risk::kSafe);
  EXPECT_THAT(plan.steps[0].required_flags, IsEmpty());
  const auto has_key = [](const PlanStep& step, const std::string& key) {
    return std::any_of(step.configs.begin(), step.configs.end(),
                       [&](const ConfigChange& change) { return change.key == key; });
  };
  EXPECT_TRUE(has_key(plan.steps[0], "min.compaction.lag.ms"));
  EXPECT_TRUE(has_key(plan.steps[1], "cleanup.policy"));
  EXPECT_EQ(plan.steps[1].risk, Risk::kDataLoss);
  EXPECT_THAT(plan.steps[1].required_flags, ElementsAre("allow_data_loss", "allow_reordering"));
}

TEST_F(PlanBuilder, ProtectedTopicsAreNotTouchedByARuleOverEverything) {
  AddRule(".*", {.profile = "lakehouse_cd", .keys = Keys::kKeyed});
  policy_.protected_patterns = {"mine\\..*"};
  Has(Seen("_connect-configs", 1, {{"cleanup.policy", "compact"}}));
  Has(Seen("__consumer_offsets", 50, {{"cleanup.policy", "compact"}}, true));
  Has(Seen("__remote_log_metadata", 1));
  Has(Seen("mine.one", 1));
  Has(Seen("marked", 1, {}, true));
  EXPECT_THAT(Build().steps, IsEmpty());
  Has(Seen("__debezium-heartbeat.storefront", 1));
  EXPECT_THAT(Build().steps, SizeIs(2));
}

TEST_F(PlanBuilder, AnEntryOfAProtectedTopicIsBlockedUntilAcknowledged) {
  Has(Seen("_connect-configs", 1, {{"cleanup.policy", "compact"}}));
  policy_.topics = {{.name = "_connect-configs", .wish = {.configs = {{"segment.ms", "1h"}}}}};
  EXPECT_EQ(Build().steps[0].reason, "PROTECTED");
  policy_.topics[0].acknowledge_internal = true;
  EXPECT_EQ(Build().steps[0].kind, StepKind::kAlterConfig);
  policy_.topics[0].wish.configs["cleanup.policy"] = "compact";
  EXPECT_EQ(Build().steps[0].reason, "PROTECTED");
}

TEST_F(PlanBuilder, T6FindsWhatCannotBePerTopicAndOthersGoOn) {
  policy_.topics = {{.name = "replicas", .replication_factor = 9},
                    {.name = "fewer", .partitions = 2},
                    {.name = "fine", .partitions = 2}};
  AddRule("keyless", {.profile = "lakehouse", .keys = Keys::kKeyless});
  AddRule("unsaid", {.profile = "lakehouse"});
  AddRule("lags", {.configs = {{"min.compaction.lag.ms", "2d"}, {"max.compaction.lag.ms", "1d"}}});
  AddRule("empty", {.configs = {{"cleanup.policy", ""}}});
  AddRule("unknown", {.configs = {{"no.such.key", "1"}}});
  for (const char* name : {"fewer", "keyless", "unsaid", "lags", "empty", "unknown"}) {
    Has(Seen(name, 3));
  }
  const TopicPlan plan = Build();
  std::map<std::string, std::string> reasons;
  for (const PlanStep& step : plan.steps) reasons[step.topic] = step.reason;
  EXPECT_EQ(reasons, (std::map<std::string, std::string>{{"fine", ""},
                                                         {"replicas", "L6"},
                                                         {"fewer", "FEWER_PARTITIONS"},
                                                         {"keyless", "L3"},
                                                         {"unsaid", "L3"},
                                                         {"lags", "L8"},
                                                         {"empty", "L13"},
                                                         {"unknown", "L11"}}));
}

TEST_F(PlanBuilder, ATopicThatWouldCollideWithAnExistingOneIsBlocked) {
  Has(Seen("a.b", 1));
  policy_.topics = {{.name = "a_b"}};
  EXPECT_EQ(Build().steps[0].reason, "L10");
}

TEST_F(PlanBuilder, PartitionsOfKeylessTopicsAreSafeAndOthersReorder) {
  policy_.topics = {{.name = "keyed", .partitions = 3, .wish = {.keys = Keys::kKeyed}},
                    {.name = "keyless", .partitions = 3, .wish = {.keys = Keys::kKeyless}},
                    {.name = "unsaid", .partitions = 3}};
  for (const char* name : {"keyed", "keyless", "unsaid"}) Has(Seen(name, 1));
  std::map<std::string, Risk> risks;
  for (const PlanStep& step : Build().steps) risks[step.topic] = step.risk;
  EXPECT_EQ(risks["keyed"], Risk::kOrdering);
  EXPECT_EQ(risks["keyless"], Risk::kSafe);
  EXPECT_EQ(risks["unsaid"], Risk::kOrdering);
}

TEST_F(PlanBuilder, ExclusiveRemovesUndeclaredOverridesButNeverThrottles) {
  AddRule("a", {.configs = {{"retention.ms", "7d"}}, .config_mode = ConfigMode::kExclusive});
  Has(Seen("a", 1,
           {{"retention.ms", "604800000"},
            {"flush.ms", "10"},
            {"leader.replication.throttled.replicas", "*"}}));
  const TopicPlan plan = Build();
  ASSERT_THAT(plan.steps, SizeIs(1));
  ASSERT_THAT(plan.steps[0].configs, SizeIs(1));
  EXPECT_EQ(plan.steps[0].configs[0].key, "flush.ms");
  EXPECT_EQ(plan.steps[0].configs[0].operation, ConfigOperation::kDelete);
}

TEST_F(PlanBuilder, MergeLeavesUndeclaredOverridesAndSaysSo) {
  AddRule("a", {.configs = {{"retention.ms", "7d"}}});
  Has(Seen("a", 1, {{"retention.ms", "604800000"}, {"flush.ms", "10"}}));
  const TopicPlan plan = Build();
  EXPECT_EQ(plan.steps[0].kind, StepKind::kNoop);
  ASSERT_THAT(plan.findings, SizeIs(1));
  EXPECT_EQ(plan.findings[0].id, "EXTRA_OVERRIDE");
  EXPECT_THAT(plan.findings[0].description, HasSubstr("flush.ms"));
}

TEST_F(PlanBuilder, RemovingAnOverrideWhoseFallbackIsNotToldIsTreatedAsALoss) {
  AddRule("a", {.forbid_configs = {"retention.ms"}});
  Has(Seen("a", 1, {{"retention.ms", "1000"}}));  // the broker tells no synonym for this key
  EXPECT_EQ(Build().steps[0].risk, Risk::kDataLoss);
}

TEST_F(PlanBuilder, AnotherReplicationFactorIsForAPersonWithTheJsonToUse) {
  state_.cluster.brokers = {{.id = 1}, {.id = 2}, {.id = 3}};
  policy_.topics = {{.name = "a", .replication_factor = 2}};
  Has(Seen("a", 1));
  const TopicPlan plan = Build();
  EXPECT_EQ(plan.steps[0].kind, StepKind::kChangeReplication);
  EXPECT_THAT(plan.steps[0].message,
              HasSubstr("{\"topic\":\"a\",\"partition\":0,\"replicas\":[1,2]}"));
}

TEST_F(PlanBuilder, SameInputGivesTheSameStepsWhateverTheOrderOfTheFile) {
  AddRule("b.*", {.configs = {{"flush.ms", "10"}}});
  AddRule("a.*", {.configs = {{"flush.ms", "10"}}});
  for (const char* name : {"b2", "a1", "b1"}) Has(Seen(name, 1));
  TopicPlan one = Build();
  std::swap(policy_.rules[0], policy_.rules[1]);
  TopicPlan two = Build();
  EXPECT_EQ(one.steps, two.steps);
  EXPECT_EQ(PlanEtag(one), PlanEtag(two));
}

TEST_F(PlanBuilder, ARequestCanNameItsTopics) {
  AddRule(".*", {.configs = {{"flush.ms", "10"}}});
  Has(Seen("a", 1));
  Has(Seen("b", 1));
  const TopicPlan plan = Build({.topics = {"b"}});
  ASSERT_THAT(plan.steps, SizeIs(1));
  EXPECT_EQ(plan.steps[0].topic, "b");
}

TEST_F(PlanBuilder, WhatTheBrokerRefusesBecomesOneBlockedStep) {
  AddRule("a", {.profile = "lakehouse_cd", .keys = Keys::kKeyed});
  Has(Seen("a", 1));
  TopicPlan plan = Build();
  BlockTopic(plan, "a", "BROKER_REFUSED", "no");
  ASSERT_THAT(plan.steps, SizeIs(1));
  EXPECT_EQ(plan.steps[0].kind, StepKind::kBlocked);
  EXPECT_EQ(plan.steps[0].message, "no");
  EXPECT_THAT(plan.fingerprints, IsEmpty());
}

}  // namespace
}  // namespace storefront::topics
