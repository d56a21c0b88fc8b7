// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/history_row.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

TEST(HistoryType, NamesGoBothWays) {
  for (const absl::string_view name :
       {"SQL", "SQL_BASELINE", "BASELINE", "SCHEMA", "DELETE", "JDBC", "SCRIPT", "UNDO_SCRIPT",
        "CUSTOM", "JDBC_BASELINE", "SPRING_JDBC"}) {
    const auto type = ParseHistoryType(name);
    ASSERT_THAT(type, testing::IsOk());
    EXPECT_EQ(HistoryTypeName(*type), name);
  }
  EXPECT_THAT(ParseHistoryType("UNDO_SQL"),
              testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                 status::Reason::kUnknownHistoryType));
}

TEST(Shorten, CutsAsFlywayDoes) {
  EXPECT_EQ(ShortenDescription(std::string(200, 'd')), std::string(200, 'd'));
  EXPECT_EQ(ShortenDescription(std::string(201, 'd')), std::string(197, 'd') + "...");
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "ü";  // 400 bytes, 200 units
  EXPECT_EQ(ShortenDescription(wide), wide);
  EXPECT_EQ(ToUtf16(ShortenDescription(wide + "ü")).size(), 200U);
  EXPECT_EQ(ShortenScript(std::string(1000, 's')).size(), 1000U);
  EXPECT_EQ(ShortenScript("a" + std::string(1000, 's')), "..." + std::string(997, 's'));
}

TEST(NextRank, IsOneAboveTheHighest) {
  History history;
  EXPECT_EQ(NextRank(history), 1);
  history.rows.push_back({.installed_rank = 0, .type = HistoryType::kSchema});
  EXPECT_EQ(NextRank(history), 1);
  history.rows.push_back({.installed_rank = 7});
  EXPECT_EQ(NextRank(history), 8);
}

TEST(QualifiedName, DoublesQuotes) {
  EXPECT_EQ(QualifiedName("sh\"op", "t"), "\"sh\"\"op\".\"t\"");
}

}  // namespace
}  // namespace storefront::migrator
