// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/json_run_codec.h"

#include <gtest/gtest.h>

#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

TEST(RunJson, ARunComesBack) {
  migrator::Run run{.current_step = 3, .statements_done = 4};
  run.error = status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = status::Reason::kDirtyHistory,
       .message = "ü \"x\"",
       .metadata = {{"a", "b"}},
       .preconditions = {{.type = "T", .subject = "migrations/V1", .description = "d"}},
       .retry_after = absl::Seconds(2)});
  run.lock_wait = absl::Nanoseconds(7);
  run.target = "7?";
  run.initial_version = "1";
  run.final_version = "2";
  run.dry_run = true;
  run.plan_hash = "ab12";
  run.lock_holder = LockHolder{.pid = 5,
                               .application_name = "a",
                               .state = "idle",
                               .user = "u",
                               .backend_start = absl::FromUnixMicros(1'767'225'600'123'456),
                               .transaction_age = absl::Milliseconds(6)};
  migrator::Run back;
  ASSERT_THAT(ParseRun(RunJson(run), back), testing::IsOk());
  EXPECT_EQ(back, run);
}

TEST(RunJson, WhatAnOlderVersionDidNotWriteKeepsItsDefault) {
  migrator::Run run;
  EXPECT_THAT(ParseRun("{}", run), testing::IsOk());
  EXPECT_EQ(run, migrator::Run{});
  RunEvent event;
  EXPECT_THAT(ParseEvent("{}", event), testing::IsOk());
  EXPECT_EQ(event, RunEvent{});
}

TEST(RunJson, AStrangersTextIsNoRun) {
  migrator::Run run;
  for (const char* text : {"", "{", "[]", "{\"target\": 1}", "{\"error\": {}}"}) {
    EXPECT_THAT(ParseRun(text, run),
                testing::HasReason(absl::StatusCode::kDataLoss, status::Reason::kCorruptHistory))
        << text;
  }
  EXPECT_FALSE(ParseSteps("[{}]").ok());
  EXPECT_FALSE(ParseObjects("[[1]]").ok());
}

TEST(ObjectsJson, InvalidBytesDoNotThrow) {
  EXPECT_THAT(ParseObjects(ObjectsJson({{"k", "\xFF", "d"}})), testing::IsOk());
}

}  // namespace
}  // namespace storefront::migrator
