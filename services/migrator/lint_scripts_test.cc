// Every rule once where it must speak and once where it must not.
// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/migrator/fake_lint_catalog.h"
#include "services/migrator/lint_destructive.h"
#include "services/migrator/lint_locking.h"
#include "services/migrator/lint_names.h"
#include "services/migrator/lint_transactions.h"
#include "services/migrator/lint_types.h"

namespace storefront::migrator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

struct Case {
  absl::string_view rule, bad, good;
  absl::string_view file = "V1__a.sql";
};

const Case kCases[] = {
    // error
    {"adding-required-field", "alter table t add column a text not null",
     "alter table t add column a text not null default 'x'"},
    {"adding-required-field", "alter table t add column a bigint not null",
     "alter table t add column a bigint not null generated always as identity"},
    {"adding-required-field", "alter table t add column a text not null",
     "create table n (); alter table n add column a text not null"},
    {"ban-concurrent-index-creation-in-transaction",
     "begin; create index concurrently if not exists i on t (a); commit",
     "create index concurrently if not exists i on t (a)"},
    {"ban-drop-database", "drop database d", "drop schema d"},
    {"ban-duplicate-column-assignments", "update t set a = 1, a = 2", "update t set a = 1, b = 2"},
    {"ban-duplicate-column-assignments", "insert into t (a, a) values (1, 2)",
     "update t set a.x = 1, a.y = 2"},
    {"ban-duplicate-column-assignments", "create table n (a text, b text, a text)",
     "create table n (a text, b text)"},
    {"ban-truncate-cascade", "truncate t cascade", "truncate t, u"},
    {"ban-uncommitted-transaction", "begin; delete from t where id = 1",
     "begin; delete from t where id = 1; commit"},
    {"ban-uncommitted-transaction", "start transaction; select 1", "begin; select 1; rollback"},
    // locking
    {"require-concurrent-index-creation", "create index i on t (a)",
     "create index concurrently i on t (a)"},
    {"require-concurrent-index-creation", "create unique index i on t (a)",
     "create table n (a text); create index i on n (a)"},
    {"require-concurrent-index-deletion", "drop index t_a", "drop index concurrently t_a"},
    {"require-concurrent-index-deletion", "drop index if exists t_a",
     "create table n (a text); create index n_a on n (a); drop index n_a"},
    {"require-concurrent-reindex", "reindex table t", "reindex table concurrently t"},
    {"require-concurrent-reindex", "reindex schema public", "reindex (concurrently) schema public"},
    {"require-concurrent-partition-detach", "alter table t detach partition p",
     "alter table t detach partition p concurrently"},
    {"constraint-missing-not-valid", "alter table t add constraint c check (a > 0)",
     "alter table t add constraint c check (a > 0) not valid"},
    {"constraint-missing-not-valid",
     "alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c",
     "alter table t validate constraint c"},
    {"constraint-missing-not-valid", "alter table t add constraint c unique (a)",
     "alter table t add constraint c unique using index t_a"},
    {"adding-foreign-key-constraint", "alter table t add foreign key (a) references u (id)",
     "alter table t add foreign key (a) references u (id) not valid"},
    {"adding-foreign-key-constraint", "alter table t add column a bigint references u (id)",
     "create table n (a bigint references u (id))"},
    {"disallowed-unique-constraint", "alter table t add unique (a)",
     "alter table t add constraint c unique using index t_a"},
    {"disallowed-unique-constraint", "alter table t add column a bigint unique",
     "create table n (a bigint unique)"},
    {"adding-serial-primary-key-field", "alter table t add primary key (a)",
     "alter table t add constraint c primary key using index t_a"},
    {"adding-serial-primary-key-field", "alter table t add column a bigint primary key",
     "create table n (a bigint primary key)"},
    {"adding-field-with-default", "alter table t add column a uuid default gen_random_uuid()",
     "alter table t add column a timestamptz default now()"},
    {"adding-field-with-default", "alter table t add column a bigint generated always as identity",
     "alter table t add column a bigint default -1"},
    {"adding-field-with-default",
     "alter table t add column a bigint generated always as (b * 2) stored",
     "alter table t add column a timestamptz default (pg_catalog.now() + interval '1 day')"},
    {"adding-field-with-default", "alter table t add column a bigserial",
     "alter table t add column a bigint"},
    {"adding-not-nullable-field", "alter table t alter column a set not null",
     "alter table t alter column x set not null"},
    {"adding-not-nullable-field", "alter table t alter column y set not null",
     "alter table t validate constraint y_set; alter table t alter column y set not null"},
    {"changing-column-type", "alter table t alter column a type text",
     "create table n (a text); alter table n alter column a type bigint"},
    {"prefer-repack", "vacuum full t", "vacuum t"},
    {"prefer-repack", "cluster t", "analyze t"},
    {"backfill-with-ddl", "alter table t add column a text; update t set a = 'x' where id < 100",
     "update t set a = 'x' where id < 100"},
    {"backfill-with-ddl",
     "update t set a = 'x' where a is null; alter table t alter a set not null",
     "create table n (a text); alter table n add column b text; insert into n select 'x', 'y'"},
    {"multiple-exclusive-locks", "alter table t add column a text; alter table u add column a text",
     "alter table t add column a text; alter table t add column b text"},
    {"multiple-exclusive-locks", "truncate t, u",
     "create table n (a text); alter table n add column b text; alter table t add column a text"},
    // what clients no longer find
    {"ban-drop-column", "alter table t drop column a", "alter table t alter column a drop default"},
    {"ban-drop-not-null", "alter table t alter a drop not null",
     "alter table t alter a drop default"},
    {"ban-drop-table", "drop table t", "drop view v"},
    {"renaming-column", "alter table t rename a to b", "alter view v rename column a to b"},
    {"renaming-table", "alter table t rename to n", "alter index i rename to n"},
    // transactions
    {"transaction-nesting", "begin; select 1; commit",
     "savepoint s; select 1; release savepoint s"},
    {"transaction-nesting", "rollback", "savepoint s; rollback to savepoint s"},
    {"prefer-robust-stmts", "create index concurrently i on t (a)",
     "create index concurrently if not exists i on t (a)"},
    {"prefer-robust-stmts", "commit; alter table t drop column a", "alter table t drop column a"},
    {"prefer-robust-stmts", "commit; alter table t drop constraint c",
     "commit; alter table t drop constraint if exists c; alter table t add constraint c check (a > "
     "0) not valid; alter table t validate constraint c"},
    {"prefer-robust-stmts", "commit; drop table t", "commit; drop table if exists t"},
    {"prefer-robust-stmts", "commit; create table n (a text)",
     "commit; create table if not exists n (a text)"},
    {"require-lock-timeout", "alter table t add column a text",
     "set lock_timeout = '1s'; alter table t add column a text"},
    {"require-lock-timeout", "set x.lock_timeout = '1s'; drop table t", "create table n (a text)"},
    {"require-statement-timeout", "create index i on t (a)",
     "set local statement_timeout = '1s'; create index i on t (a)"},
    // types
    {"ban-char-field", "create table n (a char(3))", "create table n (a text)"},
    {"prefer-bigint-over-int", "create table n (a int)", "create table n (a bigint)"},
    {"prefer-bigint-over-int", "alter table t add column a serial",
     "alter table t add column a bigserial"},
    {"prefer-bigint-over-smallint", "alter table t alter a type int2",
     "alter table t alter a type int8"},
    {"prefer-identity", "create table n (a bigserial)",
     "create table n (a bigint generated by default as identity)"},
    {"prefer-text-field", "create table n (a varchar(10))", "create table n (a varchar)"},
    {"prefer-timestamp-tz", "create table n (a timestamp[])", "create table n (a timestamptz)"},
    {"ban-create-domain-with-constraint", "create domain d as text check (value <> '')",
     "create domain d as text"},
    {"ban-alter-domain-with-add-constraint", "alter domain d add check (value <> '')",
     "alter domain d drop constraint c"},
    {"require-enum-value-ordering", "alter type e add value 'x'",
     "alter type e add value 'x' before 'y'"},
    // names
    {"identifier-too-long",
     "create table nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn ()",
     "select 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn'"},
    {"require-table-schema", "create table n (a text)", "create table public.n (a text)"},
    {"require-table-schema", "drop table t", "create temp table n (a text)"},
    // the text itself
    {"parse-error", "alter table t add columm a text not", "alter table t add column a text"},
    {"placeholder-not-portable", "select ${plain:literal}", "select '${plain}'"},
    {"secret-in-repeatable", "select '${password}'", "select '${plain}'", "R__a.sql"},
    {"volatile-placeholder-in-repeatable", "select '${flyway:timestamp}'", "select '${plain}'",
     "R__a.sql"},
    // published tables
    {"cdc-column-dropped", "alter table shop.orders drop column a", "alter table t drop column a"},
    {"cdc-column-renamed", "alter table shop.orders rename a to b", "alter table t rename a to b"},
    {"cdc-column-type-changed", "alter table shop.orders alter a type text",
     "alter table shop.orders alter a set default 'x'"},
    {"cdc-type-changed", "alter type mood add value 'x' before 'y'",
     "alter type other add value 'x' before 'y'"},
    {"cdc-type-changed", "alter domain public.mood set not null", "create domain mood2 as text"},
    {"cdc-primary-key-changed", "alter table shop.orders drop constraint orders_pkey",
     "alter table shop.orders drop constraint other"},
    {"cdc-primary-key-changed", "alter table shop.orders add primary key (a, b)",
     "alter table t drop constraint t_pkey"},
    {"cdc-primary-key-changed", "alter table shop.orders drop column id",
     "alter table shop.orders drop column a"},
    {"cdc-replica-identity-changed", "alter table shop.orders replica identity full",
     "alter table t replica identity full"},
    {"cdc-truncate", "truncate shop.orders", "truncate t"},
    {"cdc-long-transaction", "update shop.orders set a = 1",
     "update shop.orders set a = 1 where id < 9"},
    {"cdc-long-transaction", "delete from shop.orders where true", "delete from t"},
    {"cdc-table-not-published", "create table shop.n (id bigint primary key)",
     "create table shop.n (id bigint primary key); alter publication p add table shop.n"},
    {"cdc-table-not-published", "create table shop.n (id bigint primary key)",
     "create table public.n (id bigint primary key)"},
    {"cdc-table-without-identity", "alter publication p add table shop.bare",
     "alter table shop.bare replica identity full; alter publication p add table shop.bare"},
    {"cdc-table-without-identity",
     "create table shop.n (id bigint); alter publication p add table shop.n",
     "create table shop.n (id bigint); alter publication p add table shop.n; alter table shop.n "
     "add "
     "primary key (id)"},
    {"cdc-publication-changed", "alter publication p drop table shop.orders",
     "alter publication p add table t"},
    {"cdc-publication-changed", "alter publication p set (publish = 'insert')",
     "create publication q for table t; alter publication q set table u"},
    {"cdc-publication-changed", "drop publication p", "alter publication p owner to r"},
    {"cdc-publication-changed", "drop table shop.orders", "drop table t"},
    {"cdc-publication-changed", "alter table shop.orders rename to purchases",
     "alter table t rename to n"},
};

std::vector<std::string> RulesOf(absl::string_view text, absl::string_view file) {
  const LintSelection all =
      LintSelection::Make(
          {"require-lock-timeout", "require-table-schema", "require-statement-timeout"}, {})
          .value();
  std::vector<std::string> rules;
  for (const LintFinding& each :
       LintForTest({{.file = std::string(file), .text = std::string(text)}}, all)) {
    rules.push_back(each.rule);
  }
  return rules;
}

TEST(LintRules, SpeakWhereTheyMustAndNowhereElse) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(absl::StrCat(c.rule, ": ", c.bad, " | ", c.good));
    EXPECT_THAT(RulesOf(c.bad, c.file), Contains(c.rule));
    EXPECT_THAT(RulesOf(c.good, c.file), Not(Contains(c.rule)));
  }
}

TEST(LintRules, EachHasACase) {
  std::set<absl::string_view> tried;
  for (const Case& c : kCases) tried.insert(c.rule);
  for (const LintRuleInfo& info : LintRules()) {
    EXPECT_TRUE(tried.contains(info.name)) << info.name;
    tried.erase(info.name);
  }
  EXPECT_THAT(tried, IsEmpty());
}

TEST(LintScripts, PlacesAreThoseOfTheThingNotOfTheStatement) {
  EXPECT_THAT(
      PlacesForTest("select 1;\n"
                    "alter table t\n"
                    "  -- both go\n"
                    "  drop column a,\n"
                    "  alter column b\n"
                    "    type varchar(3),\n"
                    "  add column c int\n"
                    "    references u (id);"),
      ElementsAre("ban-drop-column 4:3", "changing-column-type 6:5", "prefer-text-field 6:10",
                  "prefer-bigint-over-int 7:16", "adding-foreign-key-constraint 8:5"));
}

TEST(LintScripts, PlacesCountInTheFileNotInTheReplacedText) {
  EXPECT_THAT(PlacesForTest("select '${plain}', 'ü'; drop table t;"),
              ElementsAre("ban-drop-table 1:25"));
}

TEST(LintScripts, LockingRulesRiseWithTheTable) {
  const auto severity = [](const std::string& text) {
    const auto findings = LintForTest({{.text = text}});
    EXPECT_EQ(findings.size(), 1U) << text;
    return findings.at(0).severity;
  };
  EXPECT_EQ(severity("create index i on t (a)"), LintSeverity::kWarning);
  EXPECT_EQ(severity("create index i on big (a)"), LintSeverity::kError);
  EXPECT_EQ(severity("create index i on unknown (a)"), LintSeverity::kWarning);
  EXPECT_EQ(severity("drop index big_a"), LintSeverity::kError);
  EXPECT_EQ(severity("reindex index big_a"), LintSeverity::kError);
  // Not a matter of size: what clients no longer find.
  EXPECT_EQ(severity("alter table big drop column a"), LintSeverity::kWarning);
}

TEST(LintScripts, SizesFollowARename) {
  const auto findings = LintForTest({{.text = "alter table big rename to huge"},
                                     {.file = "V2__b.sql", .text = "create index i on huge (a)"}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].rule, "require-concurrent-index-creation");
  EXPECT_EQ(findings[1].severity, LintSeverity::kError);
  EXPECT_EQ(findings[1].relation, "public.huge");
}

TEST(LintScripts, NewTablesAreFreeInTheirTransactionOnly) {
  EXPECT_THAT(PlacesForTest("create table n (a text); create index i on n (a)"), IsEmpty());
  // A later script is another transaction: somebody may write by then.
  const auto findings = LintForTest({{.text = "create table n (a text)"},
                                     {.file = "V2__b.sql", .text = "create index i on n (a)"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].script, "V2__b.sql");
  // What is there already is not new, whatever IF NOT EXISTS says.
  EXPECT_THAT(PlacesForTest("create table if not exists t (a text); create index i on t (a)"),
              ElementsAre("require-concurrent-index-creation 1:40"));
  // Outside a transaction others see the table at once.
  EXPECT_THAT(
      PlacesForTest("commit; create table if not exists n (a text);\ncreate index if not exists i "
                    "on n (a)"),
      Contains("require-concurrent-index-creation 2:1"));
}

TEST(LintScripts, FindingsAreComplete) {
  const auto findings = LintForTest({{.text = "select 1;\n  create index i on t (a)"}});
  ASSERT_EQ(findings.size(), 1U);
  const LintFinding& finding = findings[0];
  EXPECT_EQ(finding.migration, "V1");
  EXPECT_EQ(finding.script, "V1__a.sql");
  EXPECT_EQ(finding.statement, 2);
  EXPECT_EQ(finding.line, 2);
  EXPECT_EQ(finding.column, 3);
  EXPECT_EQ(finding.relation, "public.t");
  EXPECT_FALSE(finding.message.empty());
  EXPECT_FALSE(finding.fix.empty());
}

TEST(LintScripts, SecretsAreMasked) {
  const auto findings = LintForTest({{.text = "drop table \"${password}\""}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].relation, "public.***");
  const auto dropped = LintForTest({{.text = "alter table t drop column \"${password}\""}});
  ASSERT_EQ(dropped.size(), 1U);
  EXPECT_EQ(dropped[0].message.find("hunter2"), std::string::npos);
}

TEST(LintScripts, AMixedScriptIsAFindingToo) {
  PgQueryStatementParser parser;
  const std::string text = "create table n (a text); create index concurrently i on n (a)";
  const Script script{ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, {}};
  PreparedScript prepared{.script = script, .raw = TextInMemory(text)};
  prepared.replaced = ReplacedText(TextInMemory(text), {});
  prepared.transactional = false;
  const auto places = SplitScript(text, 10).value();
  for (const SplitStatement& place : places) {
    prepared.statements.push_back(
        {.place = place, .facts = parser.Parse(text.substr(place.offset, place.length))});
  }
  LintModel model(TestLintCatalog(), LintModel::Start::kLive);
  const auto findings =
      LintScripts({{.script = &prepared, .is_mixed_refused = true}}, LintSelection(), {}, model);
  EXPECT_THAT(findings, Contains(::testing::Field(&LintFinding::rule,
                                                  "ban-concurrent-index-creation-in-transaction")));
}

TEST(CatalogRequestFor, NamesWhatTheScriptsTouch) {
  PgQueryStatementParser parser;
  const std::string text = "alter table s.t add column a text default f(); drop index i";
  const Script script{ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, {}};
  const auto prepared = PrepareScript(script, {TextInMemory(text), 0},
                                      Placeholders::Make({}).value(), {}, parser, 10);
  const LintCatalogRequest request = CatalogRequestFor({{.script = &*prepared}});
  EXPECT_THAT(request.relations, ElementsAre(RelationName{"", "i"}, RelationName{"s", "t"}));
  EXPECT_THAT(request.functions, ElementsAre("f"));
}

}  // namespace
}  // namespace storefront::migrator
