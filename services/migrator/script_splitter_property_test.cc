// The splitter against the splitter of Postgres's own parser: generated scripts, and scripts
// written for the purpose.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pg_query.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/migrator/pgquery_statement_parser.h"
#include "services/migrator/script_splitter.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator {
namespace {

constexpr int kCases = 10'000;

// Without blanks and comments at both ends, which the two splitters count differently.
std::string Trimmed(absl::string_view text) {
  SqlTokens tokens(text);
  size_t begin = text.size();
  size_t end = 0;
  for (SqlToken token; tokens.Next(token);) {
    if (token.kind == SqlToken::Kind::kComment) continue;
    begin = std::min(begin, token.offset);
    end = token.offset + token.length;
  }
  return begin < end ? std::string(text.substr(begin, end - begin)) : "";
}

struct Split {
  std::vector<std::string> statements;
  std::string error;
};

Split ByParser(const std::string& text) {
  Split split;
  const PgQuerySplitResult result = pg_query_split_with_parser(text.c_str());
  if (result.error != nullptr) {
    split.error = result.error->message;
  } else {
    for (int i = 0; i < result.n_stmts; ++i) {
      const auto at = static_cast<size_t>(result.stmts[i]->stmt_location);
      const auto length = static_cast<size_t>(result.stmts[i]->stmt_len);
      split.statements.push_back(
          Trimmed(absl::string_view(text).substr(at, length == 0 ? text.size() : length)));
    }
  }
  pg_query_free_split_result(result);
  return split;
}

Split ByUs(const std::string& text) {
  Split split;
  ScriptSplitter splitter(text);
  for (SplitStatement statement; splitter.Next(statement);) {
    split.statements.push_back(
        Trimmed(absl::string_view(text).substr(statement.offset, statement.length)));
  }
  split.error = splitter.problem().message;
  return split;
}

// Random SQL that the parser takes, with semicolons wherever they mean nothing.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string Script() {
    std::string script = Gap();
    const int count = Below(6);
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&script, Statement(), Gap());
      const bool is_last = i + 1 == count;
      if (!is_last || Below(2) == 0) absl::StrAppend(&script, ";", Gap());
      if (Below(8) == 0) absl::StrAppend(&script, is_last ? "" : ";", Gap());
    }
    return script;
  }

 private:
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  std::string Pick(const std::vector<std::string>& from) {
    return from[static_cast<size_t>(Below(static_cast<int>(from.size())))];
  }

  std::string Gap() {
    return Pick({"", " ", "\n", "\r\n", "\t", " -- a; comment\n", "/* a; comment */",
                 "/* a /* nested; */ ' one */", "\n--'\n", "--\"\r\n", " "});
  }

  std::string Name() {
    return Pick({"t", "public.t", "\"a;b\"", "\"a\"\"b\"", "\"--\"", "täb", "e", "x$y", "\"'\"",
                 "begin_atomic", "\"BEGIN ATOMIC\"", "u&\"d\\0061t;\"", "stdin"});
  }

  std::string Literal() {
    return Pick({"1",         "1.5e3",        "'a;b'", "'it''s; --'", "e'\\';'",        "E'a\\\\'",
                 "'\\'",      "b'01'",        "x'1F'", "$$a;b$$",     "$q$ $$ ; ' $q$", "$ä$;$ä$",
                 "'a'\n';b'", "e'a'\n'\\';'", "null",  "true",        "u&'d\\0061t;'",  "'/*'",
                 "'*/'",      "n'x;'",        "''"});
  }

  std::string Expression(int depth = 0) {
    if (depth > 3) return Literal();
    const auto deeper = [&] { return Expression(depth + 1); };
    switch (Below(12)) {
      case 0:
        return absl::StrCat("(", Gap(), deeper(), Gap(), ")");
      case 1:
        return absl::StrCat(deeper(), " + ", deeper());
      case 2:
        return absl::StrCat("case when ", deeper(), " is null then ", deeper(), " else ", deeper(),
                            " end");
      case 3:
        return absl::StrCat("f(", deeper(), ",", Gap(), deeper(), ")");
      case 4:
        return absl::StrCat("array[", deeper(), ", ", deeper(), "]");
      case 5:
        return absl::StrCat("(", deeper(), ")::text");
      case 6:
        return absl::StrCat("(select ", deeper(), " from ", Name(), ")");
      case 7:
        return absl::StrCat(Pick({"$1", "a", "t.\"x;\"", "t.end_of", "a.b[1]"}));
      case 8:
        return absl::StrCat("'a' || ", deeper());
      default:
        return Literal();
    }
  }

  std::string Body() {
    std::string body;
    for (int i = Below(3); i >= 0; --i) {
      absl::StrAppend(&body, Gap(), Pick({"select ", "select 1, "}), Expression(), Gap(), ";");
    }
    return body;
  }

  std::string Routine() {
    const std::string head =
        absl::StrCat(Pick({"create function f(a int, b text default ';')",
                           "create or replace function s.f(begin_x int)"}),
                     " returns int language sql ", Pick({"", "immutable ", "strict "}));
    switch (Below(3)) {
      case 0:
        return absl::StrCat(head, "begin atomic ", Body(), Gap(), " end");
      case 1:
        return absl::StrCat(head, "return ", Expression());
      default:
        return absl::StrCat(head, "as $f$", Body(), "$f$");
    }
  }

  std::string Statement() {
    switch (Below(16)) {
      case 0:
        return absl::StrCat("select", Gap(), " ", Expression(), " from ", Name());
      case 1:
        return absl::StrCat("insert into ", Name(), " values (", Expression(), "), (", Expression(),
                            ")");
      case 2:
        return absl::StrCat("update ", Name(), " set a = ", Expression(), " where ", Expression(),
                            " is not null");
      case 3:
        return absl::StrCat("create table ", Name(), " (a int default ", Literal(), ",", Gap(),
                            " check (a <> ", Literal(), "))");
      case 4:
      case 5:
        return Routine();
      case 6:
        return absl::StrCat("create rule r as on insert to ", Name(), " do instead (", Body(),
                            " select 1)");
      case 7:
        return absl::StrCat("do $d$ begin ", Body(), " end $d$");
      case 8:
        return absl::StrCat("with w as (select ", Expression(), ") select * from w");
      case 9:
        return Pick({"begin", "commit", "end", "begin isolation level serializable", "rollback",
                     "savepoint s", "start transaction"});
      case 10:
        return absl::StrCat("comment on table ", Name(), " is 'a; -- comment'");
      case 11:
        return absl::StrCat("create view ", Name(), " as select case 1 when 2 then ", Expression(),
                            " end as x");
      case 12:
        return absl::StrCat("prepare p (int) as select $1, ", Expression());
      case 13:
        return absl::StrCat("create procedure p() language sql begin atomic ", Body(), " end");
      case 14:
        return absl::StrCat("delete from ", Name(), " using ", Name(), " where ", Expression(),
                            " is null");
      default:
        return absl::StrCat("values (", Expression(), ")");
    }
  }

  std::mt19937 random_;
};

TEST(ScriptSplitterProperty, GeneratedScriptsAreCutAsThePostgresParserDoes) {
  int compared = 0;
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    const std::string script = Generator(seed).Script();
    const Split theirs = ByParser(script);
    // What the generator makes is SQL; were it not, nothing would be compared.
    ASSERT_EQ(theirs.error, "") << "seed " << seed << "\n" << script;
    const Split ours = ByUs(script);
    ASSERT_EQ(ours.error, "") << "seed " << seed << "\n" << script;
    ASSERT_EQ(ours.statements, theirs.statements) << "seed " << seed << "\n" << script;
    compared += static_cast<int>(theirs.statements.size());
  }
  EXPECT_GT(compared, kCases);
}

TEST(ScriptSplitterProperty, WrittenScriptsAreCutAsThePostgresParserDoes) {
  PgQueryStatementParser parser;
  int scripts = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/sql")) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Split theirs = ByParser(text);
    EXPECT_EQ(theirs.error, "");
    const Split ours = ByUs(text);
    EXPECT_EQ(ours.error, "");
    EXPECT_EQ(ours.statements, theirs.statements);
    EXPECT_GT(ours.statements.size(), 5U);
    for (const std::string& statement : ours.statements) {
      EXPECT_TRUE(parser.Parse(statement).parsed) << statement;
    }
    ++scripts;
  }
  EXPECT_GE(scripts, 5);
}

}  // namespace
}  // namespace storefront::migrator
