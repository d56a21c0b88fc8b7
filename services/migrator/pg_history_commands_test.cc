// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_history_commands.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/migrator/history_commands_contract.h"
#include "services/migrator/test_pg_bench.h"

namespace storefront::migrator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The suite that the fixture comes from runs in pg_migration_contract_test.cc.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MigrationConnectionContract);
INSTANTIATE_TEST_SUITE_P(Postgres, HistoryCommandsContract,
                         ::testing::Values([] { return std::make_unique<PgBench>(); }));

constexpr char kOrderedSetAggregate[] =
    "create aggregate pct(float8 order by int) (sfunc = ordered_set_transition, stype = internal, "
    "finalfunc = percentile_disc_final, finalfunc_extra)";

// Everything that a schema can hold.
constexpr const char* kOfEveryKind[] = {
    "create extension hstore",
    "create table part (i int, j int) partition by range (i)",
    "create table part_1 partition of part for values from (0) to (10)",
    "create table \"Odd \"\"name\" (id int generated always as identity, s serial, h hstore)",
    "create view v as select * from part",
    "create materialized view mv as select * from v",
    "create sequence s start 7",
    "create statistics st on i, j from part",
    "create type mood as enum ('a', 'b')",
    "create type pair as (a int, b mood)",
    "create type span as range (subtype = int)",
    "create domain small as int check (value < 10)",
    "create table typed (m mood, p pair, s span, d small, ms mood[])",
    "create function f(m mood, out x int) language sql begin atomic select 1; end",
    "create procedure p(a int, variadic b text[]) language sql as 'select 1'",
    "create function add(a pair, b pair) returns pair language sql as 'select a'",
    "create aggregate total(pair) (sfunc = add, stype = pair)",
    kOrderedSetAggregate,
    "create operator + (leftarg = pair, rightarg = pair, function = add)",
    "create function cmp(a pair, b pair) returns int language sql immutable as 'select 0'",
    "create operator class pair_ops for type pair using hash as function 1 hashint4(int)",
    "create operator family fam using btree",
    "create collation low (provider = icu, locale = 'en')",
    "create conversion conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    "create text search configuration tsc (copy = simple)",
    "create text search dictionary tsd (template = simple)",
    "create text search template tst (lexize = dsimple_lexize)",
    ("create text search parser tsp (start = prsd_start, gettoken = prsd_nexttoken, "
     "end = prsd_end, lextypes = prsd_lextype)"),
    "create function trig() returns trigger language plpgsql as 'begin return new; end'",
    "create trigger t before insert on typed for each row execute function trig()",
    "create policy pol on typed using (true)",
    "create rule r as on insert to v do instead nothing",
};

class PgCleanTest : public ::testing::Test {
 protected:
  PgCleanTest() {
    connection_ = bench_.database().Open().value();
    EXPECT_THAT(connection_->TryLock(), testing::IsOkAndHolds(true));
    EXPECT_THAT(connection_->CreateHistory(), testing::IsOk());
  }
  std::string Ask(const std::string& sql) { return bench_.Ask(sql); }
  absl::StatusOr<CleanPlan> Plan() {
    return PlanClean(connection_->ReadContents().value(), connection_->ReadHistory().value());
  }
  PgBench bench_;
  std::unique_ptr<MigrationConnection> connection_;
  SilentObserver observer_;
};

TEST_F(PgCleanTest, DropsEveryKindOfObjectAndNothingElse) {
  for (const char* sql : kOfEveryKind) Ask(sql);
  Ask("create publication pub for table part");
  Ask("create schema other");
  Ask("create table other.t (i int)");
  Ask("create schema storefront_migrator");
  Ask("create table storefront_migrator.run (i int)");
  Ask("grant usage on schema public to public");
  std::string left;
  for (const char* catalog :
       {"pg_class.rel", "pg_proc.pro", "pg_type.typ", "pg_operator.opr", "pg_opclass.opc",
        "pg_opfamily.opf", "pg_collation.coll", "pg_conversion.con", "pg_statistic_ext.stx",
        "pg_ts_config.cfg", "pg_ts_dict.dict", "pg_ts_template.tmpl", "pg_ts_parser.prs"}) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(catalog, '.');
    absl::StrAppend(&left, left.empty() ? "" : " union all ", "select ", parts.second,
                    "name::text as name from ", parts.first, " where ", parts.second,
                    "namespace = 'public'::regnamespace");
  }
  const std::string names =
      absl::StrCat("select coalesce(string_agg(name, ', ' order by name), '') from (", left, ") l");
  EXPECT_THAT(Ask(names), HasSubstr("tsp"));
  const auto plan = Plan();
  ASSERT_THAT(plan, testing::IsOk());
  ASSERT_THAT(connection_->Clean(*plan, observer_, {}), testing::IsOk());
  EXPECT_EQ(Ask(names), "");
  EXPECT_EQ(Ask("select count(*) from pg_extension where extname = 'hstore'"), "0");
  EXPECT_EQ(Ask("select count(*) from pg_extension where extname = 'plpgsql'"), "1");
  EXPECT_EQ(Ask("select count(*) from pg_publication where pubname = 'pub'"), "1");
  EXPECT_EQ(Ask("select to_regclass('other.t') is not null and "
                "to_regclass('storefront_migrator.run') is not null"),
            "t");
  EXPECT_THAT(Plan()->steps, IsEmpty());
}

TEST_F(PgCleanTest, WhatHangsOnItInOtherSchemasIsNamed) {
  Ask("create table t (i int primary key)");
  Ask("create type mood as enum ('a')");
  Ask("create function f() returns int language sql as 'select 1'");
  Ask("create schema other");
  const std::pair<const char*, const char*> cases[] = {
      {"create view other.v as select * from t", "view other.v"},
      {"create table other.k (i int references t)", "table constraint k_i_fkey on other.k"},
      {"create table other.c (i int, m mood)", "table column other.c.m"},
      {"create table other.d (i int default f())", "default value for other.d.i"},
      {"create table other.i () inherits (t)", "table other.i"},
  };
  for (const auto& [sql, named] : cases) {
    SCOPED_TRACE(sql);
    Ask(sql);
    const SchemaContents contents = connection_->ReadContents().value();
    EXPECT_THAT(contents.outside, ::testing::Contains(HasSubstr(named)));
    EXPECT_FALSE(Plan().ok());
    Ask("drop schema other cascade");
    Ask("create schema other");
    EXPECT_THAT(connection_->ReadContents()->outside, IsEmpty());
  }
}

TEST_F(PgCleanTest, SomethingNewMakesItRollBackWhole) {
  Ask("create table mine (i int)");
  const CleanPlan plan = Plan().value();
  Ask("create table new_one (i int)");
  EXPECT_THAT(connection_->Clean(plan, observer_, {}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kPlanChanged));
  EXPECT_EQ(Ask("select to_regclass('public.mine') is not null"), "t");
  EXPECT_THAT(connection_->ReadHistory()->exists, ::testing::IsTrue());
}

TEST_F(PgCleanTest, M7AHeldTableEndsItAtItsLockTimeout) {
  Ask("create table t (i int)");
  const CleanPlan plan = Plan().value();
  bench_.Hold("lock table public.t in access share mode");
  EXPECT_THAT(connection_->Clean(plan, observer_, {}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kLockTimeout));
  bench_.LetGo();
  EXPECT_THAT(connection_->Clean(plan, observer_, {}), testing::IsOk());
}

}  // namespace
}  // namespace storefront::migrator
