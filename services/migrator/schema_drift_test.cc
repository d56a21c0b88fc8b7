// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/schema_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

class FakeSchema final : public SchemaReader, public CaptureStore {
 public:
  absl::StatusOr<Catalog> ReadObjects() override {
    ++reads;
    return Normalized(objects);
  }
  absl::Status KeepCapture(const SchemaCapture& given) override {
    capture = given;
    return absl::OkStatus();
  }
  absl::StatusOr<bool> HasCapture() override { return capture.has_value(); }
  absl::StatusOr<std::optional<SchemaCapture>> LastCapture() override { return capture; }

  Catalog objects;
  int reads = 0;
  std::optional<SchemaCapture> capture;
};

class SchemaDriftTest : public ::testing::Test {
 protected:
  static migrator::Run Succeeded(StepState step) {
    return {.id = "r", .state = RunState::kSucceeded, .steps = {{.state = step}}};
  }
  testing::FakeClock clock_;
  FakeSchema schema_;
  const Placeholders placeholders_ =
      Placeholders::Make({.secrets = {{"password", "canary"}}}).value();
  SchemaDrift drift_{schema_, schema_, placeholders_, clock_};
};

TEST_F(SchemaDriftTest, BeforeTheFirstCaptureThereIsNone) {
  EXPECT_THAT(drift_.Compare(), testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                                   status::Reason::kNotCaptured));
}

TEST_F(SchemaDriftTest, WhatChangedSinceTheCaptureIsNamed) {
  schema_.objects = {{"table", "public.a", "x"}};
  const auto capture = drift_.Capture("");
  ASSERT_THAT(capture, testing::IsOk());
  EXPECT_EQ(capture->time, clock_.Now());
  EXPECT_TRUE(drift_.Compare()->changes.empty());
  schema_.objects[0].definition = "y";
  const auto report = drift_.Compare();
  ASSERT_EQ(report->changes.size(), 1U);
  EXPECT_EQ(report->changes[0].captured_definition, "x");
  EXPECT_EQ(report->changes[0].object.definition, "y");
}

TEST_F(SchemaDriftTest, ARunThatAppliedSomethingIsFollowedByACapture) {
  EXPECT_THAT(drift_.CaptureAfter(Succeeded(StepState::kApplied)), testing::IsOk());
  EXPECT_EQ(schema_.capture->run_id, "r");
  schema_.objects = {{"table", "public.by_hand", "x"}};
  EXPECT_THAT(drift_.CaptureAfter({.id = "empty", .state = RunState::kSucceeded}), testing::IsOk());
  EXPECT_EQ(schema_.capture->run_id, "r") << "a run that changed nothing hides no drift";
  EXPECT_EQ(schema_.reads, 1) << "and costs nothing";
  EXPECT_THAT(drift_.CaptureAfter({.id = "failed", .state = RunState::kFailed}), testing::IsOk());
  EXPECT_EQ(schema_.capture->run_id, "r");
  auto repaired = Succeeded(StepState::kApplied);
  repaired.id = "repair";
  repaired.steps[0].action = StepAction::kAlign;
  EXPECT_THAT(drift_.CaptureAfter(repaired), testing::IsOk());
  EXPECT_EQ(schema_.capture->run_id, "r") << "a repair of the history changes no schema";
}

TEST_F(SchemaDriftTest, TheFirstRunCapturesAlsoWhenItHadNothingToDo) {
  EXPECT_THAT(drift_.CaptureAfter({.id = "empty", .state = RunState::kSucceeded}), testing::IsOk());
  EXPECT_EQ(schema_.capture->run_id, "empty");
}

TEST_F(SchemaDriftTest, SecretsAreNeitherKeptNorShown) {
  schema_.objects = {{"function", "f()", "select 'canary'"}};
  ASSERT_THAT(drift_.Capture(""), testing::IsOk());
  EXPECT_EQ(schema_.capture->objects[0].definition, "select '***'");
  EXPECT_TRUE(drift_.Compare()->changes.empty());
  schema_.objects[0].definition = "select 'canary', 2";
  EXPECT_EQ(drift_.Compare()->changes[0].object.definition, "select '***', 2");
}

}  // namespace
}  // namespace storefront::migrator
