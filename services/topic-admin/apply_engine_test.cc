// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/apply_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/topic-admin/fake_cluster_admin.h"

namespace storefront::topics {
namespace {

using ::testing::HasSubstr;
using Api = FakeClusterAdmin::Api;
using When = FakeClusterAdmin::Fault::When;
using ::storefront::testing::IsOk;

absl::Status Lost() {
  return kafka::FromKafka(RD_KAFKA_RESP_ERR__TRANSPORT, "create topics", "connection reset");
}

class ApplyEngine : public ::testing::Test {
 protected:
  CallLimits Limits() { return {.deadline = clock_.Steady() + absl::Seconds(30)}; }

  TopicPlan Plan() {
    LoadedPolicy loaded = {.policy = policy_, .etag = "etag"};
    auto plan = MakePlan(cluster_, loaded, {"_connect-configs"}, {}, {}, Limits());
    EXPECT_THAT(plan, IsOk());
    return plan.value_or(TopicPlan());
  }

  absl::Status Apply(TopicPlan& plan) {
    return ApplyPlan(cluster_, clock_, options_, stop_.get_token(), plan, [&] { ++changes_; });
  }

  TopicEntry& Entry(const std::string& name) {
    policy_.topics.push_back({.name = name, .partitions = 3});
    policy_.topics.back().wish.configs = {{"retention.ms", "1d"}};
    return policy_.topics.back();
  }

  static const PlanStep& StepOf(const TopicPlan& plan, const std::string& topic) {
    return *std::find_if(plan.steps.begin(), plan.steps.end(),
                         [&](const PlanStep& step) { return step.topic == topic; });
  }

  size_t Sent(Api api) const {
    const auto changes = cluster_.Changes();
    return static_cast<size_t>(std::count_if(changes.begin(), changes.end(),
                                             [&](const auto& call) { return call.api == api; }));
  }

  storefront::testing::FakeClock clock_;
  FakeClusterAdmin cluster_{clock_};
  TopicPolicy policy_{.version = "1"};
  ApplyOptions options_;
  std::stop_source stop_;
  int changes_ = 0;
};

TEST_F(ApplyEngine, CreatesAltersAndAddsPartitionsAndASecondPlanIsEmpty) {
  Entry("fresh");
  cluster_.Make({.name = "old", .partitions = 1});
  Entry("old").wish.keys = Keys::kKeyless;
  TopicPlan plan = Plan();
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[0].kind, StepKind::kCreate);
  EXPECT_EQ(plan.steps[1].kind, StepKind::kAddPartitions);
  EXPECT_EQ(plan.steps[2].kind, StepKind::kAlterConfig);  // shorter retention: after what is safe
  EXPECT_EQ(plan.steps[2].risk, Risk::kDataLoss);

  ASSERT_THAT(Apply(plan), IsOk());
  for (const PlanStep& step : plan.steps) {
    EXPECT_EQ(step.status, StepStatus::kApplied) << step.topic << ": " << step.outcome;
  }
  EXPECT_EQ(Outcome(plan, absl::OkStatus(), false), PlanState::kApplied);
  EXPECT_EQ(cluster_.PartitionCount("old"), 3U);
  EXPECT_EQ(cluster_.Overrides("old").at("retention.ms"), "86400000");
  EXPECT_GT(changes_, 0);
  for (const PlanStep& step : Plan().steps) EXPECT_EQ(step.kind, StepKind::kNoop);
}

TEST_F(ApplyEngine, T2AnAnswerLostAfterTheEffectIsFoundByLooking) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.Inject(Api::kCreateTopics, {.when = When::kAfter, .status = Lost()});
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kApplied);
  EXPECT_THAT(plan.steps[0].outcome, HasSubstr("already"));
  EXPECT_EQ(Sent(Api::kCreateTopics), 1U);  // never sent again blindly
}

TEST_F(ApplyEngine, T2ARequestLostBeforeTheEffectIsSentAgain) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.Inject(Api::kCreateTopics, {.when = When::kInstead, .status = Lost()});
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kApplied);
  EXPECT_EQ(plan.steps[0].attempts, 2);
}

TEST_F(ApplyEngine, T2NotVisibleYetThenExistsOnTheSecondTryIsOurs) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.SetVisibilityDelay(absl::Milliseconds(300));
  cluster_.Inject(Api::kCreateTopics, {.when = When::kAfter, .status = Lost()});
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kApplied) << plan.steps[0].outcome;
}

TEST_F(ApplyEngine, T2WithoutAnyAnswerTheStepIsUnknownAndTheRunFails) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.Inject(Api::kCreateTopics, {.when = When::kAfter, .status = Lost()});
  cluster_.SetHook([&](Api api) {
    if (api == Api::kCreateTopics) return;
    if (Sent(Api::kCreateTopics) > 0) cluster_.SetDown(true);
  });
  const absl::Status run = Apply(plan);
  EXPECT_EQ(run.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(plan.steps[0].status, StepStatus::kUnknown);
  EXPECT_EQ(Outcome(plan, run, false), PlanState::kFailed);

  cluster_.SetHook(nullptr);
  cluster_.SetDown(false);
  for (const PlanStep& step : Plan().steps) EXPECT_EQ(step.kind, StepKind::kNoop);  // it heals
}

TEST_F(ApplyEngine, T4ATopicChangedInBetweenIsLeftAloneAndOthersGoOn) {
  cluster_.Make({.name = "drifted", .partitions = 3});
  cluster_.Make({.name = "steady", .partitions = 3});
  Entry("drifted");
  Entry("steady");
  TopicPlan plan = Plan();
  cluster_.Override("drifted", "segment.ms", "7000");
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(StepOf(plan, "drifted").status, StepStatus::kAborted);
  EXPECT_THAT(StepOf(plan, "drifted").outcome, HasSubstr("DRIFTED"));
  EXPECT_EQ(StepOf(plan, "steady").status, StepStatus::kApplied);
  EXPECT_EQ(Outcome(plan, absl::OkStatus(), false), PlanState::kPartial);
  for (const auto& call : cluster_.Changes()) {
    EXPECT_EQ(std::count(call.topics.begin(), call.topics.end(), "drifted"), 0);
  }
}

TEST_F(ApplyEngine, T4WithFailFastDriftStopsTheRun) {
  cluster_.Make({.name = "drifted", .partitions = 3});
  cluster_.Make({.name = "steady", .partitions = 3});
  Entry("drifted");
  Entry("steady");
  TopicPlan plan = Plan();
  cluster_.Override("drifted", "segment.ms", "7000");
  options_.fail_fast = true;
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(StepOf(plan, "steady").status, StepStatus::kSkipped);
  EXPECT_TRUE(cluster_.Changes().empty());
}

TEST_F(ApplyEngine, T4ATopicThatSomebodyElseMadeOtherwiseIsNotTouched) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.Make({.name = "fresh", .partitions = 1});
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kAborted);
  EXPECT_TRUE(cluster_.Changes().empty());
}

// T5: whatever overrides a topic has, what the policy does not declare stays byte by byte.
TEST_F(ApplyEngine, T5UndeclaredKeysStayAsTheyWereForRandomOverrides) {
  constexpr unsigned kSeed = 20'260'101;
  std::mt19937 random(kSeed);
  const std::vector<std::string> keys = {"retention.ms",    "segment.ms",     "delete.retention.ms",
                                         "retention.bytes", "flush.messages", "max.message.bytes"};
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", kSeed, ", round ", round));
    const std::string topic = absl::StrCat("t", round);
    cluster_.Make({.name = topic, .partitions = 1});
    policy_ = {.version = "1"};
    TopicEntry entry = {.name = topic};
    std::map<std::string, std::string> kept;
    for (const std::string& key : keys) {
      const std::string value = absl::StrCat(1'000'000 + random() % 1'000'000);
      if (random() % 2 == 0) {
        cluster_.Override(topic, key, value);
        kept[key] = value;
      }
      if (random() % 3 == 0) {
        entry.wish.configs[key] = absl::StrCat(2'000'000 + random() % 1'000'000);
        kept.erase(key);
      }
    }
    policy_.topics.push_back(entry);
    TopicPlan plan = Plan();
    ASSERT_THAT(Apply(plan), IsOk());
    std::map<std::string, std::string> wanted = kept;
    wanted.insert(entry.wish.configs.begin(), entry.wish.configs.end());
    EXPECT_EQ(cluster_.Overrides(topic), wanted);
    for (const PlanStep& step : Plan().steps) EXPECT_EQ(step.kind, StepKind::kNoop);
  }
}

TEST_F(ApplyEngine, T6ARefusedStepFailsAloneAndHoldsBackTheRestOfItsTopic) {
  cluster_.Make({.name = "a", .partitions = 1, .configs = {{"retention.ms", "1000"}}});
  cluster_.Make({.name = "b", .partitions = 1});
  Entry("a").wish.configs["delete.retention.ms"] = "1s";  // longer retention, shorter tombstones
  Entry("b").partitions = 1;
  policy_.topics[0].partitions = 1;
  TopicPlan plan = Plan();
  ASSERT_EQ(plan.steps.size(), 3U);
  cluster_.Inject(Api::kAlterConfigs,
                  {.when = When::kPerTopic,
                   .status = kafka::FromKafka(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, "a", "no"),
                   .kafka_code = 44});
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].topic, "a");
  EXPECT_EQ(plan.steps[0].status, StepStatus::kFailed);
  EXPECT_EQ(plan.steps[0].kafka_code, 44);
  EXPECT_EQ(plan.steps[1].topic, "a");
  EXPECT_EQ(plan.steps[1].status, StepStatus::kSkipped);
  EXPECT_EQ(plan.steps[2].status, StepStatus::kApplied);
  EXPECT_EQ(Outcome(plan, absl::OkStatus(), false), PlanState::kPartial);
}

TEST_F(ApplyEngine, T3TransientRefusalsAreTriedAgainAndGivenUpAtTheDeadline) {
  Entry("fresh");
  TopicPlan plan = Plan();
  const auto moved = kafka::FromKafka(RD_KAFKA_RESP_ERR_NOT_CONTROLLER, "fresh", "moved");
  for (int i = 0; i < 3; ++i) {
    cluster_.Inject(Api::kCreateTopics,
                    {.when = When::kPerTopic, .status = moved, .kafka_code = 41});
  }
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kApplied);
  EXPECT_EQ(plan.steps[0].attempts, 4);

  Entry("second");
  TopicPlan throttled = Plan();
  const auto quota =
      kafka::FromKafka(RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, "second", "quota");
  for (int i = 0; i < 100; ++i) {
    cluster_.Inject(Api::kCreateTopics,
                    {.when = When::kPerTopic, .status = quota, .kafka_code = 89});
  }
  ASSERT_THAT(Apply(throttled), IsOk());
  EXPECT_EQ(StepOf(throttled, "second").status, StepStatus::kFailed);
  EXPECT_EQ(StepOf(throttled, "second").kafka_code, 89);
}

TEST_F(ApplyEngine, T9AStepIsDoneOnlyWhenItIsVisible) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.SetVisibilityDelay(absl::Seconds(5));
  const clock::SteadyTime begin = clock_.Steady();
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kApplied);
  EXPECT_GE(clock_.Steady() - begin, absl::Seconds(5));
}

TEST_F(ApplyEngine, T9WhatStaysInvisibleIsPendingAfterTheTimeout) {
  Entry("fresh");
  TopicPlan plan = Plan();
  cluster_.SetVisibilityDelay(absl::Minutes(5));
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_EQ(plan.steps[0].status, StepStatus::kPending);
  EXPECT_THAT(plan.steps[0].outcome, HasSubstr("not visible yet"));
  EXPECT_EQ(Outcome(plan, absl::OkStatus(), false), PlanState::kFailed);
}

TEST_F(ApplyEngine, AStopSkipsWhatHasNotBegun) {
  Entry("a");
  Entry("b");
  options_.batches.topics = 1;
  TopicPlan plan = Plan();
  cluster_.SetHook([&](Api api) {
    if (api == Api::kCreateTopics) stop_.request_stop();
  });
  ASSERT_THAT(Apply(plan), IsOk());
  EXPECT_TRUE(cluster_.Has("a"));
  EXPECT_FALSE(cluster_.Has("b"));
  EXPECT_EQ(StepOf(plan, "b").status, StepStatus::kSkipped);
  EXPECT_EQ(Outcome(plan, absl::OkStatus(), true), PlanState::kCancelled);
}

}  // namespace
}  // namespace storefront::topics
