// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/plan_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"
#include "services/topic-admin/fake_cluster_admin.h"
#include "services/topic-admin/fake_plan_store.h"
#include "services/topic-admin/planner.h"

namespace storefront::topics {
namespace {

using absl::StatusCode;
using ::storefront::status::Reason;
using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;
using Api = FakeClusterAdmin::Api;

class PlanRunsTest : public ::testing::Test {
 protected:
  TopicPlan Plan() {
    auto plan = MakePlan(cluster_, {.policy = policy_, .etag = "e"}, {}, {}, {},
                         {.deadline = clock_.Steady() + absl::Seconds(10)});
    EXPECT_THAT(plan, IsOk());
    return plan.value_or(TopicPlan());
  }

  std::string Added() {
    const auto plan = runs_.Add(Plan(), "alice");
    EXPECT_THAT(plan, IsOk());
    return plan.ok() ? (*plan)->id : "";
  }

  PlanState StateOf(const std::string& id) { return (*runs_.Get(id))->state; }

  PlanState Ended(const std::string& id) {
    EXPECT_TRUE(::storefront::testing::PollUntil([&] { return IsFinal(StateOf(id)); }));
    return StateOf(id);
  }

  storefront::testing::FakeClock clock_;
  FakeClusterAdmin cluster_{clock_};
  FakePlanStore store_;
  TopicPolicy policy_{.version = "1", .topics = {{.name = "a", .partitions = 3}}};
  PlanRuns runs_{cluster_, store_, clock_, {.plan_ttl = absl::Hours(1), .plans_kept = 3}};
};

TEST_F(PlanRunsTest, AppliesAndReturnsAnAppliedPlanUnchanged) {
  const std::string id = Added();
  const auto started = runs_.Apply({.id = id, .principal = "bob"});
  ASSERT_THAT(started, IsOk());
  EXPECT_EQ((*started)->state, PlanState::kApplying);
  EXPECT_EQ(Ended(id), PlanState::kApplied);
  const auto again = runs_.Apply({.id = id, .etag = (*started)->etag});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)->state, PlanState::kApplied);
  EXPECT_EQ((*again)->created_by, "alice");
  EXPECT_EQ((*again)->applied_by, "bob");
  EXPECT_EQ(cluster_.Changes().size(), 1U);
  EXPECT_EQ(store_.Saved(id).state, PlanState::kApplied);
}

TEST_F(PlanRunsTest, RefusesAnotherEtagAnExpiredPlanAndAnUnknownOne) {
  const std::string id = Added();
  EXPECT_THAT(runs_.Apply({.id = id, .etag = "other"}),
              HasReason(StatusCode::kAborted, Reason::kEtagMismatch));
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(runs_.Apply({.id = id}), HasReason(StatusCode::kAborted, Reason::kPlanChanged));
  EXPECT_EQ(StateOf(id), PlanState::kExpired);
  EXPECT_THAT(runs_.Apply({.id = "none"}),
              HasReason(StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_F(PlanRunsTest, NamesEveryMissingFlagAtOnce) {
  cluster_.Make({.name = "a", .partitions = 1});
  cluster_.Make({.name = "b", .partitions = 1});
  policy_.topics.push_back({.name = "b", .wish = {.configs = {{"retention.ms", "1d"}}}});
  const std::string id = Added();
  const auto refused = runs_.Apply({.id = id});
  ASSERT_THAT(refused, HasReason(StatusCode::kFailedPrecondition, Reason::kRiskNotAllowed));
  EXPECT_EQ(status::DetailsOf(refused.status()).preconditions.size(), 2U);
  EXPECT_EQ(status::DetailsOf(refused.status()).metadata.at("flags"),
            "allow_data_loss, allow_reordering");
  ApplyRequest request = {.id = id, .flags = {"allow_data_loss", "allow_reordering"}};
  request.confirm = {"a"};  // loses nothing
  EXPECT_THAT(runs_.Apply(request),
              HasReason(StatusCode::kFailedPrecondition, Reason::kConfirmationMismatch));
  request.confirm = {"b"};
  EXPECT_THAT(runs_.Apply(request), IsOk());
  EXPECT_EQ(Ended(id), PlanState::kApplied);
}

TEST_F(PlanRunsTest, ManyChangedTopicsNeedTheBulkFlag) {
  policy_.topics.clear();
  policy_.rules = {{.id = "all",
                    .match = {.kind = MatchKind::kRegex, .pattern = ".*"},
                    .wish = {.configs = {{"flush.ms", "10"}}}}};
  for (int i = 0; i < 51; ++i) cluster_.Make({.name = absl::StrCat("t", i), .partitions = 1});
  const std::string id = Added();
  EXPECT_THAT(runs_.Apply({.id = id}),
              HasReason(StatusCode::kFailedPrecondition, Reason::kRiskNotAllowed));
  EXPECT_THAT(runs_.Apply({.id = id, .allow_bulk = true}), IsOk());
  EXPECT_EQ(Ended(id), PlanState::kApplied);
}

TEST_F(PlanRunsTest, OneRunAtATimeAndCancelEndsIt) {
  const std::string first = Added();
  const std::string second = Added();
  std::atomic<bool> go = false;
  cluster_.SetHook([&](Api api) {
    if (api == Api::kCreateTopics) ::storefront::testing::PollUntil([&] { return go.load(); });
  });
  ASSERT_THAT(runs_.Apply({.id = first}), IsOk());
  EXPECT_THAT(runs_.Apply({.id = second}), HasReason(StatusCode::kAborted, Reason::kRunActive));
  EXPECT_THAT(runs_.Apply({.id = first}), IsOk());  // it runs already
  ASSERT_THAT(runs_.Cancel(first), IsOk());
  go = true;
  EXPECT_TRUE(IsFinal(Ended(first)));
  ASSERT_THAT(runs_.Cancel(second), IsOk());
  EXPECT_EQ(StateOf(second), PlanState::kCancelled);
  EXPECT_THAT(runs_.Apply({.id = second}),
              HasReason(StatusCode::kFailedPrecondition, Reason::kRunState));
}

TEST_F(PlanRunsTest, WatchersSeeTheStateNowAndEveryChangeUpToTheEnd) {
  const std::string id = Added();
  sync::Mutex mutex;
  std::vector<PlanState> states;
  std::vector<int64_t> revisions;
  const auto subscription = runs_.Watch(id, [&](const PlanPtr& plan) {
    sync::MutexLock lock(mutex);
    states.push_back(plan->state);
    revisions.push_back(plan->revision);
  });
  ASSERT_THAT(subscription, IsOk());
  ASSERT_THAT(runs_.Apply({.id = id}), IsOk());
  Ended(id);
  sync::MutexLock lock(mutex);
  EXPECT_EQ(states.front(), PlanState::kReady);
  EXPECT_EQ(states.back(), PlanState::kApplied);
  EXPECT_TRUE(std::is_sorted(revisions.begin(), revisions.end()));
}

TEST_F(PlanRunsTest, APlanThatADeadProcessWasApplyingIsInterrupted) {
  TopicPlan plan = Plan();
  plan.id = "left";
  plan.state = PlanState::kApplying;
  plan.steps[0].attempts = 1;
  ASSERT_THAT(store_.Save(plan), IsOk());
  ASSERT_THAT(runs_.Load(), IsOk());
  EXPECT_EQ(StateOf("left"), PlanState::kInterrupted);
  EXPECT_EQ((*runs_.Get("left"))->steps[0].status, StepStatus::kUnknown);
  EXPECT_EQ(store_.Saved("left").state, PlanState::kInterrupted);
}

TEST_F(PlanRunsTest, T2ARunThatBreaksOffFailsWithTheCause) {
  const std::string id = Added();
  cluster_.SetDown(true);
  ASSERT_THAT(runs_.Apply({.id = id}), IsOk());
  EXPECT_EQ(Ended(id), PlanState::kFailed);
  EXPECT_EQ((*runs_.Get(id))->error.reason, "BACKEND_UNAVAILABLE");
}

TEST_F(PlanRunsTest, StoppingTheProcessInterruptsTheRun) {
  policy_.topics.push_back({.name = "b", .partitions = 1});
  const std::string id = Added();
  std::atomic<bool> reached = false;
  cluster_.SetVisibilityDelay(absl::Hours(1));
  cluster_.SetHook([&](Api api) {
    if (api != Api::kDescribeTopics || cluster_.Changes().empty()) return;
    reached = true;
    std::this_thread::yield();
  });
  ASSERT_THAT(runs_.Apply({.id = id}), IsOk());
  ASSERT_TRUE(::storefront::testing::PollUntil([&] { return reached.load(); }));
  runs_.Stop();
  EXPECT_TRUE(IsFinal(StateOf(id)));
  EXPECT_THAT(runs_.Apply({.id = Added()}),
              HasReason(StatusCode::kUnavailable, Reason::kShuttingDown));
}

TEST_F(PlanRunsTest, AStoreThatCannotWriteStopsARunFromBeginning) {
  const std::string id = Added();
  store_.FailWith(absl::FailedPreconditionError("disk"));
  EXPECT_FALSE(runs_.Apply({.id = id}).ok());
  EXPECT_TRUE(cluster_.Changes().empty());
  EXPECT_EQ(StateOf(id), PlanState::kReady);
}

TEST_F(PlanRunsTest, KeepsTheNewestPlans) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(Added());
    clock_.Advance(absl::Seconds(1));
  }
  const auto listed = runs_.List();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed[0]->id, ids[4]);
  EXPECT_EQ(listed[2]->id, ids[2]);
}

}  // namespace
}  // namespace storefront::topics
