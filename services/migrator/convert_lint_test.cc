// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/convert_lint.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

LintReport Report(size_t findings, const std::string& message) {
  LintReport report{.script_count = 1};
  for (size_t i = 0; i < findings; ++i) {
    report.findings.push_back({.rule = "ban-drop-table",
                               .severity = LintSeverity::kWarning,
                               .migration = "V1",
                               .line = static_cast<int>(i) + 1,
                               .message = message});
  }
  return report;
}

// Every page until there is none; each page's request is answered from the same report.
std::vector<v1::LintMigrationsResponse> Pages(const LintReport& report, int32_t page_size) {
  std::vector<v1::LintMigrationsResponse> pages;
  std::string token;
  do {
    pages.emplace_back();
    const auto page = grpcserver::ResolvePage(page_size, token, "query");
    EXPECT_THAT(page, testing::IsOk());
    ToProto(report, *page, pages.back());
    token = pages.back().next_page_token();
  } while (!token.empty() && pages.size() < 1000);
  return pages;
}

TEST(ConvertLint, PagesHaveEachFindingOnceAndAllCounts) {
  const auto pages = Pages(Report(120, "m"), 0);
  ASSERT_EQ(pages.size(), 3U);
  int line = 0;
  for (const auto& page : pages) {
    EXPECT_EQ(page.counts().warnings(), 120);
    EXPECT_LE(page.findings_size(), 50);
    for (const auto& finding : page.findings()) EXPECT_EQ(finding.line(), ++line);
  }
  EXPECT_EQ(line, 120);
}

TEST(ConvertLint, APageEndsWhereTheMessageWouldBeTooLong) {
  const auto pages = Pages(Report(1000, std::string(10'000, 'x')), 1000);
  EXPECT_EQ(pages.size(), 4U);  // 10 MB in pages of 3 MiB
  int line = 0;
  for (const auto& page : pages) {
    EXPECT_LT(page.ByteSizeLong(), size_t{4} << 20);
    for (const auto& finding : page.findings()) EXPECT_EQ(finding.line(), ++line);
  }
  EXPECT_EQ(line, 1000);
}

TEST(ConvertLint, NoFindingsAreOnePage) {
  const auto pages = Pages({}, 0);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].findings_size(), 0);
}

TEST(ConvertLint, AMigrationShowsItsFirstFindingsAndCountsAll) {
  v1::Migration migration;
  ToProto(Report(1500, "m"), migration);
  EXPECT_EQ(migration.findings_size(), 1000);
  EXPECT_EQ(migration.finding_counts().warnings(), 1500);
}

TEST(ConvertLint, PagesOfOneRequestBelongTogether) {
  v1::LintMigrationsRequest request;
  request.set_text("drop table a;");
  const std::string query = PageQueryOf(request);
  request.set_page_size(7);
  request.set_page_token("t");
  EXPECT_EQ(PageQueryOf(request), query);
  request.set_include_applied(true);
  EXPECT_NE(PageQueryOf(request), query);
}

TEST(ConvertLint, NamesAndRulesAreChecked) {
  v1::LintMigrationsRequest request;
  request.add_migrations("migrations/V1");
  request.add_enable_rules("require-lock-timeout");
  const auto made = FromProto(request);
  ASSERT_THAT(made, testing::IsOk());
  EXPECT_EQ(made->migrations, std::vector<std::string>{"V1"});
  EXPECT_FALSE(made->text.has_value());
  request.add_migrations("V2");
  EXPECT_THAT(FromProto(request).status(), testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                              status::Reason::kInvalidField));
}

}  // namespace
}  // namespace storefront::migrator
