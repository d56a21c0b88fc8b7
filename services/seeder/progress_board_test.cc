// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/progress_board.h"

#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"

namespace storefront::seeder {
namespace {

class ProgressBoardTest : public ::testing::Test {
 protected:
  void Insert(int64_t rows) {
    board_.Update([&](Progress& progress) { progress.tables[Table::kOrders].inserts += rows; });
  }

  testing::FakeClock clock_;
  ProgressBoard board_{clock_};
};

TEST_F(ProgressBoardTest, TellsPercentAndTheTimeThatIsLeft) {
  board_.Update([](Progress& progress) { progress.tables[Table::kOrders].planned = 1000; });
  board_.Snapshot();
  clock_.Advance(absl::Seconds(2));
  Insert(250);
  const Progress progress = board_.Snapshot();
  EXPECT_DOUBLE_EQ(progress.percent, 25);
  EXPECT_DOUBLE_EQ(progress.mean_rows_per_second, 125);
  ASSERT_TRUE(progress.eta.has_value());
  EXPECT_EQ(*progress.eta, absl::Seconds(6));
}

TEST_F(ProgressBoardTest, TheRateIsThatOfTheLastSeconds) {
  board_.Snapshot();
  for (int second = 0; second < 20; ++second) {
    clock_.Advance(absl::Seconds(1));
    Insert(second < 10 ? 1000 : 10);
    board_.Snapshot();
  }
  const Progress progress = board_.Snapshot();
  EXPECT_DOUBLE_EQ(progress.rows_per_second, 10);
  EXPECT_DOUBLE_EQ(progress.mean_rows_per_second, 505);
}

TEST_F(ProgressBoardTest, RowsOfAnEarlierProcessCountForNoRate) {
  Insert(1'000'000);
  board_.Snapshot();
  clock_.Advance(absl::Seconds(1));
  Insert(5);
  EXPECT_DOUBLE_EQ(board_.Snapshot().mean_rows_per_second, 5);
}

TEST_F(ProgressBoardTest, ABatchCountsItsRowsByTableAndKind) {
  Batch batch;
  batch.codes = {LedgerCode(Table::kOrders, Operation::kInsert),
                 LedgerCode(Table::kCustomers, Operation::kKeyChange),
                 LedgerCode(Table::kPayments, Operation::kDelete)};
  batch.counts = {1, 2, 3};
  batch.last_event = 41;
  batch.business_time = kClockStart;
  batch.substituted = true;
  board_.Committed(batch, absl::Milliseconds(3));
  const Progress progress = board_.Snapshot();
  EXPECT_EQ(progress.tables.at(Table::kOrders).inserts, 1);
  EXPECT_EQ(progress.tables.at(Table::kCustomers).updates, 2);
  EXPECT_EQ(progress.tables.at(Table::kPayments).deletes, 3);
  EXPECT_EQ(progress.rows(), 6);
  EXPECT_EQ(progress.events_done, 1);
  EXPECT_EQ(progress.events_substituted, 1);
  EXPECT_EQ(progress.event_number, 42);
  EXPECT_EQ(progress.business_time, kClockStart);
}

TEST_F(ProgressBoardTest, PercentilesAreOfTheNewestSamples) {
  for (int i = 0; i < 5000; ++i) board_.Sent(absl::Seconds(9));
  for (int i = 1; i <= 2048; ++i) board_.Sent(absl::Milliseconds(i));
  const Percentiles lag = board_.Snapshot().schedule_lag;
  EXPECT_NEAR(absl::ToDoubleMilliseconds(lag.p50), 1024, 2);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(lag.p99), 2028, 2);
  EXPECT_EQ(board_.Snapshot().commit_lag.p99, absl::ZeroDuration());
}

TEST_F(ProgressBoardTest, EachSnapshotHasAHigherSequence) {
  const int64_t first = board_.Snapshot().sequence;
  EXPECT_GT(board_.Snapshot().sequence, first);
}

}  // namespace
}  // namespace storefront::seeder
