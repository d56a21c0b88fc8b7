// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_modes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/migrator/pgquery_statement_parser.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAreArray;

std::vector<std::string> Locks(absl::string_view statement) {
  PgQueryStatementParser parser;
  std::vector<std::string> locks;
  for (const StatementLock& lock : LocksOf(parser.Parse(statement))) {
    locks.push_back(absl::StrCat(lock.relation.Text(), " ", LockModeName(lock.mode),
                                 lock.scans_table ? " scan" : ""));
  }
  return locks;
}

struct Case {
  absl::string_view statement;
  std::vector<std::string> locks;
};

const Case kCases[] = {
    {"select * from t", {"t ACCESS SHARE"}},
    {"insert into t values (1)", {"t ROW EXCLUSIVE"}},
    {"update t set a = 1 where b = 2", {"t ROW EXCLUSIVE"}},
    {"update t set a = 1", {"t ROW EXCLUSIVE scan"}},
    {"delete from s.t", {"s.t ROW EXCLUSIVE scan"}},
    {"create table t (i int)", {}},
    {"create table t (i int references p (i))", {"p SHARE ROW EXCLUSIVE"}},
    {"create table t partition of p for values in (1)", {"p ACCESS EXCLUSIVE"}},
    {"create table t () inherits (p)", {"p SHARE UPDATE EXCLUSIVE"}},
    {"create index i on t (a)", {"t SHARE scan"}},
    {"create index concurrently i on t (a)", {"t SHARE UPDATE EXCLUSIVE scan"}},
    {"drop index i", {"i ACCESS EXCLUSIVE"}},
    {"drop index concurrently i", {"i SHARE UPDATE EXCLUSIVE"}},
    {"reindex table t", {"t SHARE scan"}},
    {"reindex (concurrently) table t", {"t SHARE UPDATE EXCLUSIVE scan"}},
    {"drop table t", {"t ACCESS EXCLUSIVE"}},
    {"truncate t", {"t ACCESS EXCLUSIVE"}},
    {"vacuum t", {"t SHARE UPDATE EXCLUSIVE scan"}},
    {"vacuum (full) t", {"t ACCESS EXCLUSIVE scan"}},
    {"analyze t", {"t SHARE UPDATE EXCLUSIVE"}},
    {"cluster t using i", {"t ACCESS EXCLUSIVE scan"}},
    {"refresh materialized view m", {"m ACCESS EXCLUSIVE scan"}},
    {"lock table t in share row exclusive mode", {"t SHARE ROW EXCLUSIVE"}},
    {"lock table t", {"t ACCESS EXCLUSIVE"}},
    {"create trigger x after insert on t for each row execute function f()",
     {"t SHARE ROW EXCLUSIVE"}},
    {"comment on table t is 'x'", {"t SHARE UPDATE EXCLUSIVE"}},
    {"alter publication p add table t", {"t SHARE UPDATE EXCLUSIVE"}},
    {"grant select on t to public", {}},
    {"alter table t rename to u", {"t ACCESS EXCLUSIVE"}},
    {"alter table t rename column a to b", {"t ACCESS EXCLUSIVE"}},
    {"alter table t set schema s", {"t ACCESS EXCLUSIVE"}},
    {"alter table t add column a int", {"t ACCESS EXCLUSIVE"}},
    {"alter table t add column a int default 7", {"t ACCESS EXCLUSIVE"}},
    {"alter table t add column a timestamptz default now()", {"t ACCESS EXCLUSIVE"}},
    {"alter table t add column a float default random()", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t add column a int generated always as identity", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t add column a int check (a > 0)", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t add column a int references p (i)",
     {"p SHARE ROW EXCLUSIVE", "t ACCESS EXCLUSIVE"}},
    {"alter table t drop column a", {"t ACCESS EXCLUSIVE"}},
    {"alter table t alter column a type bigint", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t alter column a set not null", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t alter column a drop not null", {"t ACCESS EXCLUSIVE"}},
    {"alter table t alter column a set default 1", {"t ACCESS EXCLUSIVE"}},
    {"alter table t alter column a set statistics 10", {"t SHARE UPDATE EXCLUSIVE"}},
    {"alter table t set (fillfactor = 70)", {"t SHARE UPDATE EXCLUSIVE"}},
    {"alter table t add constraint c check (a > 0)", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t add constraint c check (a > 0) not valid", {"t ACCESS EXCLUSIVE"}},
    {"alter table t validate constraint c", {"t SHARE UPDATE EXCLUSIVE scan"}},
    {"alter table t add constraint c foreign key (a) references p (i)",
     {"p SHARE ROW EXCLUSIVE", "t SHARE ROW EXCLUSIVE scan"}},
    {"alter table t add constraint c foreign key (a) references p (i) not valid",
     {"p SHARE ROW EXCLUSIVE", "t SHARE ROW EXCLUSIVE"}},
    {"alter table t add constraint c unique (a)", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t add constraint c unique using index i", {"t ACCESS EXCLUSIVE"}},
    {"alter table t drop constraint c", {"t ACCESS EXCLUSIVE"}},
    {"alter table t disable trigger x", {"t SHARE ROW EXCLUSIVE"}},
    {"alter table t replica identity full", {"t ACCESS EXCLUSIVE"}},
    {"alter table t set tablespace x", {"t ACCESS EXCLUSIVE scan"}},
    {"alter table t cluster on i", {"t SHARE UPDATE EXCLUSIVE"}},
    {"alter table p attach partition t for values in (1)",
     {"p SHARE UPDATE EXCLUSIVE", "t ACCESS EXCLUSIVE scan"}},
    {"alter table p detach partition t", {"p ACCESS EXCLUSIVE", "t ACCESS EXCLUSIVE"}},
    {"alter table p detach partition t concurrently",
     {"p SHARE UPDATE EXCLUSIVE", "t ACCESS EXCLUSIVE"}},
    {"alter table t alter column a set statistics 10, add column b int", {"t ACCESS EXCLUSIVE"}},
    {"not sql at all", {}},
};

TEST(LocksOf, AreThoseOfTheManual) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.statement);
    EXPECT_THAT(Locks(c.statement), ElementsAreArray(c.locks));
  }
}

TEST(LockMode, StrongerOnesBlockMore) {
  EXPECT_EQ(LockModeBlocks(LockMode::kShareUpdateExclusive), "schema changes");
  EXPECT_EQ(LockModeBlocks(LockMode::kShare), "writes");
  EXPECT_EQ(LockModeBlocks(LockMode::kAccessExclusive), "reads and writes");
}

}  // namespace
}  // namespace storefront::migrator
