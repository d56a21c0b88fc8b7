// What baseline, repair, clean and force-unlock ask of a database, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "libs/testing/status_matchers.h"
#include "services/migrator/clean_plan.h"
#include "services/migrator/migration_connection_contract.h"
#include "services/migrator/repair_plan.h"

namespace storefront::migrator {

class HistoryCommandsContract : public MigrationConnectionContract {
 protected:
  static HistoryRow BaselineRow() {
    return {.installed_rank = 1,
            .version = Version::Parse("007").value(),
            .description = "as found",
            .type = HistoryType::kBaseline,
            .script = "as found"};
  }
  void ApplyOne(MigrationConnection& connection, const std::string& file, const std::string& text,
                int rank) {
    const PreparedScript script = Prepared(file, text);
    ASSERT_THAT(connection.Apply(script, Row(script, rank), true, observer_, {}), testing::IsOk());
  }
  // Leaves a row without success, and an index that is not valid.
  void FailToIndex(MigrationConnection& connection, int rank) {
    const PreparedScript script =
        Prepared("V2__i.sql", "create index concurrently t_i on t ((i * 1/0));");
    ASSERT_FALSE(connection.ApplyOutsideTransaction(script, Row(script, rank), observer_, {}).ok());
  }
  static CleanPlan PlanOf(MigrationConnection& connection) {
    return PlanClean(connection.ReadContents().value(), connection.ReadHistory().value()).value();
  }
};

TEST_P(HistoryCommandsContract, ABaselineComesWithItsTable) {
  auto connection = bench_->database().Open().value();
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  ASSERT_THAT(connection->WriteBaseline(BaselineRow(), observer_, {}), testing::IsOk());
  const History history = connection->ReadHistory().value();
  ASSERT_EQ(history.rows.size(), 1U);
  HistoryRow expected = BaselineRow();
  expected.installed_by = connection->facts().user;
  expected.installed_on = history.rows[0].installed_on;
  EXPECT_EQ(history.rows[0], expected);
  EXPECT_EQ(history.rows[0].version->text(), "007");
}

TEST_P(HistoryCommandsContract, ABaselineJoinsATableThatIsThere) {
  auto connection = OpenLocked();
  ASSERT_THAT(connection->WriteBaseline(BaselineRow(), observer_, {}), testing::IsOk());
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 1U);
}

TEST_P(HistoryCommandsContract, RepairChangesTheHistoryInOneGo) {
  auto connection = OpenLocked();
  ApplyOne(*connection, "V1__a.sql", "create table t (i int); insert into t values (1);", 1);
  FailToIndex(*connection, 2);
  ApplyOne(*connection, "V3__c.sql", "select 3;", 3);
  const History before = connection->ReadHistory().value();
  RepairPlan plan{.removed_ranks = {2}, .deletions = {DeletionOf(before.rows[0], 4)}};
  plan.alignments.push_back({.installed_rank = 3,
                             .description = "new",
                             .type = HistoryType::kSqlBaseline,
                             .checksum = -7});
  ASSERT_THAT(connection->Repair(plan, observer_, {}), testing::IsOk());
  const History after = connection->ReadHistory().value();
  ASSERT_EQ(after.rows.size(), 3U);
  EXPECT_EQ(after.rows[0], before.rows[0]);
  HistoryRow aligned = before.rows[2];
  aligned.description = "new";
  aligned.type = HistoryType::kSqlBaseline;
  aligned.checksum = -7;
  EXPECT_EQ(after.rows[1], aligned);
  HistoryRow deletion = plan.deletions[0];
  deletion.installed_by = connection->facts().user;
  deletion.installed_on = after.rows[2].installed_on;
  EXPECT_EQ(after.rows[2], deletion);
}

TEST_P(HistoryCommandsContract, M4AnInvalidIndexIsFoundAndDropped) {
  auto connection = OpenLocked();
  EXPECT_THAT(connection->FindInvalidIndexes(), testing::IsOkAndHolds(::testing::IsEmpty()));
  ApplyOne(*connection, "V1__a.sql", "create table t (i int); insert into t values (1);", 1);
  FailToIndex(*connection, 2);
  const InvalidIndex index{.schema = "public", .name = "t_i", .table = "t"};
  ASSERT_THAT(connection->FindInvalidIndexes(),
              testing::IsOkAndHolds(::testing::ElementsAre(index)));
  ASSERT_THAT(connection->Repair({.removed_ranks = {2}, .dropped_indexes = {index}}, observer_, {}),
              testing::IsOk());
  EXPECT_THAT(connection->FindInvalidIndexes(), testing::IsOkAndHolds(::testing::IsEmpty()));
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 1U);
}

TEST_P(HistoryCommandsContract, CleanLeavesNothing) {
  auto connection = OpenLocked();
  ApplyOne(*connection, "V1__a.sql", "create table t (i int);", 1);
  const CleanPlan plan = PlanOf(*connection);
  EXPECT_EQ(plan.objects.size(), 2U) << "the history too";
  ASSERT_THAT(connection->Clean(plan, observer_, {}), testing::IsOk());
  EXPECT_FALSE(connection->ReadHistory()->exists);
  const SchemaContents contents = connection->ReadContents().value();
  EXPECT_TRUE(IsCleaned(plan, contents));
  EXPECT_THAT(contents.objects, ::testing::IsEmpty());
  EXPECT_THAT(contents.schemas, ::testing::ElementsAre("public"));
  EXPECT_THAT(connection->CreateHistory(), testing::IsOk()) << "and it can begin anew";
}

TEST_P(HistoryCommandsContract, CleanKnowsThatSomethingIsNew) {
  auto connection = OpenLocked();
  const CleanPlan plan = PlanOf(*connection);
  ApplyOne(*connection, "V1__a.sql", "create table t (i int);", 1);
  EXPECT_THAT(connection->Clean(plan, observer_, {}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kPlanChanged));
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 1U) << "nothing was dropped";
}

TEST_P(HistoryCommandsContract, WithoutTheLockNoCommandChangesAnything) {
  auto connection = OpenLocked();
  ApplyOne(*connection, "V1__a.sql", "create table t (i int);", 1);
  const CleanPlan clean = PlanOf(*connection);
  const History before = connection->ReadHistory().value();
  ASSERT_THAT(connection->Unlock(), testing::IsOk());
  const auto lock_lost = testing::HasReason(absl::StatusCode::kAborted, status::Reason::kLockLost);
  HistoryRow baseline = BaselineRow();
  baseline.installed_rank = 2;
  EXPECT_THAT(connection->WriteBaseline(baseline, observer_, {}), lock_lost);
  EXPECT_THAT(connection->Repair({.deletions = {DeletionOf(before.rows[0], 2)}}, observer_, {}),
              lock_lost);
  EXPECT_THAT(connection->Clean(clean, observer_, {}), lock_lost);
  EXPECT_EQ(connection->ReadHistory().value(), before);
}

TEST_P(HistoryCommandsContract, AStoppedCommandIsRolledBack) {
  auto connection = OpenLocked();
  ApplyOne(*connection, "V1__a.sql", "create table t (i int);", 1);
  const CleanPlan clean = PlanOf(*connection);
  const History before = connection->ReadHistory().value();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(connection->Clean(clean, observer_, stop.get_token()).code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(
      connection
          ->Repair({.deletions = {DeletionOf(before.rows[0], 2)}}, observer_, stop.get_token())
          .code(),
      absl::StatusCode::kCancelled);
  EXPECT_EQ(connection->ReadHistory().value(), before);
}

TEST_P(HistoryCommandsContract, OnlyTheHolderThatIsNamedIsEnded) {
  auto holder = bench_->database().Open().value();
  auto other = bench_->database().Open().value();
  SchemaHistory& onlooker = bench_->onlooker();
  EXPECT_EQ(onlooker.Facts()->database, holder->facts().database);
  const auto not_held =
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kLockNotHeld);
  EXPECT_THAT(onlooker.EndLockHolder(holder->backend_pid(), absl::FromUnixSeconds(1)), not_held);
  ASSERT_THAT(holder->TryLock(), testing::IsOkAndHolds(true));
  const LockHolder found = other->FindLockHolder()->value();
  EXPECT_THAT(onlooker.EndLockHolder(found.pid, found.backend_start + absl::Microseconds(1)),
              not_held)
      << "a later session with the same pid";
  EXPECT_THAT(onlooker.EndLockHolder(other->backend_pid(), found.backend_start), not_held);
  const auto ended = onlooker.EndLockHolder(found.pid, found.backend_start);
  ASSERT_THAT(ended, testing::IsOk());
  EXPECT_EQ(ended->pid, found.pid);
  EXPECT_EQ(ended->backend_start, found.backend_start);
  EXPECT_THAT(onlooker.EndLockHolder(found.pid, found.backend_start), not_held) << "repeated";
  EXPECT_FALSE(holder->ReadHistory().ok());
  EXPECT_THAT(other->TryLock(), testing::IsOkAndHolds(true));
}

}  // namespace storefront::migrator
