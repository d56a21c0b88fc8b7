// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_plan.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

RenderedConfig Rendered(const std::string& id, const std::string& slot) {
  RenderedConfig rendered;
  rendered.template_id = rendered.connector = id;
  rendered.config = {{"slot.name", slot}};
  rendered.origins["slot.name"];
  rendered.revision = id + slot;
  return rendered;
}

TEST(PlanConnectors, IsPureAndSorted) {
  const auto plan = PlanConnectors({Rendered("b", "1"), Rendered("a", "2")}, {});
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[0].connector, "a");
  EXPECT_EQ(plan.steps[0].action, Action::kCreate);
}

TEST(PlanToken, HoldsForAnEqualPlanForFifteenMinutes) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const auto plan = PlanConnectors({Rendered("a", "1")}, {});
  const std::string token = MakePlanToken(plan, {}, "key", now);
  EXPECT_TRUE(CheckPlanToken(token, plan, {}, "key", now + absl::Minutes(14)).ok());
  const auto changed =
      storefront::testing::HasReason(absl::StatusCode::kAborted, status::Reason::kPlanChanged);
  EXPECT_THAT(CheckPlanToken(token, plan, {}, "key", now + absl::Minutes(15)), changed);
  EXPECT_THAT(CheckPlanToken(token, plan, {}, "other key", now), changed);
  EXPECT_THAT(CheckPlanToken(token, PlanConnectors({Rendered("a", "2")}, {}), {}, "key", now),
              changed);
  const std::map<std::string, DeployedConnector> deployed = {{"a", {"a", {{"x", "y"}}, {}}}};
  EXPECT_THAT(CheckPlanToken(token, plan, deployed, "key", now), changed);
  for (const char* bad : {"", "-", "x", "99999999999-abc"}) {
    EXPECT_THAT(CheckPlanToken(bad, plan, {}, "key", now), changed);
  }
}

}  // namespace
}  // namespace storefront::connectors
