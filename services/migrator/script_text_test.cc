// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_text.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

TEST(ScriptText, FindsAcrossPieces) {
  std::string text(ScriptText::kPieceBytes - 1, 'x');
  text += "${a}";
  const auto kept = TextInMemory(text);
  EXPECT_EQ(kept->Find("${", 0), ScriptText::kPieceBytes - 1);
  EXPECT_EQ(kept->Find("}", ScriptText::kPieceBytes), ScriptText::kPieceBytes + 2);
  EXPECT_EQ(kept->Find("?", 0), absl::string_view::npos);
  EXPECT_EQ(TextInMemory("")->Find("x", 0), absl::string_view::npos);
}

TEST(ScriptText, AWalkVisitsEachByteOnce) {
  std::string text;
  for (size_t i = 0; i < 3 * ScriptText::kPieceBytes + 5; ++i) text += static_cast<char>(i % 251);
  const auto kept = TextInMemory(text);
  std::string seen;
  kept->Walk(7, text.size() - 2, [&](absl::string_view piece) {
    EXPECT_LE(piece.size(), ScriptText::kPieceBytes);
    seen.append(piece.data(), piece.size());
    return true;
  });
  EXPECT_EQ(seen, text.substr(7, text.size() - 9));
  int visits = 0;
  kept->Walk(0, text.size(), [&](absl::string_view) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST(ScriptText, AWriterMakesAnother) {
  auto writer = TextInMemory("x")->NewWriter();
  ASSERT_THAT(writer->Append("a"), testing::IsOk());
  ASSERT_THAT(writer->Append("b"), testing::IsOk());
  EXPECT_EQ(writer->Finish().value()->view(), "ab");
}

}  // namespace
}  // namespace storefront::migrator
