// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/drift_convert.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

CatalogChange Change(CatalogChange::Action action, const std::string& name, std::string before,
                     std::string now) {
  CatalogChange change{.action = action, .captured_definition = std::move(before)};
  change.object.kind = "view";
  change.object.name = name;
  change.object.definition = std::move(now);
  return change;
}

TEST(DriftToProto, EachActionShowsWhatThereIs) {
  DriftReport report;
  report.capture.run_id = "migrate-1";
  report.changes = {Change(CatalogChange::Action::kAdded, "a", "", "new"),
                    Change(CatalogChange::Action::kRemoved, "b", "old", "old"),
                    Change(CatalogChange::Action::kChanged, "c", "old", "new")};
  v1::Drift out;
  ToProto(report, out);
  EXPECT_TRUE(out.drifted());
  EXPECT_EQ(out.capture().migration_run(), "migrationRuns/migrate-1");
  ASSERT_EQ(out.changes_size(), 3);
  EXPECT_EQ(out.changes(0).action(), v1::SchemaChange::ADDED);
  EXPECT_EQ(out.changes(0).current_definition(), "new");
  EXPECT_EQ(out.changes(1).action(), v1::SchemaChange::REMOVED);
  EXPECT_EQ(out.changes(1).captured_definition(), "old");
  EXPECT_EQ(out.changes(1).current_definition(), "") << "it is gone";
  EXPECT_EQ(out.changes(2).action(), v1::SchemaChange::CHANGED);
  EXPECT_FALSE(out.changes(2).definitions_truncated());
}

TEST(DriftToProto, LongDefinitionsAreCutBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 50'000; ++i) text += "ü";
  DriftReport report;
  report.changes = {Change(CatalogChange::Action::kChanged, "a", "short", text)};
  v1::Drift out;
  ToProto(report, out);
  EXPECT_TRUE(out.changes(0).definitions_truncated());
  EXPECT_EQ(out.changes(0).captured_definition(), "short");
  EXPECT_EQ(out.changes(0).current_definition().size(), (size_t{64} << 10) - 1);
}

TEST(DriftToProto, VeryManyAreCountedAndTheFirstAreShown) {
  for (const size_t length : {size_t{10}, size_t{60'000}}) {
    SCOPED_TRACE(length);
    DriftReport report;
    for (int i = 0; i < 1500; ++i) {
      report.changes.push_back(
          Change(CatalogChange::Action::kAdded, absl::StrCat(i), "", std::string(length, 'x')));
    }
    v1::Drift out;
    ToProto(report, out);
    EXPECT_EQ(out.change_count(), 1500);
    EXPECT_EQ(out.changes_size(), length == 10 ? 1000 : 52);
    EXPECT_LT(out.ByteSizeLong(), size_t{4} << 20);
    EXPECT_EQ(out.changes(51).object(), "51");
  }
}

TEST(DriftToProto, NothingDiffers) {
  v1::Drift out;
  ToProto(DriftReport(), out);
  EXPECT_FALSE(out.drifted());
  EXPECT_EQ(out.capture().migration_run(), "");
}

}  // namespace
}  // namespace storefront::migrator
