// What every reader of the catalog must do, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "libs/testing/status_matchers.h"
#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

// A database with: public.orders, analyzed, 1000 rows, primary key, index orders_total_idx, in
// publication `pub`; public.fresh, never analyzed, without key, replica identity full;
// public.parts, partitioned, 10 rows each in public.parts_1 and public.parts_2; public.v, a view;
// "Odd ""name".t, empty and analyzed.
class CatalogBench {
 public:
  virtual ~CatalogBench() = default;
  virtual CatalogReader& reader() = 0;
};

using MakeCatalogBench = std::function<std::unique_ptr<CatalogBench>()>;
class CatalogReaderContract : public ::testing::TestWithParam<MakeCatalogBench> {
 protected:
  std::optional<RelationFacts> Find(const RelationName& name) {
    return bench_->reader().Find({name}).value().at(0);
  }
  std::unique_ptr<CatalogBench> bench_ = GetParam()();
};

TEST_P(CatalogReaderContract, AnswersByPosition) {
  const auto found = bench_->reader().Find(
      {{"public", "orders"}, {"public", "nothing"}, {"", "fresh"}, {"Odd \"name", "t"}});
  ASSERT_THAT(found, testing::IsOk());
  ASSERT_EQ(found->size(), 4U);
  EXPECT_EQ(found->at(0)->name, (RelationName{"public", "orders"}));
  EXPECT_FALSE(found->at(1).has_value());
  EXPECT_EQ(found->at(2)->name, (RelationName{"public", "fresh"}));
  EXPECT_EQ(found->at(3)->name, (RelationName{"Odd \"name", "t"}));
  EXPECT_TRUE(bench_->reader().Find({})->empty());
}

TEST_P(CatalogReaderContract, KnowsSizesOnceAnalyzed) {
  const auto orders = Find({"public", "orders"});
  EXPECT_EQ(orders->estimated_rows, 1000);
  EXPECT_GT(orders->size_bytes, 8192) << "with its indexes";
  EXPECT_FALSE(Find({"public", "fresh"})->estimated_rows.has_value());
  EXPECT_EQ(Find({"Odd \"name", "t"})->estimated_rows, 0) << "analyzed, and empty";
}

TEST_P(CatalogReaderContract, CountsPartitionsTogether) {
  const auto parts = Find({"", "parts"});
  EXPECT_EQ(parts->kind, RelationKind::kPartitionedTable);
  EXPECT_EQ(parts->estimated_rows, 20);
  EXPECT_GT(parts->size_bytes, 0);
  EXPECT_THAT(parts->children, ::testing::ElementsAre(RelationName{"public", "parts_1"},
                                                      RelationName{"public", "parts_2"}));
}

TEST_P(CatalogReaderContract, KnowsIdentityAndPublications) {
  const auto orders = Find({"public", "orders"});
  EXPECT_EQ(orders->kind, RelationKind::kTable);
  EXPECT_TRUE(orders->has_primary_key);
  EXPECT_EQ(orders->replica_identity, ReplicaIdentity::kDefault);
  EXPECT_THAT(orders->publications, ::testing::ElementsAre("pub"));
  const auto fresh = Find({"public", "fresh"});
  EXPECT_FALSE(fresh->has_primary_key);
  EXPECT_EQ(fresh->replica_identity, ReplicaIdentity::kFull);
  EXPECT_TRUE(fresh->publications.empty());
  EXPECT_THAT(bench_->reader().PublishedTables(),
              testing::IsOkAndHolds(::testing::ElementsAre(RelationName{"public", "orders"})));
}

TEST_P(CatalogReaderContract, AnIndexKnowsItsTable) {
  const auto index = Find({"", "orders_total_idx"});
  EXPECT_EQ(index->kind, RelationKind::kIndex);
  EXPECT_EQ(index->table, (RelationName{"public", "orders"}));
  EXPECT_EQ(Find({"", "v"})->kind, RelationKind::kView);
}

}  // namespace storefront::migrator
