// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/load_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::IsEmpty;
using testing::IsOk;

constexpr int64_t kNoLimit = 1'000'000'000'000;

FullLoadParameters Small() {
  return {.rows = {{Table::kCustomers, 25}, {Table::kProducts, 10}, {Table::kOrders, 40}},
          .chunk_rows = 10};
}

const TableLoad& Of(const LoadPlan& plan, Table table) {
  for (const TableLoad& each : plan.tables) {
    if (each.table == table) return each;
  }
  ADD_FAILURE() << TableName(table) << " is not in the plan";
  return plan.tables.front();
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : status::DetailsOf(status).fields) fields.push_back(violation.field);
  return fields;
}

TEST(PlanLoad, ScaleOneIsTenThousandCustomers) {
  const auto plan = PlanLoad({}, {}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(Of(*plan, Table::kCustomers).rows, 10'000);
  EXPECT_EQ(Of(*plan, Table::kProducts).rows, 2'000);
  EXPECT_EQ(Of(*plan, Table::kOrders).rows, 20'000);
  EXPECT_EQ(Of(*plan, Table::kPayments).rows, 20'000);
  EXPECT_GT(Of(*plan, Table::kOrderItems).rows, 20'000);
}

TEST(PlanLoad, ParentsComeBeforeTheirChildren) {
  const auto plan = PlanLoad(Small(), {}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  for (const ForeignKey& key : ForeignKeys()) {
    EXPECT_GT(Of(*plan, key.child).level, Of(*plan, key.parent).level)
        << TableName(key.child) << " " << key.column;
  }
}

TEST(PlanLoad, ChunksCoverATableOnceAndInOrder) {
  const auto plan = PlanLoad(Small(), {}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  for (const TableLoad& table : plan->tables) {
    int64_t next = 0, rows = 0;
    int32_t number = 0;
    for (const Chunk& chunk : table.chunks) {
      EXPECT_EQ(chunk.first, next);
      EXPECT_EQ(chunk.chunk_no, number++);
      next += chunk.units;
      rows += chunk.rows;
    }
    EXPECT_EQ(rows, table.rows) << TableName(table.table);
  }
  EXPECT_EQ(Of(*plan, Table::kCustomers).chunks.size(), 3u);
  EXPECT_EQ(Of(*plan, Table::kCustomers).chunks.back().rows, 5);
}

TEST(PlanLoad, IdsBeginWhereTheyAreTold) {
  const auto plan = PlanLoad(Small(), {.customer = 101, .product = 11, .order = 7}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(Of(*plan, Table::kCustomers).first_id, 101);
  EXPECT_EQ(Of(*plan, Table::kOrders).first_id, 7);
  EXPECT_EQ(Of(*plan, Table::kPayments).first_id, 7);
  EXPECT_EQ(Of(*plan, Table::kOrderItems).first_id, 25) << "four ids per order";
}

TEST(PlanLoad, EmptyTablesAreAllowed) {
  const auto plan = PlanLoad({.rows = {{Table::kOrders, 0}}}, {}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(Of(*plan, Table::kOrders).chunks, IsEmpty());
  EXPECT_EQ(plan->rows(), 12'000);
}

TEST(PlanLoad, S10AllThatIsWrongIsNamedAtOnce) {
  const absl::Status status =
      PlanLoad({.scale = 0, .rows = {{Table::kCustomers, -1}, {Table::kPayments, 5}}}, {}, kNoLimit)
          .status();
  EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  EXPECT_THAT(FieldsOf(status), ElementsAre("scale", "rows[customers]", "rows[payments]"));
}

TEST(PlanLoad, OrdersNeedCustomersAndProducts) {
  const absl::Status status =
      PlanLoad({.rows = {{Table::kCustomers, 0}, {Table::kProducts, 0}}}, {}, kNoLimit).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("rows[customers]", "rows[products]"));
}

TEST(PlanLoad, IdsEndBeforeTheirTypeDoes) {
  EXPECT_THAT(PlanLoad(Small(), {.customer = kMaxId - 24}, kNoLimit), IsOk());
  EXPECT_THAT(FieldsOf(PlanLoad(Small(), {.customer = kMaxId - 23}, kNoLimit).status()),
              ElementsAre("rows[customers]"));
  EXPECT_THAT(FieldsOf(PlanLoad(Small(), {.order = kMaxOrderId - 38}, kNoLimit).status()),
              ElementsAre("rows[orders]"));
}

TEST(PlanLoad, S10MoreThanTheSettingIsRefused) {
  EXPECT_THAT(PlanLoad(Small(), {}, 100),
              HasReason(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded));
}

TEST(ChunkSource, GivesOutTheRowsOfThePlanHoweverItIsCut) {
  const auto plan = PlanLoad(Small(), {}, kNoLimit);
  ASSERT_THAT(plan, IsOk());
  const CoreRows rows(plan->shape);
  for (const TableLoad& table : plan->tables) {
    for (const Chunk& chunk : table.chunks) {
      std::string whole, slab, pieces;
      ChunkSource at_once(rows, chunk), in_pieces(rows, chunk);
      EXPECT_TRUE(at_once.Next(1 << 20, whole));
      while (in_pieces.Next(100, slab)) pieces += slab;
      EXPECT_EQ(pieces, whole);
      EXPECT_EQ(at_once.rows(), chunk.rows);
      EXPECT_EQ(in_pieces.digest(), at_once.digest());
      EXPECT_EQ(in_pieces.bytes(), static_cast<int64_t>(whole.size()));
      EXPECT_FALSE(at_once.Next(1 << 20, slab));
    }
  }
}

}  // namespace
}  // namespace storefront::seeder
