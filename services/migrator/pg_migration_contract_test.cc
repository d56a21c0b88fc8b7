// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "services/migrator/migration_connection_contract.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/pg_schema_history.h"
#include "services/migrator/pq_script_session.h"
#include "services/migrator/test_pg_bench.h"

namespace storefront::migrator {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, MigrationConnectionContract,
                         ::testing::Values([] { return std::make_unique<PgBench>(); }));

TEST(PgMigrationConnection, ExtensionMembersAreNoContentAndTypesAre) {
  PgBench bench;
  auto connection = bench.database().Open().value();
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  SilentObserver observer;
  ASSERT_THAT(connection->CreateHistory(), testing::IsOk());
  const PreparedScript script =
      Prepared("V1__t.sql", "drop table flyway_schema_history; create type mood as enum ('x');");
  HistoryRow row = RowOf(script);
  row.installed_rank = 1;
  EXPECT_FALSE(connection->Apply(script, row, true, observer, {}).ok()) << "its table is gone";
  const PreparedScript type = Prepared("V1__t.sql", "create type mood as enum ('x');");
  ASSERT_THAT(connection->Apply(type, row, true, observer, {}), testing::IsOk());
  EXPECT_THAT(
      connection->CheckSchemasEmpty(),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kNonEmptySchema));
}

TEST(PgMigrationConnection, AScriptMayDeallocateWhatTheSessionKeeps) {
  PgBench bench;
  auto connection = bench.database().Open().value();
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  ASSERT_THAT(connection->CreateHistory(), testing::IsOk());
  SilentObserver observer;
  const std::vector<std::string> texts = {"create table a ();", "create table b ();",
                                          "create table c (); deallocate all;",
                                          "create table d (); deallocate all;"};
  for (size_t i = 0; i < texts.size(); ++i) {
    const PreparedScript script = Prepared(absl::StrCat("V", i + 1, "__t.sql"), texts[i]);
    HistoryRow row = RowOf(script);
    row.installed_rank = static_cast<int>(i) + 1;
    EXPECT_THAT(connection->Apply(script, row, true, observer, {}), testing::IsOk()) << texts[i];
  }
  EXPECT_EQ(connection->ReadHistory()->rows.size(), texts.size());
}

TEST(PgMigrationConnection, TheLockIsLostWhenTheScriptHasGivenAllOfItBack) {
  PgBench bench;
  auto connection = bench.database().Open().value();
  auto other = bench.database().Open().value();
  ASSERT_THAT(connection->TryLock(), testing::IsOkAndHolds(true));
  ASSERT_THAT(connection->CreateHistory(), testing::IsOk());
  SilentObserver observer;
  const std::string give_back =
      "select pg_advisory_unlock((classid::bigint << 32) | objid::bigint) from pg_locks "
      "where locktype = 'advisory' and objsubid = 1 and pid = pg_backend_pid();";
  const PreparedScript once = Prepared("V1__once.sql", give_back);
  HistoryRow row = RowOf(once);
  row.installed_rank = 1;
  EXPECT_THAT(connection->Apply(once, row, true, observer, {}), testing::IsOk());
  EXPECT_THAT(other->TryLock(), testing::IsOkAndHolds(false)) << "it is still held";
  const PreparedScript twice = Prepared("V2__twice.sql", give_back + give_back);
  row = RowOf(twice);
  row.installed_rank = 2;
  EXPECT_THAT(connection->Apply(twice, row, true, observer, {}),
              testing::HasReason(absl::StatusCode::kAborted, status::Reason::kLockLost));
  EXPECT_EQ(connection->ReadHistory()->rows.size(), 1U);
  EXPECT_THAT(other->TryLock(), testing::IsOkAndHolds(true));
}

}  // namespace
}  // namespace storefront::migrator
