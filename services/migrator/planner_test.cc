// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_catalog_reader.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_script_source.h"
#include "services/migrator/fake_statement_parser.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OneFinding final : public ScriptJudge {
 public:
  absl::StatusOr<std::vector<LintFinding>> Judge(const ScriptsToJudge&) override {
    return std::vector<LintFinding>{{.rule = "ban-drop-table",
                                     .severity = LintSeverity::kError,
                                     .migration = "V2",
                                     .script = "V2__b.sql"}};
  }
};

class PlannerTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  FakeScriptSource source_{{{"V1__a.sql", "a;"},
                            {"V2__b.sql", "b;"},
                            {"afterMigrate.sql", "x;"},
                            {"beforeMigrate.sql", "x;"}}};
  FakeStatementParser parser_;
  const Placeholders placeholders_ = Placeholders::Make({}).value();
  ScriptCatalog catalog_{source_, parser_, placeholders_, clock_, {}};
  FakeMigrationDatabase database_;
  RunRegistry runs_{clock_, {}};
  OneFinding judge_;
  Migrator migrator_{
      {database_, catalog_, database_, clock_, &judge_}, runs_, {.lint_policy = LintPolicy::kStop}};
  FakeCatalogReader relations_;
  Planner planner_{migrator_, relations_};
};

TEST_F(PlannerTest, FindingsGoToTheirStepsAndRefuseNothing) {
  database_.schemas_to_create = {"extra"};
  const auto plan = planner_.Plan({});
  ASSERT_THAT(plan, testing::IsOk());
  ASSERT_THAT(plan->steps, SizeIs(2));
  EXPECT_THAT(plan->steps[0].findings, IsEmpty());
  EXPECT_THAT(plan->steps[1].findings, SizeIs(1));
  EXPECT_THAT(plan->findings, SizeIs(1));
  EXPECT_THAT(plan->callbacks, ElementsAre("beforeMigrate.sql", "afterMigrate.sql"));
  EXPECT_THAT(plan->schemas_to_create, ElementsAre("extra"));
  EXPECT_EQ(plan->final_version, "2");
  EXPECT_EQ(plan->database, "fake");
  EXPECT_FALSE(database_.history().exists);
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
}

TEST_F(PlannerTest, TheHashIsThatOfTheRun) {
  const auto plan = planner_.Plan({.target = "1"});
  ASSERT_THAT(plan, testing::IsOk());
  const auto checked = migrator_.CheckMigrate(
      {.target = "1", .plan_hash = plan->hash, .lint_policy = LintPolicy::kOff});
  ASSERT_THAT(checked, testing::IsOk());
  EXPECT_EQ(checked->plan_hash, plan->hash);
  EXPECT_THAT(migrator_.CheckMigrate({.plan_hash = plan->hash, .lint_policy = LintPolicy::kOff}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kPlanChanged));
  EXPECT_THAT(
      migrator_.CheckMigrate({.plan_hash = "abc"}),
      testing::HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidField));
}

}  // namespace
}  // namespace storefront::migrator
