// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/run_rules.h"

#include <gtest/gtest.h>

#include <limits>

#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;
using Wish = RunControl::Wish;

absl::Status Failed(Reason reason) {
  return status::Error({.code = absl::StatusCode::kInternal, .reason = reason, .message = "why"});
}

RunState StateOf(RunKind kind, Wish wish, const absl::Status& result, bool complete) {
  return EndingOf(kind, wish, result, complete).state;
}

TEST(EndingOf, WorkThatIsDoneSucceeds) {
  for (const RunKind kind : {RunKind::kFullLoad, RunKind::kDeltas, RunKind::kVerify}) {
    for (const Wish wish : {Wish::kRun, Wish::kStop, Wish::kShutdown}) {
      EXPECT_EQ(StateOf(kind, wish, absl::OkStatus(), true), RunState::kSucceeded);
    }
  }
}

TEST(EndingOf, DeltasThatAreStoppedSucceedAndALoadIsCancelled) {
  EXPECT_EQ(StateOf(RunKind::kDeltas, Wish::kStop, absl::OkStatus(), false), RunState::kSucceeded);
  EXPECT_EQ(StateOf(RunKind::kFullLoad, Wish::kStop, absl::OkStatus(), false),
            RunState::kCancelled);
}

TEST(EndingOf, ACancelledRunShowsNoError) {
  const RunEnding ending =
      EndingOf(RunKind::kDeltas, Wish::kCancel, Failed(Reason::kCallCancelled), false);
  EXPECT_EQ(ending.state, RunState::kCancelled);
  EXPECT_THAT(ending.error, IsOk());
}

TEST(EndingOf, TheEndOfTheProcessInterruptsWhatItCutsShort) {
  const RunEnding ending =
      EndingOf(RunKind::kFullLoad, Wish::kShutdown, Failed(Reason::kCallCancelled), false);
  EXPECT_EQ(ending.state, RunState::kInterrupted);
  EXPECT_THAT(ending.error, HasReason(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
}

TEST(EndingOf, WhatMayPassInterruptsAndTheRestFails) {
  for (const Reason reason : {Reason::kBackendUnavailable, Reason::kCommitInDoubt,
                              Reason::kLockTimeout, Reason::kReadOnlyServer}) {
    EXPECT_EQ(StateOf(RunKind::kDeltas, Wish::kRun, Failed(reason), false), RunState::kInterrupted)
        << status::ReasonName(reason);
  }
  for (const Reason reason : {Reason::kDiskFull, Reason::kInternalError, Reason::kUnspecified}) {
    EXPECT_EQ(StateOf(RunKind::kDeltas, Wish::kRun, Failed(reason), false), RunState::kFailed)
        << status::ReasonName(reason);
  }
}

TEST(EndingOf, S11ATableThatIsGoneIsAChangeOfTheSchema) {
  const RunEnding ending =
      EndingOf(RunKind::kFullLoad, Wish::kRun, Failed(Reason::kDatabaseObject), false);
  EXPECT_EQ(ending.state, RunState::kInterrupted);
  EXPECT_THAT(ending.error,
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kSchemaChanged));
  EXPECT_EQ(ending.error.message(), "why; run the migrations, then resume");
}

TEST(CheckRate, IsAboveNothingAndWithinTheSetting) {
  EXPECT_THAT(CheckRate("rate", 0.5, 100), IsOk());
  EXPECT_THAT(CheckRate("rate", 100, 100), IsOk());
  for (const double wrong : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    const absl::Status status = CheckRate("rate", wrong, 100);
    EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
    EXPECT_EQ(status::DetailsOf(status).fields.at(0).field, "rate");
  }
  for (const double wrong : {100.5, std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(CheckRate("rate", wrong, 100),
                HasReason(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded));
  }
}

TEST(CheckEmpty, NamesTheTable) {
  EXPECT_THAT(CheckEmpty({{Table::kCustomers, 0}, {Table::kOrders, 0}}), IsOk());
  const absl::Status status = CheckEmpty({{Table::kCustomers, 0}, {Table::kOrders, 7}});
  EXPECT_THAT(status, HasReason(absl::StatusCode::kFailedPrecondition, Reason::kTablesNotEmpty));
  EXPECT_EQ(status::DetailsOf(status).metadata.at("table"), "orders");
}

TEST(CheckChangeable, NeedsCustomersAndProducts) {
  EXPECT_THAT(CheckChangeable({{Table::kCustomers, 1}, {Table::kProducts, 1}}), IsOk());
  for (const auto& rows : std::vector<std::map<Table, int64_t>>{
           {}, {{Table::kCustomers, 1}}, {{Table::kCustomers, 0}, {Table::kProducts, 1}}}) {
    EXPECT_THAT(CheckChangeable(rows),
                HasReason(absl::StatusCode::kFailedPrecondition, Reason::kNothingToChange));
  }
}

TEST(FirstIdsAfter, BeginAtOneWhereNothingIs) { EXPECT_EQ(FirstIdsAfter({}), FirstIds{}); }

TEST(FirstIdsAfter, AnOrderIsBehindWhateverHangsOnAnother) {
  EXPECT_EQ(FirstIdsAfter({{Table::kCustomers, 10}, {Table::kProducts, 3}, {Table::kOrders, 5}}),
            (FirstIds{.customer = 11, .product = 4, .order = 6}));
  EXPECT_EQ(FirstIdsAfter({{Table::kOrders, 5}, {Table::kPayments, 9}}).order, 10);
  // Item 25 is the first of order 7: four lines each.
  EXPECT_EQ(FirstIdsAfter({{Table::kOrders, 5}, {Table::kOrderItems, 25}}).order, 8);
  EXPECT_EQ(FirstIdsAfter({{Table::kOrders, 5}, {Table::kOrderItems, 24}}).order, 7);
}

TEST(IdBasesAfter, AreMultiplesOfTheShardsAboveTheHighest) {
  const IdBases none = IdBasesAfter({});
  EXPECT_EQ(none.customer, kShards);
  EXPECT_EQ(none.order, kShards);
  const IdBases some = IdBasesAfter({{Table::kCustomers, kShards}, {Table::kOrders, kShards - 1}});
  EXPECT_EQ(some.customer, 2 * kShards);
  EXPECT_EQ(some.order, kShards);
}

TEST(RunErrors, NameTheRunAndItsState) {
  const SeedRun run = {.id = 12, .kind = RunKind::kDeltas, .state = RunState::kFailed};
  const absl::Status state = RunStateError(run, "pause", "RUNNING");
  EXPECT_THAT(state, HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
  EXPECT_EQ(state.message(), "seedRuns/deltas-12 is FAILED; pause needs RUNNING");
  EXPECT_EQ(status::DetailsOf(state).metadata.at("state"), "FAILED");
  EXPECT_EQ(status::DetailsOf(RunActiveError(run)).metadata.at("run"), "seedRuns/deltas-12");
}

}  // namespace
}  // namespace storefront::seeder
