// SPDX-License-Identifier: Apache-2.0
#include "cli/view.h"

#include <gtest/gtest.h>

namespace storefront::cli {
namespace {

TEST(Views, PathsLeadThroughObjectsAndLists) {
  const Document row = {{"a", {{"b", "x"}}},
                        {"list", {{{"key", "k1"}}, {{"key", "k2"}}}},
                        {"time", "2026-01-02T03:04:05.5Z"}};
  EXPECT_EQ(TextAt(row, "a.b"), "x");
  EXPECT_EQ(TextAt(row, "list.1.key"), "k2");
  EXPECT_EQ(TextAt(row, "list.2.key"), "");
  EXPECT_EQ(TextAt(row, "list.*.key"), "k1,k2");
  EXPECT_EQ(TextAt(row, "a.c"), "");
  EXPECT_EQ(TextAt(row, "time"), "2026-01-02 03:04:05");
}

TEST(Views, BytesHaveUnits) {
  const Column column{.heading = "LAG", .path = "lag", .shown = Shown::kBytes};
  EXPECT_EQ(CellOf({{"lag", "0"}}, column), "0 B");
  EXPECT_EQ(CellOf({{"lag", "1536"}}, column), "1.5 KiB");
  EXPECT_EQ(CellOf({{"lag", "1073741824"}}, column), "1 GiB");
  EXPECT_EQ(CellOf({{"other", 1}}, column), "");
}

TEST(Views, AnEnumThatIsNotSetIsNoText) {
  EXPECT_EQ(CellOf({{"risk", "RISK_UNSPECIFIED"}}, {"RISK", "risk"}), "");
}

TEST(Views, AnUnknownListAnswerShowsItsList) {
  EXPECT_EQ(ViewFor("some.New", {{"things", Document::array()}, {"nextPageToken", ""}}).rows,
            "things");
  EXPECT_EQ(ViewFor("some.New", {{"things", Document::array()}, {"etag", "x"}}).rows, "");
}

}  // namespace
}  // namespace storefront::cli
