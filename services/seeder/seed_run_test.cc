// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/seed_run.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/seeder/consistency_conditions.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;

constexpr RunState kStates[] = {RunState::kPending,    RunState::kRunning, RunState::kPaused,
                                RunState::kSucceeded,  RunState::kFailed,  RunState::kCancelled,
                                RunState::kInterrupted};

absl::Status Failed(Reason reason) {
  return status::Error({.code = absl::StatusCode::kInternal, .reason = reason, .message = "why"});
}

TEST(RunNames, AreReadAsTheyAreWritten) {
  for (const RunKind kind : {RunKind::kFullLoad, RunKind::kDeltas, RunKind::kVerify}) {
    const auto id = ParseRunName(RunName(kind, 12));
    ASSERT_THAT(id, IsOk());
    EXPECT_EQ(id->kind, kind);
    EXPECT_EQ(id->id, 12);
  }
  EXPECT_EQ(RunName(RunKind::kFullLoad, 12), "seedRuns/full-12");
}

TEST(RunNames, OnlyOneSpellingIsAName) {
  for (const char* wrong :
       {"", "seedRuns/", "seedRuns/full", "seedRuns/full-", "seedRuns/full-0", "seedRuns/full--1",
        "seedRuns/full-012", "seedRuns/full-1x", "seedRuns/FULL-1", "seedRuns/nap-1", "full-1",
        "seedRuns/full-99999999999999999999", "migrationRuns/full-1", "seedRuns/full- 1"}) {
    EXPECT_THAT(ParseRunName(wrong),
                HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField))
        << wrong;
  }
}

TEST(RunStates, AreReadAsTheyAreWritten) {
  for (const RunState state : kStates) EXPECT_EQ(ParseRunState(RunStateName(state)), state);
  EXPECT_EQ(ParseRunState("running"), std::nullopt);
}

TEST(IsResumable, WhatWasInterruptedOrCancelledGoesOn) {
  for (const RunState state : kStates) {
    const bool goes_on = state == RunState::kInterrupted || state == RunState::kCancelled;
    EXPECT_EQ(IsResumable(RunKind::kFullLoad, state, absl::OkStatus()), goes_on)
        << RunStateName(state);
    EXPECT_FALSE(IsResumable(RunKind::kVerify, state, absl::OkStatus())) << RunStateName(state);
  }
}

TEST(IsResumable, AFailureGoesOnWhenItsCauseCanBeRemoved) {
  for (const Reason reason :
       {Reason::kDiskFull, Reason::kOutOfMemory, Reason::kDatabasePermission}) {
    EXPECT_TRUE(IsResumable(RunKind::kDeltas, RunState::kFailed, Failed(reason)));
  }
  EXPECT_FALSE(IsResumable(RunKind::kDeltas, RunState::kFailed, Failed(Reason::kInternalError)));
}

TEST(ResolveConditions, NothingIsEverything) {
  const auto all = ResolveConditions({});
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->size(), kConditions.size());
  EXPECT_THAT(ResolveConditions({"K4", "K1"}),
              testing::IsOkAndHolds(std::vector<std::string>{"K4", "K1"}));
}

TEST(ResolveConditions, UnknownOnesAreNamedByTheirPlace) {
  const absl::Status status = ResolveConditions({"K1", "K5", "k1"}).status();
  EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  const auto fields = status::DetailsOf(status).fields;
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].field, "conditions[1]");
  EXPECT_EQ(fields[1].field, "conditions[2]");
}

}  // namespace
}  // namespace storefront::seeder
