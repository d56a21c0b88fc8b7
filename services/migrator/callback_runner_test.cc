// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/callback_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_prepared_script.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunCallbacksTest : public ::testing::Test {
 protected:
  RunCallbacksTest() : session_(database_.Open().value()) {
    EXPECT_THAT(session_->TryLock(), testing::IsOkAndHolds(true));
  }
  void Add(const std::string& file, const std::string& text) {
    callbacks_[CallbackEvent::kAfterMigrate].push_back(
        std::make_shared<const PreparedScript>(Prepared(file, text)));
  }
  absl::Status Run(const std::stop_token& stop = {}) {
    return RunCallbacks(callbacks_, CallbackEvent::kAfterMigrate, /*lock_retries=*/2, *session_,
                        {.onlooker = database_,
                         .placeholders = placeholders_,
                         .clock = clock_,
                         .journal = journal_},
                        stop);
  }
  int EventsOf(const std::string& type) const {
    int count = 0;
    for (const RunEvent& event : journal_.EventsAfter(0)) count += event.type == type ? 1 : 0;
    return count;
  }

  testing::FakeClock clock_;
  FakeMigrationDatabase database_;
  const Placeholders placeholders_ = Placeholders::Make({}).value();
  RunJournal journal_{{.id = "r"}, clock_, 100};
  std::unique_ptr<MigrationConnection> session_;
  Callbacks callbacks_;
};

TEST_F(RunCallbacksTest, EachInTurnOfEitherKind) {
  Add("afterMigrate__a.sql", "a;");
  Add("afterMigrate__b.sql", "vacuum;");
  EXPECT_THAT(Run(), testing::IsOk());
  EXPECT_THAT(database_.runs(), ElementsAre("afterMigrate__a.sql", "afterMigrate__b.sql"));
  EXPECT_EQ(EventsOf("callback"), 2);
  EXPECT_THAT(database_.history().rows, IsEmpty());
}

TEST_F(RunCallbacksTest, TheFirstThatFailsEndsIt) {
  Add("afterMigrate__a.sql", "a;\nselect 1/0;");
  Add("afterMigrate__b.sql", "b;");
  const absl::Status failed = Run();
  EXPECT_THAT(failed,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kScriptFailed));
  EXPECT_EQ(status::DetailsOf(failed).metadata.at("line"), "2");
  EXPECT_THAT(database_.runs(), IsEmpty());
}

TEST_F(RunCallbacksTest, ALockTimeoutIsRepeatedWithinBounds) {
  Add("afterMigrate.sql", "locked;");
  database_.locked_failures = 2;
  EXPECT_THAT(Run(), testing::IsOk());
  EXPECT_EQ(EventsOf("retry"), 2);
  database_.locked_failures = -1;
  EXPECT_THAT(Run(), testing::HasReason(absl::StatusCode::kAborted, Reason::kLockTimeout));
}

TEST_F(RunCallbacksTest, NothingTellsWhatALostOneDid) {
  Add("afterMigrate.sql", "a;");
  database_.SetFates({CommitFate::kLostAfter});
  EXPECT_THAT(Run(),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
}

TEST_F(RunCallbacksTest, AStopEndsIt) {
  Add("afterMigrate.sql", "a;");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled(Run(stop.get_token())));
  EXPECT_THAT(database_.runs(), IsEmpty());
}

}  // namespace
}  // namespace storefront::migrator
