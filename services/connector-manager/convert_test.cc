// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

using storefront::testing::HasReason;
using storefront::testing::IsOkAndHolds;

const auto kInvalid = HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidField);

TEST(ConnectorResource, C12IsEncodedAndDecoded) {
  for (const std::string& name : {std::string("storefront-postgres-connector"), std::string("a b"),
                                  std::string("\xC3\xBC+&?#;=")}) {
    EXPECT_THAT(ConnectorFromResource(ResourceOfConnector(name), "name"), IsOkAndHolds(name));
  }
  EXPECT_THAT(ConnectorFromResource("plain", "name"), IsOkAndHolds(std::string("plain")));
  for (const std::string& bad :
       {std::string(""), std::string("connectors/"), std::string("connectors/a/b"),
        std::string("connectors/a%2Fb"), std::string("connectors/%zz"),
        std::string("connectors/%2"), std::string("connectors/%00"), std::string("connectors/a%25"),
        std::string("connectors/.."), std::string("connectors/%FF"),
        "connectors/" + std::string(301, 'x')}) {
    EXPECT_THAT(ConnectorFromResource(bad, "name"), kInvalid) << bad;
  }
}

TEST(TemplateResource, C10LeadsNowhereElse) {
  EXPECT_THAT(TemplateFromResource("connectorTemplates/a-b.c"), IsOkAndHolds(std::string("a-b.c")));
  for (const char* bad : {"a", "connectorTemplates/", "connectorTemplates/../x",
                          "connectorTemplates//etc/passwd", "connectorTemplates/A"}) {
    EXPECT_THAT(TemplateFromResource(bad), kInvalid) << bad;
  }
}

TEST(Timeouts, AreAboveZeroAndAtMostAMinute) {
  v1::VerifyPipelineRequest request;
  EXPECT_THAT(ProbeTimeout(request, absl::Seconds(15)), IsOkAndHolds(absl::Seconds(15)));
  for (const int64_t seconds : {-1, 0, 61}) {
    request.mutable_timeout()->set_seconds(seconds);
    EXPECT_THAT(ProbeTimeout(request, absl::Seconds(15)), kInvalid);
  }
  request.mutable_timeout()->set_seconds(60);
  EXPECT_THAT(ProbeTimeout(request, absl::Seconds(15)), IsOkAndHolds(absl::Seconds(60)));
}

TEST(Names, OfTheDomainAreThoseOfTheApi) {
  for (int i = 0; i <= static_cast<int>(ConnectorState::kNeedsReset); ++i) {
    v1::Connector::State state;
    EXPECT_TRUE(v1::Connector::State_Parse(
        std::string(ConnectorStateName(static_cast<ConnectorState>(i))), &state));
  }
  for (int i = 0; i <= static_cast<int>(FailureClass::kUnknown); ++i) {
    v1::FailureClass failure;
    EXPECT_TRUE(v1::FailureClass_Parse(std::string(FailureClassName(static_cast<FailureClass>(i))),
                                       &failure));
  }
  for (int i = 0; i <= static_cast<int>(ApplyResult::kOutcomeUnknown); ++i) {
    v1::ApplyOutcome::Result result;
    EXPECT_TRUE(v1::ApplyOutcome::Result_Parse(
        std::string(ApplyResultName(static_cast<ApplyResult>(i))), &result));
  }
}

TEST(ConnectorView, SecretsAreMaskedWhereverTheyStand) {
  ConnectorView view;
  view.name = "a";
  view.redactor.Add("hunter2");
  view.deployed =
      DeployedConnector{"a",
                        {{"database.password", "hunter2"}, {"other", "has hunter2 in it"}},
                        {.state = "FAILED",
                         .worker_id = "w",
                         .trace = "x: hunter2",
                         .tasks = {{0, "FAILED", "w", "y: hunter2"}}}};
  view.conditions.push_back({{FailureClass::kUnknown, "said hunter2"}, absl::UnixEpoch()});
  v1::Connector connector;
  ToProto(view, connector);
  EXPECT_THAT(connector.DebugString(), ::testing::Not(::testing::HasSubstr("hunter2")));
  EXPECT_EQ(connector.config().at("database.password"), "***");
}

}  // namespace
}  // namespace storefront::connectors
