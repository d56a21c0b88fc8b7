// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_plan.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::topics {
namespace {

using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;

TEST(PlanJson, EverythingComesBackAsItWas) {
  TopicPlan plan = {.id = "20260101-000000-1",
                    .state = PlanState::kPartial,
                    .revision = 7,
                    .etag = "e",
                    .create_time = absl::FromUnixNanos(1'767'225'600'123'456'789),
                    .expire_time = absl::FromUnixSeconds(1'767'229'200),
                    .end_time = absl::FromUnixSeconds(1'767'225'700),
                    .created_by = "alice",
                    .cluster_id = "c",
                    .policy_etag = "p"};
  for (int kind = 0; kind <= static_cast<int>(StepKind::kUnenforceable); ++kind) {
    plan.steps.push_back({.kind = static_cast<StepKind>(kind),
                          .topic = "a",
                          .risk = Risk::kDataLoss,
                          .required_flags = {"allow_data_loss"},
                          .configs = {{.key = "retention.ms",
                                       .operation = ConfigOperation::kDelete,
                                       .before = "1",
                                       .before_is_override = true,
                                       .source = "rules/r"}},
                          .partitions_before = 1,
                          .partitions_after = 3,
                          .replication_after = -1,
                          .reason = "R",
                          .message = "m \"quoted\"\n",
                          .status = StepStatus::kUnknown,
                          .kafka_code = 40,
                          .outcome = "o",
                          .attempts = 2});
  }
  plan.fingerprints = {{"a", "f"}};
  plan.findings = {{.id = "L1", .severity = LintSeverity::kWarn, .subject = "a"}};
  plan.error = {.code = absl::StatusCode::kUnavailable, .reason = "R", .message = "m"};

  const auto back = PlanFromJson(PlanToJson(plan));
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->steps, plan.steps);
  EXPECT_EQ(back->create_time, plan.create_time);
  EXPECT_EQ(back->start_time, absl::InfinitePast());
  EXPECT_EQ(back->fingerprints, plan.fingerprints);
  EXPECT_EQ(back->findings, plan.findings);
  EXPECT_EQ(back->error, plan.error);
  EXPECT_EQ(PlanToJson(*back), PlanToJson(plan));
}

TEST(PlanJson, RefusesOtherTexts) {
  TopicPlan bad_text;
  bad_text.steps.push_back({.outcome = "\xff"});  // bytes of a broker that are not UTF-8
  EXPECT_THAT(PlanFromJson(PlanToJson(bad_text)), IsOk());
  for (const char* text : {"", "{", "{}", "[]", R"({"format": 2})", "null"}) {
    EXPECT_THAT(PlanFromJson(text),
                HasReason(absl::StatusCode::kInternal, status::Reason::kInternalError));
  }
}

}  // namespace
}  // namespace storefront::topics
