// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/convert.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;

TEST(StartFullLoadRequest, EmptyTakesTheDefaultsAndTheSettings) {
  const auto parameters =
      FromProto(v1::StartFullLoadRequest(), JobOptions{.connections = 3, .chunk_rows = 7000});
  ASSERT_THAT(parameters, IsOk());
  EXPECT_EQ(*parameters, (FullLoadParameters{.connections = 3, .chunk_rows = 7000}));
}

TEST(StartFullLoadRequest, SaysEverythingElse) {
  v1::StartFullLoadRequest request;
  request.set_scale(2.5);
  request.set_seed(0);
  request.set_connections(1);
  request.set_chunk_rows(1000);
  request.set_on_existing(v1::FullLoad::FAIL);
  (*request.mutable_rows())["orders"] = 5;
  const auto parameters = FromProto(request, JobOptions());
  ASSERT_THAT(parameters, IsOk());
  EXPECT_EQ(*parameters, (FullLoadParameters{.scale = 2.5,
                                             .rows = {{Table::kOrders, 5}},
                                             .seed = 0,
                                             .connections = 1,
                                             .chunk_rows = 1000,
                                             .on_existing = OnExisting::kFail}));
}

TEST(StartFullLoadRequest, AnUnknownTableIsNamed) {
  v1::StartFullLoadRequest request;
  (*request.mutable_rows())["invoices"] = 5;
  const absl::Status status = FromProto(request, JobOptions()).status();
  EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  EXPECT_EQ(status::DetailsOf(status).fields.at(0).field, "rows[invoices]");
}

TEST(StartOptions, TheDigestIsOfAllButTheRequestId) {
  v1::StartDeltasRequest request, renamed, other;
  renamed.set_request_id("again");
  other.set_max_events(5);
  EXPECT_EQ(StartOptionsFrom(request).request_digest, StartOptionsFrom(renamed).request_digest);
  EXPECT_NE(StartOptionsFrom(request).request_digest, StartOptionsFrom(other).request_digest);
  EXPECT_NE(StartOptionsFrom(request).request_digest,
            StartOptionsFrom(v1::StartFullLoadRequest()).request_digest);
}

TEST(StartOptions, TheDigestDoesNotDependOnTheOrderOfAMap) {
  v1::StartDeltasRequest forth, back;
  for (const char* event : {"checkout", "restock", "register"})
    (*forth.mutable_weights())[event] = 1;
  for (const char* event : {"register", "restock", "checkout"})
    (*back.mutable_weights())[event] = 1;
  EXPECT_EQ(StartOptionsFrom(forth).request_digest, StartOptionsFrom(back).request_digest);
}

TEST(UpdateSeedRunRequest, ChangesTheRateAndNothingElse) {
  v1::UpdateSeedRunRequest request;
  request.mutable_seed_run()->mutable_deltas()->set_events_per_second(50);
  request.mutable_seed_run()->set_etag("3");
  request.mutable_update_mask()->add_paths("deltas.events_per_second");
  const auto change = FromProto(request);
  ASSERT_THAT(change, IsOk());
  EXPECT_EQ(change->events_per_second, 50);
  EXPECT_EQ(change->etag, "3");
  request.mutable_update_mask()->add_paths("state");
  EXPECT_THAT(FromProto(request),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kImmutableField));
}

TEST(UpdateSeedRunRequest, WithoutARateIsRefused) {
  EXPECT_THAT(FromProto(v1::UpdateSeedRunRequest()),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST(ToProto, APlanHasTablesAndNoName) {
  SeedRun run = {.kind = RunKind::kFullLoad};
  run.plan = {{.table = Table::kOrders, .rows = 40, .first_id = 7, .chunks = 4}};
  v1::SeedRun out;
  ToProto(run, out);
  EXPECT_EQ(out.name(), "");
  EXPECT_EQ(out.state(), v1::SeedRun::STATE_UNSPECIFIED);
  ASSERT_EQ(out.full_load().tables_size(), 1);
  EXPECT_EQ(out.full_load().tables(0).table(), "orders");
  EXPECT_FALSE(out.has_create_time());
}

TEST(ToProto, DeltasShowTheRateInForce) {
  SeedRun run = {.id = 4, .kind = RunKind::kDeltas, .state = RunState::kPending, .waiting_for = 3};
  run.deltas.events_per_second = 20;
  v1::SeedRun out;
  ToProto(run, out);
  EXPECT_EQ(out.deltas().events_per_second(), 20);
  EXPECT_EQ(out.waiting_for(), "seedRuns/full-3");
  run.state = RunState::kRunning;
  run.progress.target_events_per_second = 75;
  ToProto(run, out);
  EXPECT_EQ(out.deltas().events_per_second(), 75);
  EXPECT_EQ(out.waiting_for(), "");
}

TEST(ToProto, AVerdictNeedsAVerificationThatEnded) {
  SeedRun run = {.id = 4, .kind = RunKind::kVerify, .state = RunState::kRunning};
  run.verify.results = {{.condition = "K1", .checked = 5, .violations = 0}};
  v1::SeedRun out;
  ToProto(run, out);
  EXPECT_EQ(out.verification().verdict(), v1::Verification::VERDICT_UNSPECIFIED);
  run.state = RunState::kSucceeded;
  ToProto(run, out);
  EXPECT_EQ(out.verification().verdict(), v1::Verification::CONSISTENT);
  run.verify.results.push_back({.condition = "K4", .violations = 1});
  ToProto(run, out);
  EXPECT_EQ(out.verification().verdict(), v1::Verification::INCONSISTENT);
}

TEST(ToProto, DigestsOfTablesAreThereWhenAskedFor) {
  const std::vector<TableStats> tables = {{.table = Table::kOrders, .rows = 2}};
  v1::StorefrontStats with, without;
  ToProto(tables, true, 9, with);
  ToProto(tables, false, 9, without);
  EXPECT_EQ(with.tables(0).digest().size(), 32u);
  EXPECT_EQ(with.digest().size(), 32u);
  EXPECT_EQ(without.tables(0).digest(), "");
  EXPECT_EQ(without.digest(), "");
  EXPECT_EQ(without.slot_lag_bytes(), 9);
}

}  // namespace
}  // namespace storefront::seeder
