// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_cdc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/migrator/fake_lint_catalog.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "V2 rule relation" of the rules about published tables.
std::vector<std::string> Cdc(const std::vector<TestScript>& files,
                             const LintCatalog& catalog = TestLintCatalog()) {
  std::vector<std::string> found;
  for (const LintFinding& each : LintForTest(files, LintSelection(), catalog)) {
    if (each.rule.starts_with("cdc-")) {
      found.push_back(absl::StrCat(each.migration, " ", each.rule, " ", each.relation));
    }
  }
  return found;
}

TEST(CdcRules, EarlierFilesCount) {
  const TestScript publish{"V1__a.sql", "alter publication p add table t"};
  const TestScript drop{"V2__b.sql", "alter table t drop column a"};
  EXPECT_THAT(Cdc({drop}), IsEmpty());
  EXPECT_THAT(Cdc({publish, drop}), ElementsAre("V2 cdc-column-dropped public.t"));
}

TEST(CdcRules, AFolderFromScratch) {
  const LintCatalog nothing{.search_path = {"public"}};
  const TestScript tables{"V1__a.sql", "create table a (id bigint primary key)"};
  const TestScript publication{"V2__b.sql", "create publication p for table a"};
  const TestScript more{"V3__c.sql", "create table b (id bigint primary key)"};
  const TestScript more_published{"V3__c.sql",
                                  "create table b (id bigint primary key); alter publication p add "
                                  "table b"};
  const TestScript change{"V4__d.sql", "alter table b rename column x to y"};
  EXPECT_THAT(Cdc({tables, publication}, nothing), IsEmpty());
  EXPECT_THAT(Cdc({tables, publication, more}, nothing),
              ElementsAre("V3 cdc-table-not-published public.b"));
  EXPECT_THAT(Cdc({tables, publication, more_published, change}, nothing),
              ElementsAre("V4 cdc-column-renamed public.b"));
}

TEST(CdcRules, PublicationsOfAllTablesAndOfSchemas) {
  const LintCatalog nothing{.search_path = {"public"}};
  for (const std::string what : {"all tables", "tables in schema public"}) {
    SCOPED_TRACE(what);
    const std::string publish = absl::StrCat("create publication p for ", what);
    EXPECT_THAT(Cdc({{"V1__a.sql", publish},
                     {"V2__b.sql", "create table b (id bigint primary key)"},
                     {"V3__c.sql", "truncate b"}},
                    nothing),
                ElementsAre("V3 cdc-truncate public.b"));
    EXPECT_THAT(Cdc({{"V1__a.sql", publish}, {"V2__b.sql", "create table b (id bigint)"}}, nothing),
                ElementsAre("V2 cdc-table-without-identity public.b"));
    EXPECT_THAT(Cdc({{"V1__a.sql", publish},
                     {"V2__b.sql", "create unlogged table b (id bigint)"},
                     {"V3__c.sql", "create temp table c (id bigint)"}},
                    nothing),
                IsEmpty());
  }
}

TEST(CdcRules, WhatIsNewInTheScriptMayChange) {
  EXPECT_THAT(Cdc({{"V1__a.sql",
                    "create table shop.n (id bigint primary key, a text);"
                    "alter publication p add table shop.n;"
                    "alter table shop.n drop column a; truncate shop.n; delete from shop.n"}}),
              IsEmpty());
  EXPECT_THAT(Cdc({{"V1__a.sql", "create publication q for table t; drop publication q"}}),
              IsEmpty());
}

TEST(CdcRules, PartitionsFollowTheirTable) {
  LintCatalog catalog = TestLintCatalog();
  const TestScript partition{
      "V1__a.sql", "create table shop.orders_1 partition of shop.orders for values in (1)"};
  EXPECT_THAT(Cdc({partition}, catalog), IsEmpty());
  EXPECT_THAT(Cdc({partition, {"V2__b.sql", "truncate shop.orders_1"}}, catalog),
              ElementsAre("V2 cdc-truncate shop.orders_1"));
  // Old partitions are dropped as a matter of routine; what they had was sent long ago.
  EXPECT_THAT(Cdc({partition, {"V2__b.sql", "drop table shop.orders_1"}}, catalog), IsEmpty());
}

TEST(CdcRules, AKeyByAnotherNameIsStillTheKey) {
  EXPECT_THAT(Cdc({{"V1__a.sql", "alter table shop.orders rename constraint orders_pkey to k"},
                   {"V2__b.sql", "alter table shop.orders drop constraint k"}}),
              ElementsAre("V2 cdc-primary-key-changed shop.orders"));
  EXPECT_THAT(
      Cdc({{"V1__a.sql", "alter table shop.orders drop column id"}}),
      ElementsAre("V1 cdc-column-dropped shop.orders", "V1 cdc-primary-key-changed shop.orders"));
}

}  // namespace
}  // namespace storefront::migrator
