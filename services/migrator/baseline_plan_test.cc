// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/baseline_plan.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using status::Reason;

Version V(const char* text) { return Version::Parse(text).value(); }

HistoryRow Row(int rank, HistoryType type, const char* version, std::string description) {
  HistoryRow row{.installed_rank = rank, .description = description, .type = type};
  if (version != nullptr) row.version = V(version);
  row.script = std::move(description);
  return row;
}

TEST(PlanBaseline, AnEmptyHistoryGetsRankOneAndNoChecksum) {
  const auto row = PlanBaseline({}, {.version = V("007.1")});
  ASSERT_THAT(row, testing::IsOk());
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ(**row, (HistoryRow{.installed_rank = 1,
                               .version = V("007.1"),
                               .description = "<< Flyway Baseline >>",
                               .type = HistoryType::kBaseline,
                               .script = "<< Flyway Baseline >>"}));
  EXPECT_EQ((*row)->version->text(), "007.1") << "zeros are kept";
}

TEST(PlanBaseline, TheRowOfTheSchemasIsNoScript) {
  const History history{
      .exists = true,
      .rows = {Row(0, HistoryType::kSchema, nullptr, "<< Flyway Schema Creation >>")}};
  const auto row = PlanBaseline(history, {.version = V("1"), .description = "as found"});
  ASSERT_THAT(row, testing::IsOk());
  EXPECT_EQ((*row)->installed_rank, 1);
  EXPECT_EQ((*row)->script, "as found");
}

TEST(PlanBaseline, TheSameAgainIsNothing) {
  const History history{.exists = true, .rows = {Row(1, HistoryType::kBaseline, "1", "as found")}};
  EXPECT_EQ(PlanBaseline(history, {V("1.0"), "as found"}).value(), std::nullopt)
      << "1 and 1.0 are one version";
  History later = history;
  later.rows.push_back(Row(2, HistoryType::kSql, "2", "b"));
  EXPECT_EQ(PlanBaseline(later, {V("1"), "as found"}).value(), std::nullopt);
}

TEST(PlanBaseline, AnotherOneIsRefused) {
  const History history{.exists = true, .rows = {Row(1, HistoryType::kBaseline, "1", "as found")}};
  for (const BaselineMark& mark : {BaselineMark{V("2"), "as found"}, BaselineMark{V("1"), "x"}}) {
    EXPECT_THAT(
        PlanBaseline(history, mark),
        testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kAlreadyBaselined));
  }
}

TEST(PlanBaseline, ScriptsBeforeItAreRefusedWhateverBecameOfThem) {
  for (const HistoryType type : {HistoryType::kSql, HistoryType::kSqlBaseline}) {
    History history{.exists = true, .rows = {Row(1, type, "1", "a")}};
    const auto refused = PlanBaseline(history, {.version = V("1")});
    EXPECT_THAT(refused, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                            Reason::kHistoryNotEmpty));
    history.rows[0].success = false;
    EXPECT_FALSE(PlanBaseline(history, {.version = V("1")}).ok());
    history.rows[0].success = true;
    history.rows.push_back(Row(2, HistoryType::kDelete, "1", "a"));
    EXPECT_FALSE(PlanBaseline(history, {.version = V("1")}).ok());
  }
}

TEST(PlanBaseline, LongTextsAreCutToTheirColumns) {
  const auto row = PlanBaseline({}, {V("1"), std::string(250, 'x')});
  ASSERT_THAT(row, testing::IsOk());
  EXPECT_EQ((*row)->description, std::string(197, 'x') + "...");
  EXPECT_EQ((*row)->script, (*row)->description);
  const History history{.exists = true, .rows = {**row}};
  EXPECT_EQ(PlanBaseline(history, {V("1"), std::string(250, 'x')}).value(), std::nullopt);
}

}  // namespace
}  // namespace storefront::migrator
