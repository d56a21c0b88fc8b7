// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

class Plan : public ::testing::Test, public ConnectorFixture {
 protected:
  PlanStep Step(const std::string& connector = "orders") {
    const auto planned = planner.Plan({}, Limits());
    EXPECT_THAT(planned, storefront::testing::IsOk());
    for (const PlanStep& step : planned->plan.steps) {
      if (step.connector == connector) return step;
    }
    ADD_FAILURE() << "no step for " << connector;
    return {};
  }
  bool HasRule(const PlanStep& step, const std::string& rule) {
    return std::any_of(step.findings.begin(), step.findings.end(),
                       [&rule](const Finding& finding) { return finding.rule == rule; });
  }
};

TEST_F(Plan, CreateUpdateNoopUnmanaged) {
  EXPECT_EQ(Step().action, Action::kCreate);
  ASSERT_THAT(apply.Apply({}, Limits()), storefront::testing::IsOk());
  EXPECT_EQ(Step().action, Action::kNoop);
  templates.environment["POLL"] = "20";
  const PlanStep update = Step();
  EXPECT_EQ(update.action, Action::kUpdate);
  EXPECT_EQ(update.risk, Risk::kSafe);
  ASSERT_EQ(update.changes.size(), 1u);
  EXPECT_EQ(update.changes[0].from, "10");
  EXPECT_EQ(update.changes[0].to, "20");
  ASSERT_THAT(connect.PutConfig("foreign", {{"connector.class", "x"}}, Limits()),
              storefront::testing::IsOk());
  EXPECT_EQ(Step("foreign").action, Action::kUnmanaged);
}

TEST_F(Plan, C7SharedBetweenTemplatesBlocksBothAndNamesEach) {
  std::string second = kTemplate;
  second.replace(second.find("orders"), 6, "second");
  templates.templates["second-template"] = second;
  for (const auto& [name, other] :
       {std::pair{"orders", "second-template"}, std::pair{"second", "orders-template"}}) {
    const PlanStep step = Step(name);
    EXPECT_EQ(step.action, Action::kBlocked);
    for (const char* rule : {"SLOT_SHARED", "PUBLICATION_SHARED", "PREFIX_SHARED"}) {
      EXPECT_THAT(step.findings,
                  Contains(::testing::AllOf(Field(&Finding::rule, rule),
                                            Field(&Finding::message, HasSubstr(other)))));
    }
  }
}

TEST_F(Plan, C7SharedWithADeployedConnectorBlocks) {
  ASSERT_THAT(
      connect.PutConfig("foreign", {{"connector.class", "x"}, {"topic.prefix", "shop"}}, Limits()),
      storefront::testing::IsOk());
  const PlanStep step = Step();
  EXPECT_EQ(step.action, Action::kBlocked);
  EXPECT_THAT(step.findings, Contains(Field(&Finding::message, HasSubstr("connector foreign"))));
}

TEST_F(Plan, SlotsOfDifferentServersMayHaveOneName) {
  ASSERT_THAT(connect.PutConfig("foreign",
                                {{"connector.class", "x"},
                                 {"topic.prefix", "p"},
                                 {"slot.name", "shop_slot"},
                                 {"database.hostname", "elsewhere"},
                                 {"database.port", "5432"}},
                                Limits()),
              storefront::testing::IsOk());
  EXPECT_EQ(Step().action, Action::kCreate);
}

TEST_F(Plan, TwoTemplatesOfOneNameAreBlocked) {
  templates.templates["twin"] = kTemplate;
  EXPECT_TRUE(HasRule(Step(), "NAME_SHARED"));
}

TEST_F(Plan, PostgresDownIsNotChecked) {
  source.Fail(absl::UnavailableError("gone"));
  const PlanStep step = Step();
  EXPECT_EQ(step.action, Action::kCreate);
  EXPECT_TRUE(HasRule(step, "NOT_CHECKED"));
}

TEST_F(Plan, ConnectsValidationBlocksAndIsClassified) {
  connect.validation_faults = {
      {"database.user", "FATAL: password authentication failed for user \"debezium\""},
      {"x", "must not be null"}};
  const PlanStep step = Step();
  EXPECT_EQ(step.action, Action::kBlocked);
  EXPECT_TRUE(HasRule(step, "CREDENTIALS"));
  EXPECT_TRUE(HasRule(step, "CONFIG_INVALID"));
}

TEST_F(Plan, UnknownNamesAreNotFound) {
  EXPECT_THAT(planner.Plan({"orders", "nobody"}, Limits()),
              storefront::testing::HasReason(absl::StatusCode::kNotFound,
                                             status::Reason::kResourceNotFound));
}

TEST_F(Plan, ABadEnvFileBlocksEveryConnector) {
  templates.env_files = {{".env", "A='x"}};
  const PlanStep step = Step();
  EXPECT_EQ(step.action, Action::kBlocked);
  EXPECT_TRUE(HasRule(step, "DOTENV_SYNTAX"));
}

}  // namespace
}  // namespace storefront::connectors
