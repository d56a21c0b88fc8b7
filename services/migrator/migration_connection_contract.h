// What every migration database and its onlooker must do, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_prepared_script.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/schema_history.h"

namespace storefront::migrator {

// An empty database with both ports on it.
class MigrationBench {
 public:
  virtual ~MigrationBench() = default;
  virtual MigrationDatabase& database() = 0;
  virtual SchemaHistory& onlooker() = 0;
};

class SilentObserver final : public ScriptObserver {
 public:
  void OnUnitStarted(size_t unit) override { units.push_back(unit); }
  void OnLocksHeld(size_t, const std::vector<HeldLock>& held) override { locks = held; }
  void OnStatementStarted(size_t) override {}
  void OnStatementFinished(size_t, int64_t) override { ++finished; }
  void OnNotice(absl::string_view, absl::string_view) override {}
  void OnTick() override {}
  int finished = 0;
  std::vector<size_t> units;
  std::vector<HeldLock> locks;  // at the end
};

using MakeMigrationBench = std::function<std::unique_ptr<MigrationBench>()>;
class MigrationConnectionContract : public ::testing::TestWithParam<MakeMigrationBench> {
 protected:
  std::unique_ptr<MigrationConnection> OpenLocked() {
    auto connection = bench_->database().Open().value();
    EXPECT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
    EXPECT_THAT(connection->CreateHistory(), testing::IsOk());
    return connection;
  }
  static HistoryRow Row(const PreparedScript& script, int rank) {
    HistoryRow row = RowOf(script);
    row.installed_rank = rank;
    return row;
  }
  std::unique_ptr<MigrationBench> bench_ = GetParam()();
  SilentObserver observer_;
};

TEST_P(MigrationConnectionContract, OneSessionHoldsTheLock) {
  auto first = bench_->database().Open().value();
  auto second = bench_->database().Open().value();
  EXPECT_THAT(first->TryLock(), testing::IsOkAndHolds(true));
  EXPECT_THAT(first->TryLock(), testing::IsOkAndHolds(true)) << "again by its holder";
  EXPECT_THAT(second->TryLock(), testing::IsOkAndHolds(false));
  const auto holder = second->FindLockHolder();
  ASSERT_THAT(holder, testing::IsOk());
  ASSERT_TRUE(holder->has_value());
  EXPECT_EQ((*holder)->pid, first->backend_pid());
  EXPECT_EQ(bench_->onlooker().Read()->lock_holder->pid, first->backend_pid());
  EXPECT_THAT(first->Unlock(), testing::IsOk());
  EXPECT_THAT(second->TryLock(), testing::IsOkAndHolds(true));
}

TEST_P(MigrationConnectionContract, TheHistoryIsMadeOnce) {
  auto connection = bench_->database().Open().value();
  EXPECT_FALSE(connection->ReadHistory()->exists);
  EXPECT_THAT(connection->CheckSchemasEmpty(), testing::IsOk());
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  EXPECT_THAT(connection->CreateHistory(), testing::IsOk());
  EXPECT_THAT(connection->CreateHistory(), testing::IsOk());
  EXPECT_TRUE(connection->ReadHistory()->exists);
  EXPECT_TRUE(bench_->onlooker().Read()->history.exists);
  EXPECT_TRUE(bench_->onlooker().Read()->history.rows.empty());
}

TEST_P(MigrationConnectionContract, AnAppliedScriptHasItsRow) {
  auto connection = OpenLocked();
  const PreparedScript script = Prepared("V009_4__a_b.sql", "create table a (i int); select 1;");
  const auto applied = connection->Apply(script, Row(script, 1), true, observer_, {});
  ASSERT_THAT(applied, testing::IsOk());
  EXPECT_EQ(applied->installed_rank, 1);
  EXPECT_EQ(observer_.finished, 2);
  const History history = connection->ReadHistory().value();
  ASSERT_EQ(history.rows.size(), 1U);
  EXPECT_EQ(history.rows[0].version->text(), "009.4");
  EXPECT_EQ(history.rows[0].description, "a b");
  EXPECT_EQ(history.rows[0].script, "V009_4__a_b.sql");
  EXPECT_EQ(history.rows[0].checksum, script.script.checksum);
  EXPECT_EQ(history.rows[0].installed_by, connection->facts().user);
  EXPECT_TRUE(history.rows[0].success);
  EXPECT_EQ(bench_->onlooker().Read()->history, history);
}

TEST_P(MigrationConnectionContract, AFailedScriptLeavesNothing) {
  auto connection = OpenLocked();
  const PreparedScript script = Prepared("V1__a.sql", "create table a (i int); select 1/0;");
  const auto failed = connection->Apply(script, Row(script, 1), false, observer_, {});
  EXPECT_THAT(failed, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kScriptFailed));
  const auto metadata = status::DetailsOf(failed.status()).metadata;
  EXPECT_EQ(metadata.at("sqlstate"), "22012");
  EXPECT_EQ(metadata.at("statement"), "1");
  EXPECT_TRUE(connection->ReadHistory()->rows.empty());
  const PreparedScript good = Prepared("V1__a.sql", "create table a (i int);");
  EXPECT_THAT(connection->Apply(good, Row(good, 1), true, observer_, {}), testing::IsOk());
}

TEST_P(MigrationConnectionContract, UnitsOfATransactionStandOrFallTogether) {
  auto connection = OpenLocked();
  const PreparedScript before = Prepared("beforeEachMigrate.sql", "select 1;");
  const PreparedScript a = Prepared("V1__a.sql", "create table a (i int);");
  const PreparedScript b = Prepared("V2__b.sql", "create table b (i int); select 2;");
  const PreparedScript bad = Prepared("V3__c.sql", "select 3; select 1/0;");
  const auto failed = connection->RunTransaction(
      {{.script = &a, .row = Row(a, 1)}, {.script = &bad, .row = Row(bad, 2)}}, true, observer_,
      {});
  ASSERT_THAT(failed, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kScriptFailed));
  EXPECT_EQ(status::DetailsOf(failed.status()).metadata.at("unit"), "1");
  EXPECT_EQ(status::DetailsOf(failed.status()).metadata.at("statement"), "1");
  EXPECT_TRUE(connection->ReadHistory()->rows.empty());

  observer_ = {};
  const auto applied = connection->RunTransaction(
      {{.script = &before}, {.script = &a, .row = Row(a, 1)}, {.script = &b}, {.row = Row(b, 2)}},
      true, observer_, {});
  ASSERT_THAT(applied, testing::IsOk());
  ASSERT_EQ(applied->size(), 2U);
  EXPECT_EQ(applied->at(1).installed_rank, 2);
  EXPECT_EQ(observer_.units, (std::vector<size_t>{0, 1, 2, 3}));
  const History history = connection->ReadHistory().value();
  ASSERT_EQ(history.rows.size(), 2U);
  EXPECT_EQ(history.rows[1].script, "V2__b.sql");
}

TEST_P(MigrationConnectionContract, ARowAloneTakesNoTime) {
  auto connection = OpenLocked();
  const auto written =
      connection->RunTransaction({{.row = HistoryRow{.installed_rank = 1,
                                                     .version = Version::Parse("1").value(),
                                                     .description = "<< Flyway Baseline >>",
                                                     .type = HistoryType::kBaseline,
                                                     .script = "<< Flyway Baseline >>"}}},
                                 true, observer_, {});
  ASSERT_THAT(written, testing::IsOk());
  EXPECT_EQ(written->at(0).execution_time, absl::ZeroDuration());
  const History history = connection->ReadHistory().value();
  EXPECT_EQ(history.rows.at(0).type, HistoryType::kBaseline);
  EXPECT_FALSE(history.rows.at(0).checksum.has_value());
}

TEST_P(MigrationConnectionContract, WhatIsTriedOutLeavesNothingButItsLocks) {
  auto connection = bench_->database().Open().value();
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  const PreparedScript first = Prepared("V1__t.sql", "create table t (i int);");
  EXPECT_THAT(connection->TryOut({{.script = &first, .row = Row(first, 1)}}, absl::Seconds(1),
                                 observer_, {}),
              testing::IsOk());
  EXPECT_TRUE(observer_.locks.empty()) << "others cannot see what it made";
  EXPECT_FALSE(connection->ReadHistory()->exists);

  ASSERT_THAT(connection->CreateHistory(), testing::IsOk());
  ASSERT_THAT(connection->Apply(first, Row(first, 1), true, observer_, {}), testing::IsOk());
  const PreparedScript locks = Prepared("V2__l.sql", "lock table t in share mode;");
  EXPECT_THAT(connection->TryOut({{.script = &locks, .row = Row(locks, 2)}}, absl::Seconds(1),
                                 observer_, {}),
              testing::IsOk());
  EXPECT_EQ(observer_.locks, (std::vector<HeldLock>{{"public.t", "SHARE"}}));
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 1U);

  const PreparedScript bad = Prepared("V2__b.sql", "lock table t in share mode; select 1/0;");
  EXPECT_THAT(
      connection->TryOut({{.script = &bad}}, absl::Seconds(1), observer_, {}),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kScriptFailed));
  EXPECT_THAT(connection->Apply(locks, Row(locks, 2), true, observer_, {}), testing::IsOk())
      << "the transaction is gone";
}

TEST_P(MigrationConnectionContract, CallbacksAroundAScriptOutsideATransaction) {
  auto connection = OpenLocked();
  const PreparedScript before = Prepared("beforeEachMigrate.sql", "select 1;");
  const PreparedScript script = Prepared("V1__a.sql", "vacuum;");
  const PreparedScript bad = Prepared("afterEachMigrate.sql", "select 1/0;");
  EXPECT_THAT(
      connection->RunOutsideTransaction(
          {{.script = &before}, {.script = &script}, {.script = &bad}, {.row = Row(script, 1)}},
          observer_, {}),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kScriptFailed));
  EXPECT_FALSE(connection->ReadHistory()->rows.at(0).success);
  EXPECT_THAT(
      connection->RunOutsideTransaction(
          {{.script = &before}, {.script = &script}, {.row = Row(script, 2)}}, observer_, {}),
      testing::IsOk());
  EXPECT_TRUE(connection->ReadHistory()->rows.at(1).success);
  EXPECT_THAT(connection->RunOutsideTransaction({{.script = &script}}, observer_, {}),
              testing::IsOk())
      << "a callback that refuses a transaction has no row";
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 2U);
}

TEST_P(MigrationConnectionContract, SchemasToCreateAreNamedBefore) {
  auto connection = OpenLocked();
  EXPECT_THAT(connection->SchemasToCreate(), testing::IsOkAndHolds(std::vector<std::string>{}));
  EXPECT_THAT(bench_->onlooker().FindProgress(connection->backend_pid()),
              testing::IsOkAndHolds(std::nullopt));
}

TEST_P(MigrationConnectionContract, OutsideATransactionTheFailedRowStays) {
  auto connection = OpenLocked();
  const PreparedScript script = Prepared("V1__a.sql", "begin; select 1/0; commit;");
  ASSERT_FALSE(script.transactional);
  const auto failed = connection->ApplyOutsideTransaction(script, Row(script, 1), observer_, {});
  EXPECT_THAT(failed, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kScriptFailed));
  const History history = connection->ReadHistory().value();
  ASSERT_EQ(history.rows.size(), 1U);
  EXPECT_FALSE(history.rows[0].success);
}

TEST_P(MigrationConnectionContract, OutsideATransactionSuccessIsMarkedAtTheEnd) {
  auto connection = OpenLocked();
  const PreparedScript script = Prepared("V1__a.sql", "vacuum;");
  EXPECT_THAT(connection->ApplyOutsideTransaction(script, Row(script, 1), observer_, {}),
              testing::IsOk());
  EXPECT_TRUE(connection->ReadHistory()->rows.at(0).success);
  EXPECT_THAT(connection->MakeDurable(), testing::IsOk());
}

TEST_P(MigrationConnectionContract, WithoutTheLockNothingIsWritten) {
  auto connection = OpenLocked();
  ASSERT_THAT(connection->Unlock(), testing::IsOk());
  const PreparedScript script = Prepared("V1__a.sql", "create table a (i int);");
  EXPECT_THAT(connection->Apply(script, Row(script, 1), true, observer_, {}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kLockLost));
  EXPECT_TRUE(connection->ReadHistory()->rows.empty());
}

TEST_P(MigrationConnectionContract, AStoppedScriptIsRolledBack) {
  auto connection = OpenLocked();
  std::stop_source stop;
  stop.request_stop();
  const PreparedScript script =
      Prepared("V1__a.sql", "create table a (i int); select pg_sleep(30);");
  EXPECT_EQ(
      connection->Apply(script, Row(script, 1), true, observer_, stop.get_token()).status().code(),
      absl::StatusCode::kCancelled);
  EXPECT_TRUE(connection->ReadHistory()->rows.empty());
}

}  // namespace storefront::migrator
