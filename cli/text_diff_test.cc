// SPDX-License-Identifier: Apache-2.0
#include "cli/text_diff.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storefront::cli {
namespace {

TEST(UnifiedDiff, EqualTextsGiveNothing) {
  EXPECT_EQ(UnifiedDiff("", ""), "");
  EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nb"), "");
}

TEST(UnifiedDiff, IsThatOfDiff) {
  EXPECT_EQ(UnifiedDiff("a\nb\nc\n", "a\nx\nc\nd\n"), "@@ -1,3 +1,4 @@\n a\n-b\n+x\n c\n+d\n");
  EXPECT_EQ(UnifiedDiff("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(UnifiedDiff("a", ""), "@@ -1 +0,0 @@\n-a\n");
}

std::string Numbers(int from, int to) {
  std::string out;
  for (int i = from; i <= to; ++i) absl::StrAppend(&out, i, "\n");
  return out;
}

TEST(UnifiedDiff, FarChangesAreHunksOfTheirOwn) {
  const std::string before = Numbers(1, 30);
  const std::string after = absl::StrCat(Numbers(1, 4), "x\n", Numbers(6, 24), Numbers(26, 30));
  EXPECT_EQ(UnifiedDiff(before, after),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"
            "@@ -22,7 +22,6 @@\n 22\n 23\n 24\n-25\n 26\n 27\n 28\n");
}

TEST(UnifiedDiff, CloseChangesShareAHunk) {
  const std::string after = absl::StrCat("x\n", Numbers(2, 7), "y\n", Numbers(9, 9));
  EXPECT_EQ(UnifiedDiff(Numbers(1, 9), after),
            "@@ -1,9 +1,9 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n 9\n");
}

TEST(UnifiedDiff, LongTextsAreNotCompared) {
  const std::string diff = UnifiedDiff(Numbers(1, 3000), Numbers(5000, 5001));
  EXPECT_EQ(diff.substr(0, 20), "@@ -1,3000 +1,2 @@\n-");
  EXPECT_EQ(diff.substr(diff.size() - 12), "+5000\n+5001\n");
}

}  // namespace
}  // namespace storefront::cli
