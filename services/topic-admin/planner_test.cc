// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/topic-admin/fake_cluster_admin.h"

namespace storefront::topics {
namespace {

using ::storefront::status::Reason;
using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;
using ::testing::HasSubstr;
using Api = FakeClusterAdmin::Api;

class Planner : public ::testing::Test {
 protected:
  absl::StatusOr<TopicPlan> Plan(const PlanRequest& request = {}) {
    return MakePlan(cluster_, {.policy = policy_, .etag = "etag"}, {}, request, batches_,
                    {.deadline = clock_.Steady() + absl::Seconds(10)});
  }

  storefront::testing::FakeClock clock_;
  FakeClusterAdmin cluster_{clock_};
  TopicPolicy policy_{.version = "1", .topics = {{.name = "a", .partitions = 3}}};
  BatchLimits batches_;
};

TEST_F(Planner, T1AnyFailedReadMeansNoPlan) {
  cluster_.Make({.name = "a", .partitions = 1});
  for (const Api api :
       {Api::kDescribeCluster, Api::kListTopics, Api::kDescribeTopics, Api::kDescribeConfigs}) {
    cluster_.Inject(api, {.when = FakeClusterAdmin::Fault::When::kInstead,
                          .status = kafka::FromKafka(RD_KAFKA_RESP_ERR__TIMED_OUT, "read", "")});
    EXPECT_THAT(Plan(), HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  }
  EXPECT_THAT(Plan(), IsOk());
  EXPECT_TRUE(cluster_.Changes().empty());
}

TEST_F(Planner, T6WhatTheBrokerRefusesIsBlockedAndOthersStay) {
  policy_.topics.push_back({.name = "b", .wish = {.configs = {{"segment.bytes", "1KiB"}}}});
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(plan->steps[0].kind, StepKind::kCreate);
  EXPECT_EQ(plan->steps[1].topic, "b");
  EXPECT_EQ(plan->steps[1].reason, "BROKER_REFUSED");
  EXPECT_THAT(plan->steps[1].message, HasSubstr("code 40"));
  EXPECT_TRUE(cluster_.Changes().empty());
}

TEST_F(Planner, AnotherClusterIsRefused) {
  policy_.cluster_id = "other";
  EXPECT_THAT(Plan(), HasReason(absl::StatusCode::kFailedPrecondition, Reason::kClusterMismatch));
  policy_.cluster_id = "fake-cluster";
  EXPECT_THAT(Plan(), IsOk());
}

TEST_F(Planner, ATopicThatNobodyKnowsCannotBeAskedFor) {
  EXPECT_THAT(Plan({.topics = {"z"}}),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  EXPECT_THAT(Plan({.topics = {"a"}}), IsOk());
}

TEST_F(Planner, ReadsInBatchesAndGivesTheSameEtagEachTime) {
  policy_.topics.clear();
  policy_.rules = {{.id = "all",
                    .match = {.kind = MatchKind::kRegex, .pattern = ".*"},
                    .wish = {.configs = {{"flush.ms", "10"}}}}};
  for (int i = 0; i < 25; ++i) cluster_.Make({.name = absl::StrCat("t", i), .partitions = 1});
  batches_.topics = 10;
  const auto one = Plan();
  const auto two = Plan();
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(one->steps.size(), 25U);
  EXPECT_EQ(one->etag, two->etag);
  EXPECT_EQ(one->policy_etag, "etag");
}

TEST_F(Planner, BatchesKeepTopicsAndPartitionsUnderTheirLimits) {
  const std::vector<PlanStep> steps = {{.partitions_after = 6},
                                       {.partitions_after = 6},
                                       {.partitions_before = 6, .partitions_after = 8},
                                       {.partitions_after = -1},
                                       {.partitions_after = 99}};
  EXPECT_EQ(Batches(steps, {0, 1, 2, 3, 4}, {.topics = 2, .partitions = 10}),
            (std::vector<std::vector<size_t>>{{0}, {1, 2}, {3}, {4}}));
}

}  // namespace
}  // namespace storefront::topics
