// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/migrator/fake_prepared_script.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const PreparedScript> Script(const std::string& file,
                                             const std::string& text = "x;") {
  return std::make_shared<const PreparedScript>(Prepared(file, text));
}

MigratePlan PlanOf(const std::vector<std::string>& files) {
  MigratePlan plan;
  for (const std::string& file : files)
    plan.scripts.push_back({.id = file, .prepared = Script(file)});
  return plan;
}

// "V1__a.sql", "V1__a.sql+row", "row".
std::vector<std::string> Texts(const UnitList& list) {
  std::vector<std::string> texts;
  for (const ScriptUnit& unit : list.units()) {
    std::string text = unit.script == nullptr ? "" : unit.script->script.file.path;
    if (unit.row) text += text.empty() ? "row" : "+row";
    texts.push_back(text);
  }
  return texts;
}

TEST(UnitList, AScriptCarriesItsRow) {
  const MigratePlan plan = PlanOf({"V1__a.sql"});
  UnitList list;
  list.AddScript(plan, 0, 7);
  EXPECT_THAT(Texts(list), ElementsAre("V1__a.sql+row"));
  EXPECT_EQ(list.units()[0].row->installed_rank, 7);
  EXPECT_EQ(list.origin(0).script, 0U);
}

TEST(UnitList, CallbacksStandAroundAScriptAndItsRowComesLast) {
  MigratePlan plan = PlanOf({"V1__a.sql"});
  plan.callbacks[CallbackEvent::kBeforeEachMigrate] = {Script("beforeEachMigrate.sql")};
  UnitList before;
  before.AddScript(plan, 0, 1);
  EXPECT_THAT(Texts(before), ElementsAre("beforeEachMigrate.sql", "V1__a.sql+row"));
  plan.callbacks[CallbackEvent::kAfterEachMigrate] = {Script("afterEachMigrate.sql")};
  UnitList both;
  both.AddScript(plan, 0, 1);
  EXPECT_THAT(Texts(both),
              ElementsAre("beforeEachMigrate.sql", "V1__a.sql", "afterEachMigrate.sql", "row"));
  EXPECT_EQ(both.origin(2).event, CallbackEvent::kAfterEachMigrate);
  EXPECT_EQ(both.origin(3).script, 0U);
  EXPECT_EQ(both.Scripts()[3], nullptr);
  plan.skip_executing = true;
  UnitList row_only;
  row_only.AddScript(plan, 0, 1);
  EXPECT_THAT(Texts(row_only), ElementsAre("row"));
}

TEST(UnitList, SaysWhenACallbackWasLeftOut) {
  MigratePlan plan;
  plan.callbacks[CallbackEvent::kAfterMigrate] = {Script("afterMigrate__a.sql"),
                                                  Script("afterMigrate__b.sql", "vacuum;")};
  UnitList list;
  EXPECT_FALSE(list.AddCallbacks(plan, CallbackEvent::kAfterMigrate, /*only_transactional=*/true));
  EXPECT_THAT(Texts(list), ElementsAre("afterMigrate__a.sql"));
  EXPECT_TRUE(list.AddCallbacks(plan, CallbackEvent::kBeforeMigrate, /*only_transactional=*/true));
}

TEST(BeginsRepeatables, IsTrueOnce) {
  const MigratePlan plan = PlanOf({"V1__a.sql", "R__a.sql", "R__b.sql"});
  EXPECT_FALSE(BeginsRepeatables(plan, 0));
  EXPECT_TRUE(BeginsRepeatables(plan, 1));
  EXPECT_FALSE(BeginsRepeatables(plan, 2));
  EXPECT_TRUE(HasRepeatables(plan));
  EXPECT_FALSE(HasRepeatables(PlanOf({"V1__a.sql"})));
  EXPECT_FALSE(HasRepeatables({}));
}

}  // namespace
}  // namespace storefront::migrator
