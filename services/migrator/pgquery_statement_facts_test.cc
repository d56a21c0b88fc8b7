// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pgquery_statement_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/migrator/pgquery_statement_parser.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

StatementFacts Parse(absl::string_view statement) {
  PgQueryStatementParser parser;
  StatementFacts facts = parser.Parse(statement);
  EXPECT_TRUE(facts.parsed) << statement;
  return facts;
}

template <typename Detail>
Detail Read(absl::string_view statement) {
  const StatementFacts facts = Parse(statement);
  const Detail* detail = facts.As<Detail>();
  EXPECT_NE(detail, nullptr) << statement;
  return detail == nullptr ? Detail() : *detail;
}

// "public.t read", in no order.
std::vector<std::string> Touches(absl::string_view statement) {
  static const char* const names[] = {
      "read",    "insert",  "update", "delete",   "merge",   "copy",    "create",    "alter",
      "rename",  "schema",  "drop",   "truncate", "index",   "parent",  "reference", "lock",
      "reindex", "cluster", "vacuum", "analyze",  "refresh", "publish", "other"};
  std::vector<std::string> touches;
  for (const TouchedRelation& each : Parse(statement).relations) {
    touches.push_back(each.name.Text() + " " + names[static_cast<int>(each.touch)]);
  }
  return touches;
}

TEST(StatementFacts, RelationsOfAStatement) {
  const struct {
    absl::string_view statement;
    std::vector<std::string> touches;
  } cases[] = {
      {"select * from a, s.b join c using (i)", {"a read", "s.b read", "c read"}},
      {"with w as (select 1 from x) select * from w", {"x read"}},
      {"insert into t select * from u", {"t insert", "u read"}},
      {"update t set a = 1 from u", {"t update", "u read"}},
      {"delete from t using u", {"t delete", "u read"}},
      {"merge into t using s on true when matched then delete", {"t merge", "s read"}},
      {"with d as (delete from t returning *) insert into u select * from d",
       {"t delete", "u insert"}},
      {"copy t from stdin", {"t copy"}},
      {"copy (select * from t) to '/x'", {"t read"}},
      {"create table t (a int references u (b), foreign key (a) references s.v (b))",
       {"t create", "u reference", "s.v reference"}},
      {"create table t (like u)", {"t create", "u read"}},
      {"create table p partition of t for values in (1)", {"p create", "t parent"}},
      {"create table t (a int) inherits (u)", {"t create", "u parent"}},
      {"create table t as select * from u", {"t create", "u read"}},
      {"select * into t from u", {"t create", "u read"}},
      {"create materialized view v as select * from u", {"v create", "u read"}},
      {"create view v as select * from u", {"v create", "u read"}},
      {"alter table only s.t add foreign key (a) references u (b)", {"s.t alter", "u reference"}},
      {"alter table t attach partition p for values in (1)", {"t alter", "p alter"}},
      {"alter table t rename a to b", {"t rename"}},
      {"alter table t rename to u", {"t rename"}},
      {"alter table t set schema s", {"t schema"}},
      {"alter index i rename to j", {"i rename"}},
      {"drop table a, s.b", {"a drop", "s.b drop"}},
      {"drop index i", {"i drop"}},
      {"drop view v", {"v drop"}},
      {"drop trigger x on s.t", {"s.t other"}},
      {"truncate a, b", {"a truncate", "b truncate"}},
      {"create index i on s.t (a)", {"s.t index"}},
      {"lock table a, b in share mode", {"a lock", "b lock"}},
      {"reindex table t", {"t reindex"}},
      {"reindex database d", {}},
      {"cluster t using i", {"t cluster"}},
      {"vacuum full t", {"t vacuum"}},
      {"analyze t", {"t analyze"}},
      {"refresh materialized view v", {"v refresh"}},
      {"create publication p for table a, s.b", {"a publish", "s.b publish"}},
      {"alter publication p drop table a", {"a publish"}},
      {"comment on column s.t.a is 'x'", {"s.t other"}},
      {"comment on table t is 'x'", {"t other"}},
      {"grant select on t to r", {"t other"}},
      {"create trigger x before insert on t execute function f()", {"t other"}},
      {"create sequence s", {"s create"}},
      {"explain analyze delete from t", {"t delete"}},
      {"create role r", {}},
      {"do $$ begin end $$", {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.statement);
    EXPECT_THAT(Touches(c.statement), ::testing::UnorderedElementsAreArray(c.touches));
  }
}

TEST(StatementFacts, AlterTableActionsKnowTheirPlaces) {
  const absl::string_view statement =
      "alter table only s.t -- c, d\n"
      "  add column a numeric(3, 2) not null default (1 + 2) unique,\n"
      "  drop column if exists b,\n"
      "  alter column c set data type varchar(20)[] using f(c, 1),\n"
      "  alter d set not null,\n"
      "  alter \"e\" /* , */ drop not null";
  const auto alter = Read<AlterTableFacts>(statement);
  EXPECT_EQ(alter.table.Text(), "s.t");
  ASSERT_EQ(alter.actions.size(), 5U);
  const auto at = [&](size_t offset) { return std::string(statement.substr(offset, 9)); };
  EXPECT_EQ(at(alter.actions[0].offset), "add colum");
  EXPECT_EQ(at(alter.actions[1].offset), "drop colu");
  EXPECT_EQ(at(alter.actions[2].offset), "alter col");
  EXPECT_EQ(at(alter.actions[2].option_offset), "set data ");
  EXPECT_EQ(at(alter.actions[3].offset), "alter d s");
  EXPECT_EQ(at(alter.actions[3].option_offset), "set not n");
  EXPECT_EQ(at(alter.actions[4].option_offset), "drop not ");

  ASSERT_TRUE(alter.actions[0].column.has_value());
  const ColumnFacts& column = *alter.actions[0].column;
  EXPECT_EQ(column.name, "a");
  EXPECT_EQ(column.type.name, "numeric");
  EXPECT_TRUE(column.type.has_modifiers);
  EXPECT_TRUE(column.not_null);
  ASSERT_TRUE(column.default_value.has_value());
  EXPECT_THAT(column.default_value->functions, IsEmpty());
  EXPECT_EQ(at(column.default_value->offset), "(1 + 2) u");
  ASSERT_EQ(column.constraints.size(), 1U);
  EXPECT_EQ(column.constraints[0].kind, ConstraintFacts::Kind::kUnique);
  EXPECT_TRUE(alter.actions[1].if_exists);
  EXPECT_EQ(alter.actions[1].name, "b");
  EXPECT_EQ(alter.actions[2].type->name, "varchar");
  EXPECT_TRUE(alter.actions[2].type->is_array);
  EXPECT_EQ(alter.actions[3].name, "d");
}

TEST(StatementFacts, DefaultsNameTheirFunctions) {
  const auto functions = [](absl::string_view expression) {
    const auto alter =
        Read<AlterTableFacts>(absl::StrCat("alter table t add column a text default ", expression));
    return alter.actions.at(0).column->default_value->functions;
  };
  EXPECT_THAT(functions("-1"), IsEmpty());
  EXPECT_THAT(functions("current_date"), IsEmpty());
  EXPECT_THAT(functions("pg_catalog.now()"), ElementsAre("now"));
  EXPECT_THAT(functions("s.code(random())"), ElementsAre("random", "s.code"));
  EXPECT_THAT(functions("nextval('s')"), ElementsAre("nextval"));
}

TEST(StatementFacts, GeneratedColumns) {
  using Generated = ColumnFacts::Generated;
  const auto generated = [](absl::string_view rest) {
    return Read<AlterTableFacts>(absl::StrCat("alter table t add column a bigint ", rest))
        .actions.at(0)
        .column->generated;
  };
  EXPECT_EQ(generated(""), Generated::kNo);
  EXPECT_EQ(generated("generated always as identity"), Generated::kIdentity);
  EXPECT_EQ(generated("generated always as (b * 2) stored"), Generated::kStored);
}

TEST(StatementFacts, Constraints) {
  const auto constraint = [](absl::string_view rest) {
    return *Read<AlterTableFacts>(absl::StrCat("alter table t add ", rest))
                .actions.at(0)
                .constraint;
  };
  EXPECT_EQ(constraint("primary key (a, b)").kind, ConstraintFacts::Kind::kPrimaryKey);
  EXPECT_THAT(constraint("primary key (a, b)").columns, ElementsAre("a", "b"));
  EXPECT_EQ(constraint("unique using index i").using_index, "i");
  EXPECT_EQ(constraint("constraint c check (a > 0)").name, "c");
  EXPECT_FALSE(constraint("check (a > 0)").not_valid);
  EXPECT_TRUE(constraint("check (a > 0) not valid").not_valid);
  EXPECT_EQ(constraint("check (a is not null) not valid").not_null_column, "a");
  EXPECT_EQ(constraint("check (a is null)").not_null_column, "");
  const ConstraintFacts key = constraint("foreign key (a) references s.u (b) not valid");
  EXPECT_EQ(key.kind, ConstraintFacts::Kind::kForeignKey);
  EXPECT_EQ(key.references.Text(), "s.u");
  EXPECT_TRUE(key.not_valid);
}

TEST(StatementFacts, OtherActions) {
  const auto action = [](absl::string_view rest) {
    return Read<AlterTableFacts>(absl::StrCat("alter table t ", rest)).actions.at(0);
  };
  EXPECT_EQ(action("replica identity full").replica_identity, ReplicaIdentity::kFull);
  EXPECT_EQ(action("replica identity using index i").index, "i");
  EXPECT_EQ(action("detach partition p").partition.Text(), "p");
  EXPECT_TRUE(action("detach partition p concurrently").concurrently);
  EXPECT_EQ(action("disable trigger all").kind, AlterAction::Kind::kTriggerMode);
  EXPECT_EQ(action("set (fillfactor = 70)").kind, AlterAction::Kind::kSetOptions);
  EXPECT_EQ(action("set tablespace x").subtype, "AT_SetTableSpace");
  EXPECT_EQ(action("validate constraint c").name, "c");
  EXPECT_EQ(action("drop constraint c").kind, AlterAction::Kind::kDropConstraint);
}

TEST(StatementFacts, DataChanges) {
  const auto bounded = [](absl::string_view statement) {
    return Read<DataChangeFacts>(statement).changes.at(0).has_condition;
  };
  EXPECT_FALSE(bounded("update t set a = 1"));
  EXPECT_FALSE(bounded("delete from t where true"));
  EXPECT_TRUE(bounded("delete from t where a < 5"));
  EXPECT_TRUE(Read<DataChangeFacts>("insert into t select 1").changes.at(0).has_query);
  EXPECT_FALSE(Read<DataChangeFacts>("insert into t values (1)").changes.at(0).has_query);
  EXPECT_EQ(Read<DataChangeFacts>("with d as (delete from t) update u set a = 1").changes.size(),
            2U);
}

TEST(StatementFacts, DoubleAssignments) {
  const auto duplicates = [](absl::string_view statement) {
    return Read<DataChangeFacts>(statement).duplicates;
  };
  EXPECT_THAT(duplicates("update t set a = 1, b = 2, a = 3"), ElementsAre(13, 27));
  EXPECT_THAT(duplicates("update t set a = 1, (b, a) = (1, 2)"), ElementsAre(13, 24));
  EXPECT_THAT(duplicates("update t set a.x = 1, a.y = 2, b[1] = 1, b[2] = 2"), IsEmpty());
  EXPECT_THAT(duplicates("insert into t (a, a) values (1, 2)"), ElementsAre(15, 18));
  EXPECT_THAT(duplicates("insert into t values (1) on conflict (a) do update set a = 1, a = 2"),
              ElementsAre(55, 62));
  EXPECT_THAT(duplicates("merge into t using s on true when matched then update set a = 1, a = 2"),
              ElementsAre(58, 65));
}

TEST(StatementFacts, Publications) {
  using Action = PublicationFacts::Action;
  const auto read = [](absl::string_view statement) { return Read<PublicationFacts>(statement); };
  EXPECT_TRUE(read("create publication p for all tables").all_tables);
  EXPECT_THAT(read("create publication p for tables in schema s").schemas, ElementsAre("s"));
  EXPECT_EQ(read("alter publication p add table t").action, Action::kAdd);
  EXPECT_EQ(read("alter publication p drop table t").action, Action::kDrop);
  EXPECT_EQ(read("alter publication p set table t").action, Action::kSet);
  EXPECT_EQ(read("alter publication p set (publish = 'insert')").action, Action::kOptions);
  EXPECT_EQ(read("alter publication p rename to q").new_name, "q");
  EXPECT_EQ(read("alter publication p owner to r").action, Action::kOwner);
}

TEST(StatementFacts, TypesAndDomains) {
  using What = TypeChangeFacts::What;
  const auto read = [](absl::string_view statement) { return Read<TypeChangeFacts>(statement); };
  EXPECT_THAT(read("create domain d as int check (value > 0) not null").constraint_offsets,
              ElementsAre(23, 41));
  EXPECT_THAT(read("create domain d as int default 1").constraint_offsets, IsEmpty());
  EXPECT_EQ(read("alter domain d add check (value > 0)").offset, 15U);
  EXPECT_EQ(read("alter domain d set not null").what, What::kAlterDomain);
  EXPECT_EQ(read("alter type s.e add value 'x'").type.Text(), "s.e");
  EXPECT_FALSE(read("alter type e add value 'x'").has_neighbour);
  EXPECT_TRUE(read("alter type e add value 'x' after 'y'").has_neighbour);
  EXPECT_EQ(read("alter type e rename value 'x' to 'y'").what, What::kRenameEnumValue);
}

TEST(StatementFacts, TheRest) {
  EXPECT_TRUE(Read<ReindexFacts>("reindex (concurrently) table t").concurrently);
  EXPECT_FALSE(Read<ReindexFacts>("reindex (concurrently false) table t").concurrently);
  EXPECT_FALSE(Read<ReindexFacts>("reindex table t").concurrently);
  EXPECT_NE(Parse("vacuum (full, analyze) t").As<RewriteFacts>(), nullptr);
  EXPECT_EQ(Parse("vacuum (full false) t").As<RewriteFacts>(), nullptr);
  EXPECT_NE(Parse("cluster").As<RewriteFacts>(), nullptr);
  EXPECT_EQ(Read<SetFacts>("set local lock_timeout = '1s'").name, "lock_timeout");
  EXPECT_TRUE(Read<DropFacts>("drop index concurrently if exists i").concurrently);
  EXPECT_EQ(Read<DropFacts>("drop database d").what, DropFacts::What::kDatabase);
  EXPECT_EQ(Read<DropFacts>("drop publication p").names.at(0).name, "p");
  EXPECT_EQ(Read<DropFacts>("drop type s.e cascade").names.at(0).Text(), "s.e");
  EXPECT_EQ(Read<TruncateFacts>("truncate a, b cascade").cascade_offset, 14U);
  const auto rename = Read<RenameFacts>("alter table s.t rename column a to b");
  EXPECT_EQ(rename.what, RenameFacts::What::kColumn);
  EXPECT_EQ(rename.offset, 16U);
  EXPECT_EQ(Read<RenameFacts>("alter view v rename to w").kind, RelationKind::kView);
  EXPECT_EQ(Read<RenameFacts>("alter table t set schema s").new_name, "s");
  const auto made = Read<CreateTableFacts>(
      "create temp table t (a serial primary key, b int default 1) on commit drop");
  EXPECT_EQ(made.persistence, CreateTableFacts::Persistence::kTemporary);
  EXPECT_TRUE(made.drops_on_commit);
  ASSERT_EQ(made.columns.size(), 2U);
  EXPECT_EQ(made.columns[0].type.name, "serial");
  EXPECT_EQ(made.columns[1].type.name, "int4");
}

TEST(StatementFacts, WhatTheParserRejectsHasNone) {
  PgQueryStatementParser parser;
  const StatementFacts facts = parser.Parse("alter table t add columm a int not nul");
  EXPECT_FALSE(facts.parsed);
  EXPECT_EQ(facts.detail, nullptr);
  EXPECT_THAT(facts.relations, IsEmpty());
}

}  // namespace
}  // namespace storefront::migrator
