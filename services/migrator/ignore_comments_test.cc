// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/ignore_comments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/migrator/fake_lint_catalog.h"
#include "services/migrator/lint_findings.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IgnoreComments, AboveAndBehindAStatement) {
  const std::string both = "alter table t drop column a, add column b int";
  for (const std::string& text : {
           "-- squawk-ignore ban-drop-column, prefer-bigint-over-int\n" + both,
           "-- squawk-ignore ban-drop-column,prefer-bigint-over-int -- nobody reads it\n" + both,
           "--squawk-ignore ban-drop-column\n--squawk-ignore prefer-bigint-over-int\n" + both,
           "-- squawk-ignore ban-drop-column, prefer-bigint-over-int\n-- why\n" + both,
           "/* squawk-ignore ban-drop-column, prefer-bigint-over-int */\n" + both,
           both + "; -- squawk-ignore ban-drop-column, prefer-bigint-over-int",
           "select 1; -- c\n-- squawk-ignore ban-drop-column, prefer-bigint-over-int\n" + both,
       }) {
    SCOPED_TRACE(text);
    EXPECT_THAT(PlacesForTest(text), IsEmpty());
  }
}

TEST(IgnoreComments, AStatementIsCoveredAsAWhole) {
  EXPECT_THAT(PlacesForTest("-- squawk-ignore ban-drop-column\n"
                            "alter table t\n  drop column a,\n  drop column b;\n"
                            "alter table t drop column c;"),
              ElementsAre("ban-drop-column 5:15"));
  EXPECT_THAT(PlacesForTest("alter table t\n  drop column a,\n"
                            "  drop column b; -- squawk-ignore ban-drop-column\n"
                            "\nalter table t drop column c;"),
              ElementsAre("ban-drop-column 5:15"));
}

TEST(IgnoreComments, InsideAStatementTheyCountForALine) {
  EXPECT_THAT(PlacesForTest("alter table t\n  -- squawk-ignore ban-drop-column\n"
                            "  drop column a,\n  drop column b;"),
              ElementsAre("ban-drop-column 4:3"));
}

TEST(IgnoreComments, WhatDoesNotCount) {
  for (const std::string text : {
           "-- squawk-ignore ban-drop-column\n\ndrop table t",  // another rule, and a blank line
           "-- squawk-ignore ban-drop-table\n\ndrop table t",
           "-- squawk-ignore\ndrop table t",
           "-- squawk-ignore no-such-rule\ndrop table t",
           "select '-- squawk-ignore ban-drop-table';\ndrop table t",
       }) {
    SCOPED_TRACE(text);
    EXPECT_EQ(PlacesForTest(text).size(), 1U);
  }
}

TEST(IgnoreComments, WholeFiles) {
  EXPECT_THAT(PlacesForTest("drop table t;\n-- squawk-ignore-file\ndrop table u"), IsEmpty());
  EXPECT_THAT(PlacesForTest("drop table t;\ntruncate u cascade;\n"
                            "-- squawk-ignore-file ban-drop-table -- all unused\n"),
              ElementsAre("multiple-exclusive-locks 2:10", "ban-truncate-cascade 2:12"));
}

TEST(IgnoreComments, AliasesCount) {
  EXPECT_THAT(PlacesForTest("-- squawk-ignore prefer-timestamptz\ncreate table n (a timestamp)"),
              IsEmpty());
}

TEST(IgnoreComments, CopyDataIsNoComment) {
  EXPECT_THAT(PlacesForTest("copy t from stdin;\n-- squawk-ignore-file\n\\.\ndrop table t;"),
              ElementsAre("ban-drop-table 4:1"));
}

}  // namespace
}  // namespace storefront::migrator
