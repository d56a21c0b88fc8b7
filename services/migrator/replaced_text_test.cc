// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/replaced_text.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/migrator/placeholders.h"

namespace storefront::migrator {
namespace {

TEST(ReplacedText, LeadsBackToTheFile) {
  const Placeholders p = Placeholders::Make({.values = {{"a", "long value"}, {"b", ""}}}).value();
  const auto replaced = p.Replace(TextInMemory("x ${a} y ${b}z"), {});
  ASSERT_THAT(replaced, testing::IsOk());
  EXPECT_EQ(replaced->text(), "x long value y z");
  EXPECT_EQ(replaced->OriginalOffset(0), 0U);
  EXPECT_EQ(replaced->OriginalOffset(2), 2U);
  EXPECT_EQ(replaced->OriginalOffset(8), 2U);    // inside the value
  EXPECT_EQ(replaced->OriginalOffset(13), 7U);   // y
  EXPECT_EQ(replaced->OriginalOffset(15), 13U);  // z
}

TEST(ReplacedText, WithoutPlaceholdersNothingIsCopied) {
  const auto text = TextInMemory("select 1;");
  const auto replaced = Placeholders::Make({}).value().Replace(text, {});
  ASSERT_THAT(replaced, testing::IsOk());
  EXPECT_EQ(&replaced->script_text(), text.get());
}

TEST(TextEdits, ManyLeadBackToTheirPlaces) {
  TextEdits edits;
  std::vector<size_t> expected;  // by offset in the new text
  size_t original = 0;
  for (size_t i = 0; i < 2000; ++i) {
    const size_t gap = i % 7, was = 4 + i % 200, is = i % 11;
    for (size_t k = 0; k < gap; ++k) expected.push_back(original + k);
    original += gap;
    edits.Add(original, was, is);
    expected.insert(expected.end(), is, original);
    original += was;
  }
  for (size_t k = 0; k < 10; ++k) expected.push_back(original + k);
  for (size_t offset = 0; offset < expected.size(); ++offset) {
    ASSERT_EQ(edits.OriginalOffset(offset), expected[offset]) << offset;
  }
}

TEST(PositionOf, CountsLinesAndCharacters) {
  EXPECT_EQ(PositionOf("ab\ncd", 4).line, 2);
  EXPECT_EQ(PositionOf("ab\ncd", 4).column, 2);
  EXPECT_EQ(PositionOf("a\r\nb\rc", 5).line, 3);
  EXPECT_EQ(PositionOf("üü x", 5).column, 4);
  EXPECT_EQ(PositionOf("\xEF\xBB\xBFx", 3).column, 1);
}

TEST(PositionOf, IsTheSameInPieces) {
  std::string text = "\xEF\xBB\xBF";
  while (text.size() < 2 * ScriptText::kPieceBytes + 10) text += "ab\r\nc\rü\n";
  const auto kept = TextInMemory(text);
  for (const size_t offset : {size_t{0}, size_t{3}, size_t{5}, ScriptText::kPieceBytes,
                              ScriptText::kPieceBytes + 1, text.size()}) {
    const TextPosition whole = PositionOf(text, offset);
    const TextPosition pieces = PositionOf(*kept, offset);
    EXPECT_EQ(pieces.line, whole.line) << offset;
    EXPECT_EQ(pieces.column, whole.column) << offset;
  }
  EXPECT_EQ(CountLineEnds(*kept, 0, text.size()), PositionOf(text, text.size()).line - 1);
}

}  // namespace
}  // namespace storefront::migrator
