// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/stored_runs.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/seeder/fake_seed_ledger.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;

class StoredRunsTest : public ::testing::Test {
 protected:
  SeedRun Store(SeedRun run) { return *ledger_.CreateRun(run); }

  FakeStorefront storefront_;
  FakeSeedLedger ledger_{storefront_};
};

TEST_F(StoredRunsTest, ARunIsFoundByItsWholeName) {
  const SeedRun run = Store({.kind = RunKind::kVerify, .state = RunState::kSucceeded});
  const auto found = ReadStoredRun(ledger_, RunName(run));
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->state, RunState::kSucceeded);
  for (const std::string& name : {RunName(RunKind::kDeltas, run.id), RunName(run.kind, 99)}) {
    EXPECT_THAT(ReadStoredRun(ledger_, name),
                HasReason(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  }
  EXPECT_THAT(ReadStoredRun(ledger_, "seedRuns/1"),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST_F(StoredRunsTest, AnInterruptedLoadTellsHowFarItCame) {
  SeedRun load = {.kind = RunKind::kFullLoad, .state = RunState::kInterrupted};
  load.full_load.rows = {{Table::kCustomers, 100}, {Table::kProducts, 50}, {Table::kOrders, 0}};
  load.full_load.chunk_rows = 60;
  load = Store(load);
  ledger_.AddChunk(load.id, {.table = Table::kCustomers, .rows = 60, .bytes = 900});
  ledger_.AddChunk(load.id, {.table = Table::kProducts, .rows = 50, .bytes = 700});
  ledger_.AddChunk(load.id + 1, {.table = Table::kProducts, .rows = 50, .bytes = 700});
  const auto run = ReadStoredRun(ledger_, RunName(load));
  ASSERT_THAT(run, IsOk());
  EXPECT_TRUE(run->resumable);
  EXPECT_EQ(run->progress.chunks_done, 2);
  EXPECT_EQ(run->progress.chunks_planned, 3);
  EXPECT_EQ(run->progress.tables.at(Table::kCustomers).planned, 100);
  EXPECT_EQ(run->progress.tables.at(Table::kCustomers).inserts, 60);
  EXPECT_EQ(run->progress.tables.at(Table::kProducts).bytes, 700);
  EXPECT_NEAR(run->progress.percent, 100.0 * 110 / 150, 1e-9);
}

TEST_F(StoredRunsTest, DeltasCountWhatTheirBatchesChanged) {
  const SeedRun run = Store({.kind = RunKind::kDeltas, .state = RunState::kSucceeded});
  const int16_t orders = LedgerCode(Table::kOrders, Operation::kInsert);
  const int16_t paid = LedgerCode(Table::kPayments, Operation::kUpdate);
  const int16_t purged = LedgerCode(Table::kOrders, Operation::kDelete);
  storefront_.batches[{run.id, 0, 1}] = {.codes = {orders, paid}, .counts = {1, 2}};
  storefront_.batches[{run.id, 3, 1}] = {.codes = {orders, purged}, .counts = {1, 1}};
  storefront_.batches[{run.id + 1, 0, 1}] = {.codes = {orders}, .counts = {50}};
  const auto read = ReadStoredRun(ledger_, RunName(run));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->progress.events_done, 2);
  EXPECT_EQ(read->progress.tables.size(), kTables.size());
  EXPECT_EQ(read->progress.tables.at(Table::kOrders).inserts, 2);
  EXPECT_EQ(read->progress.tables.at(Table::kOrders).deletes, 1);
  EXPECT_EQ(read->progress.tables.at(Table::kPayments).updates, 2);
}

TEST_F(StoredRunsTest, ARepeatedRequestGetsItsRunAndAnotherIsRefused) {
  SeedRun run = {.kind = RunKind::kDeltas, .request_id = "once", .request_digest = "abc"};
  run = Store(run);
  const auto same = FindRepeatedRun(ledger_, "once", "abc");
  ASSERT_THAT(same, IsOk());
  ASSERT_TRUE(same->has_value());
  EXPECT_EQ((*same)->id, run.id);
  EXPECT_THAT(FindRepeatedRun(ledger_, "once", "other"),
              HasReason(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused));
  EXPECT_FALSE(FindRepeatedRun(ledger_, "never", "abc")->has_value());
}

TEST_F(StoredRunsTest, RequestsWithoutAnIdAreNeverRepeats) {
  Store({.kind = RunKind::kDeltas});
  EXPECT_FALSE(FindRepeatedRun(ledger_, "", "abc")->has_value());
}

}  // namespace
}  // namespace storefront::seeder
