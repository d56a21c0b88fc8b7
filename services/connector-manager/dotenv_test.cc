// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/dotenv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DotenvResult Read(absl::string_view content, Environment environment = {}) {
  return ReadDotenv({{".env", std::string(content)}}, std::move(environment));
}

struct DotenvCase {
  absl::string_view name, content, key, value;
};

constexpr DotenvCase kValues[] = {
    {"rule 1: byte order mark", "\xEF\xBB\xBFK=v", "K", "v"},
    {"rule 1: blank lines and comments", "\n \t\n# c\n  # d\nK=v", "K", "v"},
    {"rule 1: leading blanks", "  K=v", "K", "v"},
    {"rule 1: export", "export K=v", "K", "v"},
    {"rule 1: export with blanks", "  export \t K=v", "K", "v"},
    {"rule 1: a name that begins with export", "exported=v", "exported", "v"},
    {"rule 2: characters", "a.B-c_[0]9=v", "a.B-c_[0]9", "v"},
    {"rule 2: unicode letters", "gr\xC3\xB6\xC3\x9F\x65=v", "gr\xC3\xB6\xC3\x9F\x65", "v"},
    {"rule 2: colon", "K: v", "K", "v"},
    {"rule 2: blanks before the separator", "K \t= v", "K", "v"},
    {"rule 2: colon in the value", "K=a:b=c", "K", "a:b=c"},
    {"rule 3: every blank", "K=\t\v\f \xC2\x85\xC2\xA0v", "K", "v"},
    {"rule 3: no value", "K=", "K", ""},
    {"rule 3: no value, then a line", "K=\nL=x", "K", ""},
    {"rule 4: hash inside", "K=a#b", "K", "a#b"},
    {"rule 4: comment", "K=a # b", "K", "a"},
    {"rule 4: first space-hash", "K=a #b # c", "K", "a"},
    {"rule 4: comment alone is a value", "K= # c", "K", "# c"},
    {"rule 4: right trim", "K=v \t\r\n", "K", "v"},
    {"rule 4: CRLF", "A=1\r\nK=v\r\nB=2\r\n", "K", "v"},
    {"rule 4: inner blanks stay", "K=a  b", "K", "a  b"},
    {"rule 4: no escapes", R"(K=a\nb)", "K", R"(a\nb)"},
    {"rule 4: quotes inside", R"(K=a"b')", "K", R"(a"b')"},
    {"rule 4: interpolated", "A=1\nK=x${A}y", "K", "x1y"},
    {"rule 5: literal", R"(K='a $B ${C} \n "')", "K", R"(a $B ${C} \n ")"},
    {"rule 5: only the quote is unescaped", R"(K='a\'b\\c')", "K", R"(a'b\\c)"},
    {"rule 5: several lines", "K='a\n#b\nc'\nL=1", "K", "a\n#b\nc"},
    {"rule 5: empty", "K=''", "K", ""},
    {"rule 6: quote", R"(K="a\"b")", "K", R"(a"b)"},
    {"rule 6: escapes", R"(K="\a\b\f\n\r\t\v\\")", "K", "\a\b\f\n\r\t\v\\"},
    {"rule 6: escaped dollar", R"(K="\$A ${A:-x}")", "K", "$A x"},
    {"rule 6: octal", R"(K="\0101\0060")", "K", "A0"},
    {"rule 6: octal above 0177", R"(K="\0351")", "K", "\xC3\xA9"},
    {"rule 6: octal too large stays", R"(K="\0777")", "K", R"(\0777)"},
    {"rule 6: octal too short stays", R"(K="\012")", "K", R"(\012)"},
    {"rule 6: others stay", R"(K="\x41\q\'")", "K", R"(\x41\q\')"},
    {"rule 6: backslash pair before the end", R"(K="a\\")", "K", R"(a\)"},
    {"rule 6: interpolated", "A=1\nK=\"<$A>\"", "K", "<1>"},
    {"rule 6: several lines", "K=\"a\nb\"", "K", "a\nb"},
    {"rule 6: hash inside", "K=\"a # b\"", "K", "a # b"},
    {"rule 7: comment after", "K=\"v\" # c", "K", "v"},
    {"rule 7: blanks after", "K='v' \t\nL=1", "K", "v"},
    {"rule 8: later wins", "K=1\nK=2", "K", "2"},
    {"rule 8: earlier keys", "A=1\nK=$A\nA=2", "K", "1"},
    {"rule 8: itself before", "K=1\nK=${K}2", "K", "12"},
    {"rule 8: no recursion", "A=1\nB='${A}'\nK=${B}", "K", "${A}"},
    {"dollar pair", "K=$$A", "K", "$A"},
};

TEST(Dotenv, C9EachRuleOfTheGrammar) {
  for (const DotenvCase& c : kValues) {
    SCOPED_TRACE(c.name);
    const DotenvResult result = Read(c.content);
    EXPECT_THAT(result.findings, IsEmpty()) << result.findings[0].message;
    EXPECT_EQ(result.variables.Find(c.key), std::string(c.value));
  }
}

struct DotenvBadCase {
  absl::string_view name, content, message;
  int line;
};

constexpr DotenvBadCase kDotenvFaults[] = {
    {"character", "A=1\nK!=v", "line 2: unexpected character \"!\"", 2},
    {"quote in a name", "\"K\"=v", "line 1: unexpected character \"\"\"", 1},
    {"inner space", "A B=v", "line 1: a variable name contains a blank", 1},
    {"no name", "=v", "line 1: a variable name is missing", 1},
    {"unterminated single", "A=1\n\nK='v\nmore", "line 3: unterminated quoted value", 3},
    {"unterminated double", "K=\"v\\\"", "line 1: unterminated quoted value", 1},
    {"text after the quote", "K=\"v\"x", "line 1: only blanks or a comment", 1},
    {"text after a long quote", "K='v\nw' x", "line 2: only blanks or a comment", 2},
    {"not UTF-8", "A=1\nK=\xFF", "line 2: bytes that are not UTF-8", 2},
    {"surrogate", "K=\xED\xA0\x80", "line 1: bytes that are not UTF-8", 1},
    {"empty expression", "K=${}", "line 1: a variable name must follow", 1},
    {"unclosed expression", "A=1\nK=${A", "line 2: `${` without closing `}`", 2},
    {"required", "K=${N:?do it}", "line 1: required variable N is missing a value: do it", 1},
    {"octal NUL", "K=\"\\0000\"", "line 1: the value of K contains a NUL", 1},
};

TEST(Dotenv, C9EachFaultNamesItsLine) {
  for (const DotenvBadCase& c : kDotenvFaults) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Read(c.content).findings,
                Contains(AllOf(Field(&Finding::message, HasSubstr(std::string(c.message))),
                               Field(&Finding::line, c.line), Field(&Finding::source, ".env"),
                               Field(&Finding::severity, Severity::kError))));
  }
}

TEST(Dotenv, C9NulByteIsAnError) {
  const std::string content("A=1\nK=a\0b", 9);
  EXPECT_THAT(Read(content).findings,
              Contains(Field(&Finding::message, HasSubstr("line 2: a NUL byte"))));
}

TEST(Dotenv, C9ValuesAreGoodUpTo64KiBAndNoMore) {
  const std::string most(kDotenvValueBytesMax, 'x');
  EXPECT_THAT(Read(absl::StrCat("K=", most)).findings, IsEmpty());
  EXPECT_THAT(Read(absl::StrCat("K=", most, "x")).findings,
              Contains(Field(&Finding::rule, "LIMIT")));
  // Doubling by references meets the same cap.
  std::string content = "A=0123456789\n";
  for (int i = 0; i < 30; ++i) absl::StrAppend(&content, "A=$A$A\n");
  EXPECT_THAT(Read(content).findings, Contains(Field(&Finding::rule, "LIMIT")));
}

TEST(Dotenv, C9TwoThousandNamesAndOneMebibyte) {
  std::string content;
  for (size_t i = 0; i < kDotenvNamesMax; ++i) absl::StrAppend(&content, "K", i, "=v\n");
  EXPECT_THAT(Read(content).findings, IsEmpty());
  EXPECT_THAT(Read(absl::StrCat(content, "more=v")).findings,
              Contains(Field(&Finding::rule, "LIMIT")));
  EXPECT_THAT(Read(std::string(kDotenvBytesMax + 1, '#')).findings,
              Contains(Field(&Finding::rule, "LIMIT")));
}

TEST(Dotenv, C9KeyWithoutSeparatorInheritsFromTheEnvironment) {
  const auto result = Read("SET\nUNSET\nK=${SET}", {{"SET", "from outside"}});
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.variables.file_values.at("SET"), "from outside");
  EXPECT_FALSE(result.variables.Find("UNSET").has_value());
  EXPECT_EQ(result.variables.Find("K"), "from outside");
  EXPECT_EQ(Read("SET", {{"SET", "x"}}).variables.file_values.count("SET"), 1u);  // at the very end
}

TEST(Dotenv, C9EnvironmentBeatsFilesAndLaterFilesBeatEarlier) {
  const auto result =
      ReadDotenv({{"a", "K=a\nL=a\nM=a"}, {"b", "K=b\nL=b\nN=${M}${K}"}}, {{"K", "outside"}});
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.variables.Find("K"), "outside");
  EXPECT_EQ(result.variables.Find("L"), "b");
  EXPECT_EQ(result.variables.Find("N"), "aoutside");
}

TEST(Dotenv, C9MissingFileIsAnErrorAndTheOthersAreStillRead) {
  const auto result = ReadDotenv({{"gone", std::nullopt}, {"b", "K=b!\nX y=1"}}, {});
  EXPECT_THAT(result.findings, Contains(Field(&Finding::rule, "DOTENV_MISSING")));
  EXPECT_THAT(result.findings, Contains(Field(&Finding::source, "b")));
  EXPECT_EQ(result.variables.Find("K"), "b!");
}

TEST(Dotenv, C9UnsetReferenceIsEmptyWithAWarning) {
  const auto result = Read("K=a${N}b");
  EXPECT_FALSE(HasErrors(result.findings));
  EXPECT_THAT(result.findings, Contains(AllOf(Field(&Finding::severity, Severity::kWarning),
                                              Field(&Finding::variable, "N"))));
  EXPECT_EQ(result.variables.Find("K"), "ab");
}

TEST(Dotenv, FaultsNeverShowTheText) {
  for (absl::string_view content :
       {"K=\"hunter2", "hunter2 is=1", "K='hunter2' x", "K=${hunter2"}) {
    SCOPED_TRACE(content);
    for (const Finding& finding : Read(content).findings) {
      EXPECT_THAT(finding.message, ::testing::Not(HasSubstr("hunter2")));
    }
  }
}

}  // namespace
}  // namespace storefront::connectors
