// What every ClusterAdmin does: runs on the fake (unit ring) and on a real broker (contract ring).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/config_value.h"

namespace storefront::topics {

using ::storefront::status::Reason;
using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;

using MakeClusterAdmin = std::function<std::unique_ptr<ClusterAdmin>()>;

class ClusterAdminContract : public ::testing::TestWithParam<MakeClusterAdmin> {
 protected:
  void SetUp() override { admin_ = GetParam()(); }

  // Everything a test made goes again.
  void TearDown() override {
    if (!made_.empty()) {
      EXPECT_THAT(admin_->DeleteTopics(made_, Limits()), IsOk());
    }
  }

  static CallLimits Limits() {
    return {.deadline = clock::SystemClock().Steady() + absl::Seconds(30)};
  }

  // A topic of its own, visible with a leader when this returns.
  std::string Topic(NewTopic wanted = {.partitions = 1}) {
    wanted.name = ::storefront::testing::UniqueName("contract");
    const auto outcomes = admin_->CreateTopics({wanted}, false, Limits());
    EXPECT_THAT(outcomes, IsOk());
    if (outcomes.ok()) {
      EXPECT_THAT(outcomes->at(wanted.name).status, IsOk());
    }
    made_.push_back(wanted.name);
    EXPECT_TRUE(::storefront::testing::PollUntil([&] { return IsVisible(wanted.name); }));
    return wanted.name;
  }

  bool IsVisible(const std::string& name) {
    const auto states = admin_->DescribeTopics({name}, Limits());
    if (!states.ok() || !states->at(name).ok()) return false;
    const auto& partitions = states->at(name)->partitions;
    return !partitions.empty() &&
           std::all_of(partitions.begin(), partitions.end(),
                       [](const PartitionState& p) { return p.leader >= 0; });
  }

  TopicConfigs Configs(const std::string& name) {
    auto configs = admin_->DescribeConfigs({name}, Limits());
    EXPECT_THAT(configs, IsOk());
    if (!configs.ok()) return {};
    EXPECT_THAT(configs->at(name), IsOk());
    return configs->at(name).value_or(TopicConfigs());
  }

  std::map<std::string, std::string> Overrides(const std::string& name) {
    std::map<std::string, std::string> overrides;
    for (const auto& [key, entry] : Configs(name)) {
      if (entry.source == ConfigSource::kTopic) overrides[key] = entry.value;
    }
    return overrides;
  }

  // An alter can be read back only a moment later.
  bool EventuallyOverrides(const std::string& name,
                           const std::map<std::string, std::string>& wanted) {
    return ::storefront::testing::PollUntil([&] { return Overrides(name) == wanted; });
  }

  TopicOutcome Alter(const TopicAlteration& alteration, bool validate_only = false) {
    const auto outcomes = admin_->AlterConfigs({alteration}, validate_only, Limits());
    EXPECT_THAT(outcomes, IsOk());
    return outcomes.ok() ? outcomes->at(alteration.name) : TopicOutcome{outcomes.status()};
  }

  TopicOutcome Add(const PartitionAddition& addition, bool validate_only = false) {
    const auto outcomes = admin_->AddPartitions({addition}, validate_only, Limits());
    EXPECT_THAT(outcomes, IsOk());
    return outcomes.ok() ? outcomes->at(addition.name) : TopicOutcome{outcomes.status()};
  }

  std::unique_ptr<ClusterAdmin> admin_;
  std::vector<std::string> made_;
};

TEST_P(ClusterAdminContract, DescribesTheCluster) {
  const auto cluster = admin_->DescribeCluster(Limits());
  ASSERT_THAT(cluster, IsOk());
  EXPECT_FALSE(cluster->cluster_id.empty());
  ASSERT_EQ(cluster->brokers.size(), 1U);
  EXPECT_GT(cluster->brokers[0].port, 0);
  EXPECT_EQ(cluster->controller_id, cluster->brokers[0].id);
}

TEST_P(ClusterAdminContract, GoodAndBadTopicsOfOneRequestAreIndependent) {
  const std::string existing = Topic();
  const auto name = [] { return ::storefront::testing::UniqueName("contract"); };
  const std::string good = name();
  const std::string bad_value = name();
  const std::string unknown_key = name();
  const std::string too_many_replicas = name();
  const std::string no_partitions = name();
  const auto outcomes = admin_->CreateTopics(
      {{.name = good, .partitions = 2, .configs = {{"retention.ms", "1000"}}},
       {.name = existing, .partitions = 1},
       {.name = bad_value, .partitions = 1, .configs = {{"retention.ms", "soon"}}},
       {.name = unknown_key, .partitions = 1, .configs = {{"no.such.key", "1"}}},
       {.name = too_many_replicas, .partitions = 1, .replication_factor = 9},
       {.name = no_partitions, .partitions = 0},
       {.name = "not/a/name", .partitions = 1}},
      false, Limits());
  ASSERT_THAT(outcomes, IsOk());
  made_.push_back(good);
  EXPECT_THAT(outcomes->at(good).status, IsOk());
  EXPECT_EQ(outcomes->at(good).kafka_code, 0);

  using absl::StatusCode;
  EXPECT_THAT(outcomes->at(existing).status,
              HasReason(StatusCode::kAlreadyExists, Reason::kTopicExists));
  EXPECT_EQ(outcomes->at(existing).kafka_code, 36);
  EXPECT_THAT(outcomes->at(bad_value).status,
              HasReason(StatusCode::kInvalidArgument, Reason::kBrokerRefused));
  EXPECT_EQ(outcomes->at(bad_value).kafka_code, 40);
  EXPECT_EQ(outcomes->at(unknown_key).kafka_code, 40);
  EXPECT_THAT(outcomes->at(too_many_replicas).status,
              HasReason(StatusCode::kFailedPrecondition, Reason::kBrokerRefused));
  EXPECT_EQ(outcomes->at(too_many_replicas).kafka_code, 38);
  EXPECT_EQ(outcomes->at(no_partitions).kafka_code, 37);
  EXPECT_THAT(outcomes->at("not/a/name").status,
              HasReason(StatusCode::kInvalidArgument, Reason::kBrokerRefused));
  EXPECT_EQ(outcomes->at("not/a/name").kafka_code, 17);
  EXPECT_FALSE(outcomes->at(bad_value).broker_text.empty());

  EXPECT_TRUE(::storefront::testing::PollUntil([&] { return IsVisible(good); }));
  EXPECT_FALSE(IsVisible(bad_value));
}

TEST_P(ClusterAdminContract, ValidatingACreationLeavesNothing) {
  const std::string name = ::storefront::testing::UniqueName("contract");
  const auto outcomes = admin_->CreateTopics({{.name = name, .partitions = 1}}, true, Limits());
  ASSERT_THAT(outcomes, IsOk());
  EXPECT_THAT(outcomes->at(name).status, IsOk());
  const auto names = admin_->ListTopics(Limits());
  ASSERT_THAT(names, IsOk());
  EXPECT_EQ(std::count(names->begin(), names->end(), name), 0);
}

TEST_P(ClusterAdminContract, ATwinInDotAndUnderscoreIsRefused) {
  const std::string base = ::storefront::testing::UniqueName("contract");
  const std::string dotted = base + ".x";
  const std::string underscored = base + "_x";
  ASSERT_THAT(admin_->CreateTopics({{.name = dotted, .partitions = 1}}, false, Limits()), IsOk());
  made_.push_back(dotted);
  ASSERT_TRUE(::storefront::testing::PollUntil([&] { return IsVisible(dotted); }));
  const auto twin = admin_->CreateTopics({{.name = underscored, .partitions = 1}}, true, Limits());
  ASSERT_THAT(twin, IsOk());
  EXPECT_EQ(twin->at(underscored).kafka_code, 17);
  EXPECT_EQ(twin->at(underscored).status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(ClusterAdminContract, DescribesTopicsAndSaysWhichAreMissing) {
  const std::string topic = Topic({.partitions = 3});
  const std::string missing = ::storefront::testing::UniqueName("missing");
  const auto states = admin_->DescribeTopics({topic, missing}, Limits());
  ASSERT_THAT(states, IsOk());
  ASSERT_THAT(states->at(topic), IsOk());
  EXPECT_EQ(states->at(topic)->name, topic);
  EXPECT_FALSE(states->at(topic)->topic_id.empty());
  EXPECT_FALSE(states->at(topic)->internal);
  ASSERT_EQ(states->at(topic)->partitions.size(), 3U);
  EXPECT_EQ(states->at(topic)->partitions[2].id, 2);
  EXPECT_EQ(states->at(topic)->partitions[2].replicas.size(), 1U);
  EXPECT_EQ(states->at(topic)->partitions[2].in_sync_replicas.size(), 1U);
  EXPECT_THAT(states->at(missing),
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  const auto configs = admin_->DescribeConfigs({topic, missing}, Limits());
  ASSERT_THAT(configs, IsOk());
  EXPECT_THAT(configs->at(topic), IsOk());
  EXPECT_THAT(configs->at(missing),
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_P(ClusterAdminContract, TellsSourcesAndSynonymsOfAllSettings) {
  const std::string topic = Topic(
      {.partitions = 1,
       .configs = {{"delete.retention.ms", " 5000 "}, {"min.cleanable.dirty.ratio", "0.50"}}});
  const TopicConfigs configs = Configs(topic);
  EXPECT_EQ(configs.size(), 33U);
  for (const auto& [key, entry] : configs) {
    EXPECT_NE(KindOf(key), ConfigKind::kUnknown) << key << " is missing in our catalogue";
  }
  const ConfigEntry& own = configs.at("delete.retention.ms");
  EXPECT_EQ(own.value, "5000");
  EXPECT_EQ(own.source, ConfigSource::kTopic);
  ASSERT_EQ(own.synonyms.size(), 2U);
  EXPECT_EQ(own.synonyms[1].name, "log.cleaner.delete.retention.ms");
  EXPECT_EQ(own.synonyms[1].value, "86400000");
  EXPECT_EQ(configs.at("min.cleanable.dirty.ratio").value, "0.5");
  EXPECT_EQ(configs.at("cleanup.policy").value, "delete");
  EXPECT_EQ(configs.at("cleanup.policy").source, ConfigSource::kDefault);
  EXPECT_NE(configs.at("min.insync.replicas").source, ConfigSource::kTopic);
}

TEST_P(ClusterAdminContract, T5AlteringOneKeyLeavesTheOthersAsTheyWere) {
  const std::string topic =
      Topic({.partitions = 1, .configs = {{"retention.ms", "1000"}, {"segment.ms", "2000"}}});
  EXPECT_THAT(Alter({topic, {{"delete.retention.ms", "3000"}}}).status, IsOk());
  EXPECT_TRUE(EventuallyOverrides(
      topic, {{"retention.ms", "1000"}, {"segment.ms", "2000"}, {"delete.retention.ms", "3000"}}));
  EXPECT_THAT(Alter({topic, {{"segment.ms", std::nullopt}}}).status, IsOk());
  EXPECT_TRUE(
      EventuallyOverrides(topic, {{"retention.ms", "1000"}, {"delete.retention.ms", "3000"}}));
}

TEST_P(ClusterAdminContract, ChangesOfOneTopicAreDoneTogetherOrNotAtAll) {
  const std::string topic = Topic({.partitions = 1, .configs = {{"retention.ms", "1000"}}});
  const std::string other = Topic();
  const auto outcomes =
      admin_->AlterConfigs({{topic, {{"retention.ms", "2000"}, {"cleanup.policy", "shred"}}},
                            {other, {{"retention.ms", "3000"}}}},
                           false, Limits());
  ASSERT_THAT(outcomes, IsOk());
  EXPECT_THAT(outcomes->at(topic).status,
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kBrokerRefused));
  EXPECT_EQ(outcomes->at(topic).kafka_code, 40);
  EXPECT_THAT(outcomes->at(other).status, IsOk());
  EXPECT_TRUE(EventuallyOverrides(other, {{"retention.ms", "3000"}}));
  EXPECT_EQ(Overrides(topic), (std::map<std::string, std::string>{{"retention.ms", "1000"}}));
}

TEST_P(ClusterAdminContract, ValidatingAnAlterationChangesNothing) {
  const std::string topic = Topic();
  EXPECT_THAT(Alter({topic, {{"retention.ms", "1000"}}}, true).status, IsOk());
  EXPECT_EQ(Alter({topic, {{"retention.ms", "soon"}}}, true).kafka_code, 40);
  EXPECT_EQ(Alter({topic, {{"no.such.key", "1"}}}, true).kafka_code, 40);
  EXPECT_TRUE(Overrides(topic).empty());
}

TEST_P(ClusterAdminContract, RemovingWhatIsNotSetIsAcceptedInSilence) {
  const std::string topic = Topic();
  EXPECT_THAT(Alter({topic, {{"retention.ms", std::nullopt}}}).status, IsOk());
}

TEST_P(ClusterAdminContract, AlteringAMissingTopicIsNotFound) {
  const std::string missing = ::storefront::testing::UniqueName("missing");
  EXPECT_THAT(Alter({missing, {{"retention.ms", "1000"}}}).status,
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_P(ClusterAdminContract, PartitionsGoUpAndNeverDown) {
  const std::string topic = Topic({.partitions = 2});
  EXPECT_THAT(Add({topic, 3}, true).status, IsOk());
  for (const int32_t total : {2, 1}) {
    const TopicOutcome refused = Add({topic, total});
    EXPECT_EQ(refused.kafka_code, 37);
    EXPECT_THAT(refused.status,
                HasReason(absl::StatusCode::kFailedPrecondition, Reason::kBrokerRefused));
  }
  EXPECT_THAT(Add({topic, 3}).status, IsOk());
  EXPECT_TRUE(::storefront::testing::PollUntil([&] {
    const auto states = admin_->DescribeTopics({topic}, Limits());
    return states.ok() && states->at(topic).ok() && states->at(topic)->partitions.size() == 3;
  }));
  const std::string missing = ::storefront::testing::UniqueName("missing");
  EXPECT_THAT(Add({missing, 3}).status,
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_P(ClusterAdminContract, DeletingAgainIsNotFound) {
  const std::string topic = Topic();
  made_.clear();
  const auto first = admin_->DeleteTopics({topic}, Limits());
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->at(topic).status, IsOk());
  const auto second = admin_->DeleteTopics({topic}, Limits());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(second->at(topic).status,
              HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_P(ClusterAdminContract, MoreThanTenThousandPartitionsInOneRequestAreAllRefused) {
  const std::string one = ::storefront::testing::UniqueName("contract");
  const std::string two = ::storefront::testing::UniqueName("contract");
  const auto outcomes = admin_->CreateTopics(
      {{.name = one, .partitions = 1}, {.name = two, .partitions = 10'001}}, true, Limits());
  ASSERT_THAT(outcomes, IsOk());
  EXPECT_EQ(outcomes->at(one).kafka_code, 44);
  EXPECT_THAT(outcomes->at(one).status,
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kBrokerRefused));
}

TEST_P(ClusterAdminContract, ANameTwiceInARequestIsRefusedWhole) {
  const std::string topic = ::storefront::testing::UniqueName("contract");
  EXPECT_THAT(
      admin_->CreateTopics({{.name = topic, .partitions = 1}, {.name = topic}}, true, Limits()),
      HasReason(absl::StatusCode::kInvalidArgument, Reason::kBrokerRefused));
}

}  // namespace storefront::topics
