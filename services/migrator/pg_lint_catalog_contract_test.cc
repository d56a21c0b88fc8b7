// Lint's picture of a real Postgres.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_lint_catalog.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A database of its own on the shared server, dropped at the end.
class PgLintCatalogTest : public ::testing::Test {
 protected:
  PgLintCatalogTest() : name_(testing::UniqueName("lint")) {
    Run(testing::PostgresUrl(), "create database " + name_);
    url_ = testing::PostgresUrl();
    url_.replace(url_.find('/', url_.find("://") + 3) + 1, std::string::npos, name_);
    session_ = std::make_unique<PgSession>(pg::ConnectionOptions{.url = url_});
    reader_ = std::make_unique<PgLintCatalogReader>(*session_, "shop");
  }
  ~PgLintCatalogTest() override {
    reader_.reset();
    Run(testing::PostgresUrl(), "drop database " + name_ + " with (force)");
  }
  void Sql(const std::string& sql) { Run(url_, sql); }

  LintCatalog Read(const LintCatalogRequest& request) {
    auto catalog = reader_->Read(request);
    EXPECT_THAT(catalog, testing::IsOk());
    return catalog.value_or(LintCatalog());
  }
  static const LintTable* Find(const LintCatalog& catalog, const std::string& name) {
    for (const LintTable& table : catalog.tables) {
      if (table.name.Text() == name) return &table;
    }
    return nullptr;
  }

 private:
  static void Run(const std::string& url, const std::string& sql) {
    auto connection = pg::ConnectLibpq({.url = url});
    ASSERT_THAT(connection, testing::IsOk());
    ASSERT_THAT(PgExecute(connection->get(), "set the test up", sql).status(), testing::IsOk());
  }
  const std::string name_;
  std::string url_;

 protected:
  std::unique_ptr<PgSession> session_;
  std::unique_ptr<PgLintCatalogReader> reader_;
};

TEST_F(PgLintCatalogTest, TablesWithWhatLintAsks) {
  Sql("create schema shop");
  Sql("create type shop.mood as enum ('good')");
  Sql("create table shop.t (a int, b int, m shop.mood, ms shop.mood[], "
      "constraint k primary key (b, a), check (a > 0))");
  Sql("alter table shop.t add constraint b_set check (b is not null) not valid");
  Sql("insert into shop.t select i, i from generate_series(1, 500) i");
  Sql("analyze shop.t");
  Sql("create table public.never_analyzed (a int)");
  Sql("alter table public.never_analyzed replica identity full");
  const LintCatalog catalog = Read({.relations = {{"", "t"}, {"", "never_analyzed"}, {"", "no"}}});
  EXPECT_THAT(catalog.search_path, ElementsAre("shop", "public"));
  ASSERT_EQ(catalog.tables.size(), 2U);
  const LintTable* table = Find(catalog, "shop.t");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->estimated_rows, 500);
  EXPECT_EQ(table->primary_key, "k");
  EXPECT_THAT(table->primary_key_columns, UnorderedElementsAre("a", "b"));
  EXPECT_THAT(table->types, ElementsAre(RelationName{"shop", "mood"}));
  ASSERT_EQ(table->not_null_checks.size(), 1U);
  EXPECT_EQ(table->not_null_checks[0].column, "b");
  EXPECT_FALSE(table->not_null_checks[0].validated);
  const LintTable* other = Find(catalog, "public.never_analyzed");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->estimated_rows, std::nullopt);
  EXPECT_EQ(other->primary_key, "");
  EXPECT_EQ(other->replica_identity, ReplicaIdentity::kFull);
}

TEST_F(PgLintCatalogTest, TheFirstOfThePathIsTaken) {
  Sql("create schema shop");
  Sql("create table public.t (a int primary key)");
  Sql("create table shop.t (a int)");
  EXPECT_NE(Find(Read({.relations = {{"", "t"}}}), "shop.t"), nullptr);
  EXPECT_EQ(Read({.relations = {{"", "t"}}}).tables.size(), 1U);
  EXPECT_NE(Find(Read({.relations = {{"public", "t"}}}), "public.t"), nullptr);
}

TEST_F(PgLintCatalogTest, IndexesBringTheirTables) {
  Sql("create schema shop");
  Sql("create table shop.t (a int)");
  Sql("create index t_a on shop.t (a)");
  const LintCatalog catalog = Read({.relations = {{"", "t_a"}}});
  ASSERT_EQ(catalog.indexes.size(), 1U);
  EXPECT_EQ(catalog.indexes[0].name.Text(), "shop.t_a");
  EXPECT_EQ(catalog.indexes[0].table.Text(), "shop.t");
  EXPECT_NE(Find(catalog, "shop.t"), nullptr);
}

TEST_F(PgLintCatalogTest, PublishedTablesAreThereUnasked) {
  Sql("create schema shop");
  Sql("create table shop.t (a int)");
  Sql("create table shop.root (a int) partition by list (a)");
  Sql("create table shop.leaf partition of shop.root for values in (1)");
  Sql("create table public.quiet (a int)");
  Sql("create publication p for table shop.t, shop.root");
  Sql("create publication q for tables in schema shop");
  const LintCatalog catalog = Read({});
  ASSERT_EQ(catalog.publications.size(), 2U);
  EXPECT_THAT(catalog.publications[1].schemas, ElementsAre("shop"));
  ASSERT_NE(Find(catalog, "shop.t"), nullptr);
  EXPECT_THAT(Find(catalog, "shop.t")->publications, ElementsAre("p", "q"));
  ASSERT_NE(Find(catalog, "shop.leaf"), nullptr);
  EXPECT_THAT(Find(catalog, "shop.leaf")->publications, ElementsAre("p", "q"));
  EXPECT_TRUE(Find(catalog, "shop.leaf")->is_partition);
  EXPECT_EQ(Find(catalog, "public.quiet"), nullptr);
}

TEST_F(PgLintCatalogTest, AllTables) {
  Sql("create table public.t (a int)");
  Sql("create unlogged table public.u (a int)");
  Sql("create publication p for all tables");
  const LintCatalog catalog = Read({.relations = {{"", "u"}}});
  EXPECT_THAT(Find(catalog, "public.t")->publications, ElementsAre("p"));
  EXPECT_THAT(Find(catalog, "public.u")->publications, IsEmpty());
  EXPECT_TRUE(Find(catalog, "public.u")->is_unlogged);
  EXPECT_TRUE(catalog.publications[0].all_tables);
}

TEST_F(PgLintCatalogTest, PartitionedTablesCountTheirPartitions) {
  Sql("create table public.r (a int) partition by list (a)");
  Sql("create table public.r1 partition of public.r for values in (1)");
  Sql("create table public.r2 partition of public.r for values in (2)");
  EXPECT_EQ(Find(Read({.relations = {{"", "r"}}}), "public.r")->estimated_rows, std::nullopt);
  Sql("insert into public.r select 1 from generate_series(1, 300)");
  Sql("analyze public.r");
  EXPECT_EQ(Find(Read({.relations = {{"", "r"}}}), "public.r")->estimated_rows, 300);
}

TEST_F(PgLintCatalogTest, StableFunctions) {
  Sql("create schema shop");
  Sql("create function shop.code() returns int immutable language sql as 'select 1'");
  Sql("create function shop.other() returns int language sql as 'select 1'");
  EXPECT_THAT(Read({.functions = {"now", "random", "code", "shop.code", "shop.other", "none",
                                  "nextval", "clock_timestamp", "gen_random_uuid"}})
                  .stable_functions,
              ElementsAre("code", "now", "shop.code"));
}

TEST_F(PgLintCatalogTest, ALostConnectionIsMadeAgain) {
  Read({});
  Sql("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and "
      "datname = current_database()");
  Sql("create table public.t (a int)");
  EXPECT_NE(Find(Read({.relations = {{"", "t"}}}), "public.t"), nullptr);
}

}  // namespace
}  // namespace storefront::migrator
