// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migrate_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_prepared_script.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;

class PlanMigrateTest : public ::testing::Test {
 protected:
  absl::StatusOr<MigratePlan> Plan(const std::vector<std::string>& paths,
                                   bool needs_baseline = false) {
    std::vector<SourceFile> files;
    for (const std::string& path : paths) files.push_back({"m", path});
    set_ = MakeScriptSet(files, {});
    options_.ignore = IgnorePatterns::Parse({}).value();
    return PlanMigrate(
        {.set = set_,
         .history = history_,
         .needs_baseline = needs_baseline,
         .prepare =
             [](const Script& script) -> absl::StatusOr<std::shared_ptr<const PreparedScript>> {
           const bool vacuums = script.name.description == "vacuum";
           return std::make_shared<const PreparedScript>(
               Prepared(script.file.path, vacuums ? "vacuum;" : "select 1;"));
         }},
        options_);
  }
  static std::vector<std::string> Ids(const MigratePlan& plan) {
    std::vector<std::string> ids;
    for (const PlannedScript& script : plan.scripts) {
      ids.push_back(script.id);
    }
    return ids;
  }
  void Applied(const std::string& version) {
    history_.exists = true;
    const std::string script = "V" + version + "__a.sql";
    HistoryRow row = RowOf(Prepared(script, "select 1;"));
    row.installed_rank = NextRank(history_);
    history_.rows.push_back(row);
  }

  ScriptSet set_;
  History history_;
  MigrateOptions options_;
};

TEST_F(PlanMigrateTest, EachScriptSaysWhyItRuns) {
  Applied("1");
  Applied("3");
  options_.out_of_order = true;
  const auto plan = Plan({"V1__a.sql", "V2__b.sql", "V3__a.sql", "V4__d.sql", "R__v.sql"});
  ASSERT_THAT(plan, testing::IsOk());
  EXPECT_THAT(Ids(*plan), ElementsAre("V2", "V4", "R__v"));
  EXPECT_EQ(plan->scripts[0].reason, PlanReason::kOutOfOrder);
  EXPECT_EQ(plan->scripts[1].reason, PlanReason::kPending);
  EXPECT_EQ(plan->scripts[2].reason, PlanReason::kPending);
  EXPECT_EQ(plan->current_version, "3");
  EXPECT_EQ(plan->final_version, "4");
}

TEST_F(PlanMigrateTest, TheHighestBaselineFileStartsAnEmptyHistory) {
  const auto plan = Plan({"V1__a.sql", "B2__base.sql", "V2__b.sql", "B1__old.sql", "V3__c.sql"});
  ASSERT_THAT(plan, testing::IsOk());
  EXPECT_THAT(Ids(*plan), ElementsAre("B2", "V3"));
  EXPECT_EQ(plan->scripts[0].reason, PlanReason::kBaseline);
}

TEST_F(PlanMigrateTest, ABaselineComesFirstWhereThereIsContent) {
  options_.baseline = BaselineRow(Version::Parse("2").value(), "<< Flyway Baseline >>");
  EXPECT_THAT(Ids(*Plan({"V1__a.sql", "V3__c.sql"})), ElementsAre("V1", "V3"))
      << "without content there is nothing to baseline";
  const auto plan = Plan({"V1__a.sql", "V3__c.sql"}, /*needs_baseline=*/true);
  ASSERT_THAT(plan, testing::IsOk());
  EXPECT_THAT(Ids(*plan), ElementsAre("V3"));
  EXPECT_EQ(plan->baseline->installed_rank, 1);
  EXPECT_EQ(plan->current_version, "");
  EXPECT_EQ(plan->final_version, "3");
  const std::vector<RunStep> steps = StepsOf(*plan);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].migration, "B2");
  EXPECT_EQ(steps[0].action, StepAction::kRecord);
}

TEST_F(PlanMigrateTest, AGroupHoldsOneKindOnly) {
  options_.group = true;
  EXPECT_TRUE(Plan({"V1__a.sql", "V2__b.sql"})->one_transaction);
  EXPECT_FALSE(Plan({"V1__vacuum.sql"})->one_transaction);
  const auto both = Plan({"V1__a.sql", "V2__vacuum.sql"});
  EXPECT_THAT(both, testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kMixedGroup));
  EXPECT_EQ(status::DetailsOf(both.status()).preconditions.at(0).subject, "migrations/V2");
  options_.mixed = true;
  EXPECT_FALSE(Plan({"V1__a.sql", "V2__vacuum.sql"})->one_transaction);
  options_.mixed = false;
  options_.skip_executing = true;
  EXPECT_TRUE(Plan({"V1__a.sql", "V2__vacuum.sql"})->one_transaction) << "only rows are written";
}

TEST_F(PlanMigrateTest, TargetsBoundVersions) {
  Applied("1");
  const std::vector<std::string> files = {"V1__a.sql", "V2__b.sql", "V3__c.sql"};
  const auto ids = [&](const std::string& target) {
    options_.target = Target::Parse(target).value();
    return Ids(Plan(files).value());
  };
  EXPECT_THAT(ids("latest"), ElementsAre("V2", "V3"));
  EXPECT_THAT(ids("next"), ElementsAre("V2"));
  EXPECT_THAT(ids("current"), ElementsAre());
  EXPECT_THAT(ids("2"), ElementsAre("V2"));
  EXPECT_THAT(ids("2.5?"), ElementsAre("V2"));
  options_.target = Target::Parse("2.5").value();
  EXPECT_THAT(Plan(files),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kTargetNotFound));
}

}  // namespace
}  // namespace storefront::migrator
