// What every migration database and its onlooker must do, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/schema_history.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {

// An empty database with both ports on it.
class MigrationBench {
 public:
  virtual ~MigrationBench() = default;
  virtual MigrationDatabase& database() = 0;
  virtual SchemaHistory& onlooker() = 0;
};

inline PreparedScript Prepared(const std::string& file, const std::string& text) {
  FakeStatementParser parser;
  const Script script{ParseScriptName(file).value(), {"m", file}, ScriptChecksum(text)};
  return PrepareScript(script, {TextInMemory(text), ScriptChecksum(text)},
                       Placeholders::Make({}).value(), {}, parser, 1000)
      .value();
}

class SilentObserver final : public ScriptObserver {
 public:
  void OnStatementStarted(size_t) override {}
  void OnStatementFinished(size_t, int64_t) override { ++finished; }
  void OnNotice(absl::string_view, absl::string_view) override {}
  void OnTick() override {}
  int finished = 0;
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
