// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_prepared_script.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DryRunTest : public ::testing::Test {
 protected:
  absl::Status Try(const std::stop_token& stop = {}) {
    auto session = database_.Open().value();
    EXPECT_THAT(session->TryLock(), testing::IsOkAndHolds(true));
    journal_.Update([&](migrator::Run& run) { run.steps = StepsOf(plan_); });
    return TryOut(plan_, {}, 0, *session,
                  {.onlooker = database_,
                   .placeholders = placeholders_,
                   .clock = clock_,
                   .journal = journal_},
                  stop);
  }
  void Add(const std::string& file, const std::string& text) {
    plan_.scripts.push_back(
        {.id = file, .prepared = std::make_shared<const PreparedScript>(Prepared(file, text))});
  }
  std::vector<StepState> States() const {
    std::vector<StepState> states;
    for (const RunStep& step : journal_.Snapshot().steps) states.push_back(step.state);
    return states;
  }
  std::vector<std::string> Messages(const std::string& type) const {
    std::vector<std::string> messages;
    for (const RunEvent& event : journal_.EventsAfter(0)) {
      if (event.type == type) messages.push_back(event.message);
    }
    return messages;
  }

  testing::FakeClock clock_;
  FakeMigrationDatabase database_;
  const Placeholders placeholders_ = Placeholders::Make({}).value();
  RunJournal journal_{{.id = "r"}, clock_, 100};
  MigratePlan plan_;
};

TEST_F(DryRunTest, TellsEachLockOnceAndWhatIsHeldAtTheEndOfAStep) {
  Add("V1__a.sql", "lock table t in share mode; x; lock table u in exclusive mode;");
  Add("V2__b.sql", "lock table t in share mode;");
  EXPECT_THAT(Try(), testing::IsOk());
  EXPECT_THAT(Messages("locks"), ElementsAre("SHARE on public.t", "EXCLUSIVE on public.u"));
  EXPECT_THAT(States(), ElementsAre(StepState::kRolledBack, StepState::kRolledBack));
  EXPECT_EQ(journal_.Snapshot().steps[1].detail, "holds SHARE on public.t, EXCLUSIVE on public.u");
  EXPECT_THAT(database_.runs(), IsEmpty());
}

TEST_F(DryRunTest, ABaselineIsPartOfIt) {
  plan_.baseline = BaselineRow(Version::Parse("1").value(), "<< Flyway Baseline >>");
  plan_.baseline->installed_rank = 1;
  Add("V2__b.sql", "select 1/0;");
  EXPECT_FALSE(Try().ok());
  EXPECT_THAT(States(), ElementsAre(StepState::kRolledBack, StepState::kFailed));
}

TEST_F(DryRunTest, CallbacksThatCannotBeTakenBackAreLeftOutAndNamed) {
  Add("V1__a.sql", "a;");
  plan_.callbacks[CallbackEvent::kBeforeMigrate] = {
      std::make_shared<const PreparedScript>(Prepared("beforeMigrate.sql", "b;"))};
  plan_.callbacks[CallbackEvent::kAfterMigrate] = {
      std::make_shared<const PreparedScript>(Prepared("afterMigrate.sql", "vacuum;"))};
  EXPECT_THAT(Try(), testing::IsOk());
  EXPECT_THAT(Messages("callback"), ElementsAre("beforeMigrate"));
  EXPECT_THAT(Messages("notice"), ElementsAre("callbacks that refuse a transaction were left out"));
}

TEST_F(DryRunTest, AStopLeavesItsStepPending) {
  Add("V1__a.sql", "a;");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled(Try(stop.get_token())));
  EXPECT_THAT(States(), ElementsAre(StepState::kPending));
}

}  // namespace
}  // namespace storefront::migrator
