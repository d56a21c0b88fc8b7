// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;

class LockKeeperTest : public ::testing::Test {
 protected:
  std::vector<std::string> Events() const {
    std::vector<std::string> types;
    for (const RunEvent& event : journal_.EventsAfter(0)) types.push_back(event.type);
    return types;
  }
  testing::FakeClock clock_;
  FakeMigrationDatabase database_;
  RunJournal journal_{{.id = "r"}, clock_, 100};
  LockKeeper keeper_{database_, clock_, {absl::Seconds(5), absl::Seconds(10)}};
};

TEST_F(LockKeeperTest, TakesAFreeLockAndGivesItBack) {
  EXPECT_THAT(keeper_.Await(journal_, {}), testing::IsOk());
  EXPECT_TRUE(keeper_.locked());
  EXPECT_TRUE(database_.Read()->lock_holder.has_value());
  EXPECT_EQ(journal_.state(), RunState::kRunning);
  EXPECT_THAT(keeper_.Await(journal_, {}), testing::IsOk()) << "held already";
  keeper_.Release();
  EXPECT_FALSE(keeper_.connected());
  EXPECT_FALSE(database_.Read()->lock_holder.has_value());
}

TEST_F(LockKeeperTest, NamesTheHolderWhenTheWaitIsOver) {
  database_.HoldLock(7);
  const clock::SteadyTime begin = clock_.Steady();
  const absl::Status status = keeper_.Await(journal_, {});
  EXPECT_THAT(status,
              testing::HasReason(absl::StatusCode::kDeadlineExceeded, Reason::kHistoryLockTimeout));
  EXPECT_EQ(status::DetailsOf(status).metadata.at("pid"), "7");
  EXPECT_GE(clock_.Steady() - begin, absl::Seconds(5));
  EXPECT_LT(clock_.Steady() - begin, absl::Seconds(7));
  EXPECT_EQ(journal_.state(), RunState::kWaitingForLock);
  EXPECT_EQ(journal_.Snapshot().lock_holder->pid, 7);
  EXPECT_THAT(Events(), ElementsAre("lock_waiting")) << "once for one holder";
}

TEST_F(LockKeeperTest, WaitsForAServerWithinItsLimit) {
  database_.RefuseConnects(3);
  EXPECT_THAT(keeper_.Await(journal_, {}), testing::IsOk());
  keeper_.Drop();
  database_.RefuseConnects(1'000'000);
  const clock::SteadyTime begin = clock_.Steady();
  EXPECT_THAT(keeper_.Await(journal_, {}),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_LT(clock_.Steady() - begin, absl::Seconds(13));
}

TEST_F(LockKeeperTest, AStopEndsTheWait) {
  std::stop_source stop;
  stop.request_stop();
  database_.HoldLock(7);
  EXPECT_THAT(keeper_.Await(journal_, stop.get_token()),
              testing::HasReason(absl::StatusCode::kCancelled, Reason::kCallCancelled));
}

TEST_F(LockKeeperTest, ARunThatIsCancelledStaysSo) {
  journal_.RequestCancel();
  EXPECT_THAT(keeper_.Await(journal_, {}), testing::IsOk());
  EXPECT_EQ(journal_.state(), RunState::kCancelling);
}

TEST(IsSessionLost, TellsALossFromAnEndOnPurpose) {
  const auto unavailable = [](const char* state, const char* words) {
    return status::Error({.code = absl::StatusCode::kUnavailable,
                          .reason = Reason::kBackendUnavailable,
                          .metadata = {{"sqlstate", state}},
                          .internal = words});
  };
  EXPECT_TRUE(IsSessionLost(unavailable("08006", "")));
  EXPECT_TRUE(IsSessionLost(unavailable("57P02", "")));
  EXPECT_FALSE(IsSessionLost(unavailable("57P01", "terminating connection due to administrator")));
  EXPECT_TRUE(IsSessionLost(unavailable("57P01", "FATAL: unexpected postmaster exit")));
  EXPECT_TRUE(IsSessionLost(status::Error(
      {.code = absl::StatusCode::kUnknown, .reason = Reason::kCommitInDoubt, .message = "?"})));
  EXPECT_FALSE(IsSessionLost(absl::OkStatus()));
  EXPECT_FALSE(IsSessionLost(RunCancelled()));
}

}  // namespace
}  // namespace storefront::migrator
