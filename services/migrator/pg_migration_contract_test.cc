// SPDX-License-Identifier: Apache-2.0
#include "libs/testing/servers.h"
#include "services/migrator/migration_connection_contract.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/pg_schema_history.h"
#include "services/migrator/pq_script_session.h"

namespace storefront::migrator {
namespace {

// A database of its own on the shared server, dropped at the end.
class PgBench final : public MigrationBench {
 public:
  PgBench() : name_(testing::UniqueName("migrator")) {
    Admin("create database " + name_);
    std::string url = testing::PostgresUrl();
    url.replace(url.find('/', url.find("://") + 3) + 1, std::string::npos, name_);
    const pg::ConnectionOptions connection{.url = url, .application_name = "migrator contract"};
    database_ = std::make_unique<PgMigrationDatabase>(PgMigrationOptions{.connection = connection},
                                                      clock::SystemClock());
    onlooker_ = std::make_unique<PgSchemaHistory>(connection, PgHistoryOptions{});
  }
  ~PgBench() override {
    onlooker_.reset();
    Admin("drop database " + name_ + " with (force)");
  }
  MigrationDatabase& database() override { return *database_; }
  SchemaHistory& onlooker() override { return *onlooker_; }

 private:
  static void Admin(const std::string& sql) {
    auto connection = pg::ConnectLibpq({.url = testing::PostgresUrl()});
    ASSERT_THAT(connection, testing::IsOk());
    ASSERT_THAT(PgExecute(connection->get(), "set the bench up", sql).status(), testing::IsOk());
  }
  const std::string name_;
  std::unique_ptr<PgMigrationDatabase> database_;
  std::unique_ptr<PgSchemaHistory> onlooker_;
};

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

}  // namespace
}  // namespace storefront::migrator
