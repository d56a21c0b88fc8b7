// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Split(absl::string_view text) {
  std::vector<std::string> out;
  ScriptSplitter splitter(text);
  SplitStatement s;
  while (splitter.Next(s)) out.emplace_back(text.substr(s.offset, s.length));
  if (!splitter.problem().message.empty()) {
    out.push_back("problem at " + std::to_string(splitter.problem().offset));
  }
  return out;
}

TEST(ScriptSplitter, M8SemicolonsInsideOtherThingsEndNothing) {
  EXPECT_THAT(Split("select ';'; select 2"), ElementsAre("select ';'", "select 2"));
  EXPECT_THAT(Split("select 'it''s;'; x"), ElementsAre("select 'it''s;'", "x"));
  EXPECT_THAT(Split("select \"a;\"\"b\"; x"), ElementsAre("select \"a;\"\"b\"", "x"));
  EXPECT_THAT(Split(R"(select e'\';'; x)"), ElementsAre(R"(select e'\';')", "x"));
  EXPECT_THAT(Split(R"(select '\'; x)"), ElementsAre(R"(select '\')", "x"));
  EXPECT_THAT(Split("select E'a'\n 'b\\';'; x"), ElementsAre("select E'a'\n 'b\\';'", "x"));
  EXPECT_THAT(Split("select U&'\\0061;', B'01', X'1F', n';'; x"),
              ElementsAre("select U&'\\0061;', B'01', X'1F', n';'", "x"));
  EXPECT_THAT(Split("do $$ begin; end $$; x"), ElementsAre("do $$ begin; end $$", "x"));
  EXPECT_THAT(Split("do $a$ $$;$b$; $a$; x"), ElementsAre("do $a$ $$;$b$; $a$", "x"));
  EXPECT_THAT(Split("-- ;\nselect 1 -- ;\n; /* ; /* ; */ ; */ x"),
              ElementsAre("select 1 -- ;\n", "x"));
  EXPECT_THAT(Split("create rule r as on insert to t do (a; b); x"),
              ElementsAre("create rule r as on insert to t do (a; b)", "x"));
}

TEST(ScriptSplitter, ADollarInANameOrParameterIsNoQuote) {
  EXPECT_THAT(Split("select a$b$c; select $1; x$$; y"),
              ElementsAre("select a$b$c", "select $1", "x$$", "y"));
  EXPECT_THAT(Split("create function f(int) returns int begin atomic; select $1; end; x"),
              ElementsAre("create function f(int) returns int begin atomic; select $1; end", "x"));
}

TEST(ScriptSplitter, AtomicBodiesStayWhole) {
  constexpr absl::string_view kBody =
      "create or replace procedure p() begin atomic insert into t values (case when true then 1 "
      "end); "
      "select case 1 when 1 then 2 end; end";
  EXPECT_THAT(Split(std::string(kBody) + "; begin; end;"), ElementsAre(kBody, "begin", "end"));
}

TEST(ScriptSplitter, NothingIsNoStatement) {
  EXPECT_THAT(Split(""), ElementsAre());
  EXPECT_THAT(Split("\xEF\xBB\xBF  -- only\n /* this */ ;;\n;"), ElementsAre());
  EXPECT_THAT(Split("select 1;;  ;select 2;\n"), ElementsAre("select 1", "select 2"));
}

TEST(ScriptSplitter, CopyTakesItsData) {
  constexpr absl::string_view kText =
      "copy t from stdin; -- data\n1\t;'\n \\. \nselect 1;\ncopy public.\"x;y\" (a) from stdin "
      "with (format csv);\n\\.\n";
  ScriptSplitter splitter(kText);
  SplitStatement s;
  ASSERT_TRUE(splitter.Next(s));
  EXPECT_TRUE(s.copies_data);
  EXPECT_EQ(kText.substr(s.data_offset, s.data_length), "1\t;'\n");
  ASSERT_TRUE(splitter.Next(s));
  EXPECT_EQ(kText.substr(s.offset, s.length), "select 1");
  ASSERT_TRUE(splitter.Next(s));
  EXPECT_TRUE(s.copies_data);
  EXPECT_EQ(s.data_length, 0U);
  EXPECT_FALSE(splitter.Next(s));
  EXPECT_EQ(splitter.problem().message, "");
}

TEST(ScriptSplitter, CopyWithoutDataIsAProblem) {
  EXPECT_THAT(Split("copy t from stdin;\n1\n2\n"), ElementsAre("problem at 17"));
  EXPECT_THAT(Split("copy t from stdin; select 1;\n\\.\n"), ElementsAre("problem at 19"));
  EXPECT_THAT(Split("copy t from stdin"), ElementsAre("problem at 0"));
  EXPECT_THAT(Split("copy (select 1) to '/x'; select stdin from copy;"),
              ElementsAre("copy (select 1) to '/x'", "select stdin from copy"));
}

TEST(ScriptSplitter, PgDumpLinesAreSkippedOtherCommandsRefused) {
  EXPECT_THAT(Split("\\restrict abc\nselect 1;\n\\unrestrict abc\n"), ElementsAre("select 1"));
  EXPECT_THAT(Split("select 1;\n\\i other.sql\n"), ElementsAre("select 1", "problem at 10"));
  EXPECT_THAT(Split("select 1 \\gset\n"), ElementsAre("problem at 9"));
}

TEST(ScriptSplitter, WhatIsNeverClosedIsNamedWhereItOpened) {
  EXPECT_THAT(Split("x; select 'a;"), ElementsAre("x", "problem at 10"));
  EXPECT_THAT(Split("select \"a"), ElementsAre("problem at 7"));
  EXPECT_THAT(Split("do $f$ ; $g$"), ElementsAre("problem at 3"));
  EXPECT_THAT(Split("a; /* /* */"), ElementsAre("a", "problem at 3"));
  EXPECT_THAT(Split("select (1;"), ElementsAre("problem at 7"));
  EXPECT_THAT(Split(absl::string_view("a;\0b", 4)), ElementsAre("a", "problem at 2"));
  EXPECT_THAT(Split(absl::string_view("a '\0'", 5)), ElementsAre("problem at 3"));
  EXPECT_THAT(Split(absl::string_view("a $$\0$$", 7)), ElementsAre("problem at 4"));
  EXPECT_THAT(Split(absl::string_view("a /*\0*/", 7)), ElementsAre("problem at 4"));
  EXPECT_THAT(Split(absl::string_view("a --\0", 5)), ElementsAre("problem at 4"));
  EXPECT_THAT(Split("create function f() begin atomic select 1;"), ElementsAre("problem at 26"));
}

TEST(SplitScript, HasALimit) {
  EXPECT_THAT(SplitScript("a;b;c", 2), testing::HasReason(absl::StatusCode::kResourceExhausted,
                                                          status::Reason::kLimitExceeded));
  EXPECT_THAT(SplitScript("a'", 2), testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                       status::Reason::kInvalidScript));
}

}  // namespace
}  // namespace storefront::migrator
