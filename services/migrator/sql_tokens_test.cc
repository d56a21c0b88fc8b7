// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/sql_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

using Kind = SqlToken::Kind;
using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<Kind, std::string>> Read(absl::string_view text) {
  std::vector<std::pair<Kind, std::string>> read;
  SqlTokens tokens(text);
  for (SqlToken token; tokens.Next(token);) read.emplace_back(token.kind, tokens.Text(token));
  return read;
}

TEST(SqlTokens, Kinds) {
  EXPECT_THAT(
      Read("select \"a\"\"b\", 'it''s', E'\\'', $$;$$, $x$ $$ $x$, $1 -- c\n/* d /* e */ */ 1.5;"),
      ElementsAre(Pair(Kind::kWord, "select"), Pair(Kind::kQuotedName, "\"a\"\"b\""),
                  Pair(Kind::kSymbol, ","), Pair(Kind::kString, "'it''s'"),
                  Pair(Kind::kSymbol, ","), Pair(Kind::kString, "E'\\''"), Pair(Kind::kSymbol, ","),
                  Pair(Kind::kString, "$$;$$"), Pair(Kind::kSymbol, ","),
                  Pair(Kind::kString, "$x$ $$ $x$"), Pair(Kind::kSymbol, ","),
                  Pair(Kind::kSymbol, "$"), Pair(Kind::kNumber, "1"), Pair(Kind::kComment, "-- c"),
                  Pair(Kind::kComment, "/* d /* e */ */"), Pair(Kind::kNumber, "1.5"),
                  Pair(Kind::kSymbol, ";")));
}

TEST(SqlTokens, WhatIsNotClosedEndsWithTheText) {
  for (const absl::string_view text :
       {"'a", "E'a\\", "\"a", "/* a", "$$ a", "$a$ $", "-- a", "E'"}) {
    SCOPED_TRACE(text);
    const auto read = Read(text);
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].second, text);
  }
}

TEST(SqlTokens, BackslashesCountInAContinuedString) {
  EXPECT_THAT(Read("e'a' \n '\\';' x"),
              ElementsAre(Pair(Kind::kString, "e'a' \n '\\';'"), Pair(Kind::kWord, "x")));
  EXPECT_THAT(Read("e'a' '\\'"),
              ElementsAre(Pair(Kind::kString, "e'a'"), Pair(Kind::kString, "'\\'")));
}

TEST(SqlTokens, NamesAreReadAsPostgresDoes) {
  const absl::string_view text = "Tab \"Tab\"\"x\" ÄB";
  const auto tokens = TokensOf(text);
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(NameOf(text, tokens[0]), "tab");
  EXPECT_EQ(NameOf(text, tokens[1]), "Tab\"x");
  EXPECT_EQ(NameOf(text, tokens[2]), "Äb");
  EXPECT_TRUE(IsWord(text, tokens[0], "TAB"));
  EXPECT_FALSE(IsWord(text, tokens[1], "Tab\"x"));
}

}  // namespace
}  // namespace storefront::migrator
