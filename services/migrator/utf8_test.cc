// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/utf8.h"

#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

TEST(FindInvalidUtf8, NamesTheFirstBadByte) {
  EXPECT_EQ(FindInvalidUtf8(""), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("select 'ünï 😀 \xEF\xBF\xBF'"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("abc\xFF"), 3U);
  EXPECT_EQ(FindInvalidUtf8("0123456789\xC3"), 10U);   // cut off
  EXPECT_EQ(FindInvalidUtf8("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(FindInvalidUtf8("a\xED\xA0\x80"), 1U);     // surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("h\xE9llo"), 1U);          // Latin-1
  EXPECT_EQ(FindInvalidUtf8("\xE2\x82\xAC\x80"), 3U);  // stray continuation
}

TEST(Utf16, CountsAsJavaDoes) {
  EXPECT_EQ(ToUtf16("aü€😀").size(), 5U);
  EXPECT_EQ(FromUtf16(ToUtf16("aü€😀")), "aü€😀");
  EXPECT_EQ(FromUtf16(ToUtf16("😀").substr(0, 1)), "?");
}

TEST(Characters, AreCodePoints) {
  EXPECT_EQ(CountCharacters("aü€😀"), 4U);
  EXPECT_EQ(OffsetOfCharacter("aü€😀", 2), 3U);
  EXPECT_EQ(OffsetOfCharacter("aü", 9), 3U);
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("äöü", 3), "äöü");
  EXPECT_EQ(Shortened("äöüß", 3), "äö…");
  EXPECT_EQ(Shortened("", 3), "");
}

}  // namespace
}  // namespace storefront::migrator
