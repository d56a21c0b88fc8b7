// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/apply_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using absl::StatusCode;
using status::Reason;
using storefront::testing::HasReason;
using storefront::testing::IsOk;

class Apply : public ::testing::Test, public ConnectorFixture {
 protected:
  ApplyOutcome One(const ApplyRequest& request = {}) {
    const auto applied = apply.Apply(request, Limits());
    EXPECT_THAT(applied, IsOk());
    return applied.ok() && applied->outcomes.size() == 1 ? applied->outcomes[0] : ApplyOutcome{};
  }
};

TEST_F(Apply, CreatesOnceAndThenSendsNothing) {
  EXPECT_EQ(One().result, ApplyResult::kApplied);
  EXPECT_EQ(cluster.Count("PUT orders"), 1);
  EXPECT_EQ(One().result, ApplyResult::kUnchanged);
  EXPECT_EQ(cluster.WriteCount(), 1);
}

TEST_F(Apply, KeysThatConnectAddsAreNoChange) {
  One();
  cluster.SetFaults({.server_added_keys = {{"errors.retry.timeout", "0"}}});
  EXPECT_EQ(One().result, ApplyResult::kUnchanged);
  EXPECT_EQ(cluster.WriteCount(), 1);
}

TEST_F(Apply, ValidateOnlyChangesNothing) {
  EXPECT_EQ(One({.validate_only = true}).result, ApplyResult::kPlanned);
  EXPECT_EQ(cluster.WriteCount(), 0);
}

TEST_F(Apply, C2AWriteThatTimedOutAndArrivedIsOneWrite) {
  cluster.SetFaults({.put_timeouts_after_effect = 1});
  EXPECT_EQ(One().result, ApplyResult::kApplied);
  EXPECT_EQ(cluster.Count("PUT orders"), 1);
}

TEST_F(Apply, C2AWriteThatTimedOutAndDidNotArriveIsSentAgain) {
  cluster.SetFaults({.put_timeouts_without_effect = 1});
  EXPECT_EQ(One().result, ApplyResult::kApplied);
  EXPECT_EQ(cluster.Count("PUT orders"), 2);
}

TEST_F(Apply, C2WhileKafkaIsAwayTheOutcomeStaysUnknown) {
  cluster.SetFaults({.put_timeouts_without_effect = 1, .health = ConnectHealth::kKafkaUnreachable});
  const ApplyOutcome outcome = One();
  EXPECT_EQ(outcome.result, ApplyResult::kOutcomeUnknown);
  EXPECT_THAT(outcome.error, HasReason(StatusCode::kDeadlineExceeded, Reason::kOutcomeUnknown));
  EXPECT_EQ(cluster.Count("PUT orders"), 1);
}

TEST_F(Apply, C4WaitsForAnotherReaderOfTheSlotAfterAChange) {
  ASSERT_EQ(One({.wait_for_running = true}).result, ApplyResult::kApplied);
  templates.environment["POLL"] = "20";
  // Connect says RUNNING, the slot still has its old reader.
  EXPECT_EQ(One({.wait_for_running = true}).result, ApplyResult::kPending);
  templates.environment["POLL"] = "30";
  cluster.SetOffsets("orders", {{{{"server", "shop"}}, {{"lsn", "1"}}}});  // no snapshot
  source.SetSlots({ReadSlot("shop_slot", 0)});
  EXPECT_EQ(One({.wait_for_running = true, .wait_timeout = absl::Seconds(3)}).result,
            ApplyResult::kPending);
  source.SetSlots({ReadSlot("shop_slot", 101)});
  EXPECT_EQ(One({.wait_for_running = true}).result, ApplyResult::kUnchanged);
}

TEST_F(Apply, C4RunningWithoutTaskOrWithAFailedOneIsNotSuccess) {
  cluster.SetFaults({.without_task = true});
  EXPECT_EQ(One({.wait_for_running = true}).result, ApplyResult::kPending);
  cluster.SetFaults({.task_trace = "x: password authentication failed for user \"debezium\""});
  templates.environment["POLL"] = "20";
  const ApplyOutcome outcome = One({.wait_for_running = true});
  EXPECT_EQ(outcome.result, ApplyResult::kPending);
  ASSERT_TRUE(outcome.view.has_value());
  EXPECT_EQ(outcome.view->state, ConnectorState::kFailed);
  EXPECT_EQ(outcome.view->conditions[0].condition.failure, FailureClass::kCredentials);
}

TEST_F(Apply, RiskyChangesNeedTokenAndConsent) {
  One();
  templates.environment["DECIMAL"] = "precise";
  EXPECT_THAT(apply.Apply({}, Limits()),
              HasReason(StatusCode::kFailedPrecondition, Reason::kConfirmationRequired));
  const std::string contract = planner.Plan({}, Limits())->plan.token;
  EXPECT_THAT(apply.Apply({.plan_token = contract}, Limits()),
              HasReason(StatusCode::kFailedPrecondition, Reason::kConfirmationRequired));
  EXPECT_EQ(cluster.WriteCount(), 1);
  EXPECT_EQ(One({.plan_token = contract, .allow_contract_change = true}).result,
            ApplyResult::kApplied);

  templates.environment["SLOT"] = "other_slot";
  const std::string identity = planner.Plan({}, Limits())->plan.token;
  EXPECT_THAT(apply.Apply({.plan_token = identity, .allow_contract_change = true}, Limits()),
              HasReason(StatusCode::kFailedPrecondition, Reason::kConfirmationRequired));
  EXPECT_EQ(One({.plan_token = identity, .confirm = {"orders"}}).result, ApplyResult::kApplied);
}

TEST_F(Apply, AnOldTokenIsRefusedBeforeAnythingIsSent) {
  const std::string token = planner.Plan({}, Limits())->plan.token;
  templates.environment["POLL"] = "20";
  EXPECT_THAT(apply.Apply({.plan_token = token}, Limits()),
              HasReason(StatusCode::kAborted, Reason::kPlanChanged));
  templates.environment.erase("POLL");
  clock.JumpWall(absl::Minutes(16));
  EXPECT_THAT(apply.Apply({.plan_token = token}, Limits()),
              HasReason(StatusCode::kAborted, Reason::kPlanChanged));
  EXPECT_EQ(cluster.WriteCount(), 0);
}

TEST_F(Apply, ABlockedOneDoesNotStopTheOthers) {
  templates.templates["second"] = R"({"name":"second","config":{"a":"${UNSET}"}})";
  const auto applied = apply.Apply({}, Limits());
  ASSERT_THAT(applied, IsOk());
  ASSERT_EQ(applied->outcomes.size(), 2u);
  EXPECT_EQ(applied->outcomes[0].result, ApplyResult::kApplied);
  EXPECT_EQ(applied->outcomes[1].result, ApplyResult::kBlocked);
  EXPECT_THAT(applied->outcomes[1].error,
              HasReason(StatusCode::kInvalidArgument, Reason::kConnectorConfigInvalid));
}

TEST_F(Apply, ARefusalOfConnectIsAnOutcome) {
  cluster.SetFaults({.put_refusal = "Error while validating connector config"});
  const ApplyOutcome outcome = One();
  EXPECT_EQ(outcome.result, ApplyResult::kFailed);
  EXPECT_THAT(outcome.error,
              HasReason(StatusCode::kInvalidArgument, Reason::kConnectorConfigInvalid));
}

}  // namespace
}  // namespace storefront::connectors
