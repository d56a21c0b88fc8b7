// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/catalog_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

using Action = CatalogChange::Action;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DiffCatalogs, NamesWhatCameWentAndChanged) {
  const Catalog captured = Normalized({{"table", "public.b", "heap"},
                                       {"table", "public.a", "heap"},
                                       {"index", "public.a_pk", "btree (id)"}});
  const Catalog current = Normalized({{"table", "public.c", "heap"},
                                      {"index", "public.a_pk", "btree (id, x)"},
                                      {"table", "public.a", "heap"}});
  EXPECT_THAT(
      DiffCatalogs(captured, current),
      ElementsAre(
          CatalogChange{Action::kChanged, {"index", "public.a_pk", "btree (id, x)"}, "btree (id)"},
          CatalogChange{Action::kRemoved, {"table", "public.b", "heap"}, "heap"},
          CatalogChange{Action::kAdded, {"table", "public.c", "heap"}, ""}));
}

TEST(DiffCatalogs, OrderIsNoChange) {
  const Catalog one = Normalized({{"a", "x", "1"}, {"a", "y", "2"}, {"b", "x", "3"}});
  const Catalog other = Normalized({{"b", "x", "3"}, {"a", "y", "2"}, {"a", "x", "1"}});
  EXPECT_THAT(DiffCatalogs(one, other), IsEmpty());
  EXPECT_EQ(CatalogDigest(one), CatalogDigest(other));
  EXPECT_THAT(DiffCatalogs({}, {}), IsEmpty());
}

TEST(DiffCatalogs, TheSameNameOfAnotherKindIsAnotherObject) {
  const auto changes =
      DiffCatalogs(Normalized({{"table", "x", "d"}}), Normalized({{"view", "x", "d"}}));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].action, Action::kRemoved);
  EXPECT_EQ(changes[1].action, Action::kAdded);
}

TEST(Normalized, ObjectsOfOneNameBecomeOne) {
  EXPECT_THAT(Normalized({{"grant", "t", "b"}, {"grant", "t", "a"}, {"grant", "t", "b"}}),
              ElementsAre(CatalogObject{"grant", "t", "a\nb"}));
}

TEST(CatalogDigest, PartsDoNotRunIntoEachOther) {
  EXPECT_NE(CatalogDigest({{"ab", "c", ""}}), CatalogDigest({{"a", "bc", ""}}));
  EXPECT_EQ(CatalogDigest({}).size(), 64U);
}

}  // namespace
}  // namespace storefront::migrator
