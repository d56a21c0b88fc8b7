// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/migrator/fake_lint_catalog.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LintModel After(const std::vector<absl::string_view>& statements,
                LintModel::Start start = LintModel::Start::kLive) {
  PgQueryStatementParser parser;
  LintModel model(TestLintCatalog(), start);
  for (const absl::string_view statement : statements) model.Apply(parser.Parse(statement));
  return model;
}

std::set<std::string> PublicationsOf(const LintModel& model, const RelationName& name) {
  const LintTable* table = model.FindTable(name);
  return table == nullptr ? std::set<std::string>{"no table"} : table->publications;
}

TEST(LintModel, NamesAreFoundAlongThePath) {
  LintCatalog catalog = TestLintCatalog();
  catalog.search_path = {"shop", "public"};
  const LintModel model(catalog, LintModel::Start::kLive);
  EXPECT_EQ(model.Resolve({"", "orders"}).Text(), "shop.orders");
  EXPECT_EQ(model.Resolve({"", "t"}).Text(), "public.t");
  EXPECT_EQ(model.Resolve({"", "nowhere"}).Text(), "shop.nowhere");
  EXPECT_EQ(model.NewName({"", "t"}).Text(), "shop.t");
  EXPECT_EQ(model.Resolve({"x", "t"}).Text(), "x.t");
}

TEST(LintModel, TemporaryTablesHideOthers) {
  const LintModel model = After({"create temp table orders (id bigint)", "create temp table t ()"});
  EXPECT_EQ(model.Resolve({"", "t"}).Text(), "pg_temp.t");
  EXPECT_EQ(model.Resolve({"public", "t"}).Text(), "public.t");
}

TEST(LintModel, FromEmptyOnlySizesAreKept) {
  const LintModel model = After({}, LintModel::Start::kEmpty);
  EXPECT_EQ(model.FindTable({"shop", "orders"}), nullptr);
  EXPECT_FALSE(model.HasPublication("p"));
  EXPECT_EQ(model.RowsOf({"public", "big"}), 1'000'000);
}

TEST(LintModel, Publications) {
  EXPECT_THAT(PublicationsOf(After({"alter publication p add table t"}), {"", "t"}),
              ElementsAre("p"));
  EXPECT_THAT(
      PublicationsOf(After({"alter publication p drop table shop.orders"}), {"shop", "orders"}),
      IsEmpty());
  EXPECT_THAT(PublicationsOf(After({"alter publication p set table t"}), {"shop", "orders"}),
              IsEmpty());
  EXPECT_THAT(PublicationsOf(After({"alter publication p rename to q"}), {"shop", "orders"}),
              ElementsAre("q"));
  EXPECT_THAT(PublicationsOf(After({"drop publication p"}), {"shop", "orders"}), IsEmpty());
  EXPECT_THAT(
      PublicationsOf(After({"create publication q for tables in schema shop"}), {"shop", "bare"}),
      ElementsAre("q"));
  EXPECT_TRUE(After({}).PublishesIn("shop"));
  EXPECT_FALSE(After({"drop publication p"}).PublishesIn("shop"));
}

TEST(LintModel, TablesComeMoveAndGo) {
  EXPECT_NE(After({"create table n (id bigint)"}).FindTable({"public", "n"}), nullptr);
  EXPECT_EQ(After({"drop table t"}).FindTable({"", "t"}), nullptr);
  EXPECT_EQ(After({"drop schema shop cascade"}).FindTable({"shop", "orders"}), nullptr);
  const LintModel moved = After({"alter table shop.orders set schema public"});
  EXPECT_EQ(moved.FindTable({"shop", "orders"}), nullptr);
  EXPECT_THAT(PublicationsOf(moved, {"public", "orders"}), ElementsAre("p"));
}

TEST(LintModel, KeysAndChecks) {
  const auto key = [](const LintModel& model) { return model.FindTable({"", "n"})->primary_key; };
  EXPECT_EQ(key(After({"create table n (id bigint primary key)"})), "n_pkey");
  EXPECT_EQ(key(After({"create table n (id bigint, constraint k primary key (id))"})), "k");
  EXPECT_EQ(key(After({"create table n (id bigint)", "alter table n add primary key (id)",
                       "alter table n drop constraint n_pkey"})),
            "");
  const LintModel checked = After({"alter table t add constraint c check (a is not null) not valid",
                                   "alter table t validate constraint c"});
  const auto& checks = checked.FindTable({"", "t"})->not_null_checks;
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks.back().column, "a");
  EXPECT_TRUE(checks.back().validated);
}

TEST(LintModel, AnAlteredTableIsThere) {
  const LintModel model = After({"alter table other add constraint c check (a is not null)"});
  ASSERT_NE(model.FindTable({"", "other"}), nullptr);
  EXPECT_TRUE(model.FindTable({"", "other"})->not_null_checks.at(0).validated);
}

TEST(LintModel, IndexesKnowTheirTable) {
  const LintModel model = After({"create index n_a on t (a)"});
  EXPECT_EQ(model.FindTableOfIndex({"", "n_a"})->name.Text(), "public.t");
  EXPECT_EQ(model.FindTableOfIndex({"", "big_a"})->name.Text(), "public.big");
  EXPECT_EQ(model.FindTableOfIndex({"", "none"}), nullptr);
}

}  // namespace
}  // namespace storefront::migrator
