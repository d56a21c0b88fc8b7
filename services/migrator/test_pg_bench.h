// A database of its own on the shared server, with both ports on it; dropped at the end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "libs/pg/connection.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/migration_connection_contract.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/pg_schema_history.h"
#include "services/migrator/pg_session.h"

namespace storefront::migrator {

class PgBench final : public MigrationBench {
 public:
  PgBench() : name_(testing::UniqueName("migrator")) {
    Admin("create database " + name_);
    std::string url = testing::PostgresUrl();
    url.replace(url.find('/', url.find("://") + 3) + 1, std::string::npos, name_);
    connection_ = {.url = url, .application_name = "migrator contract"};
    database_ = std::make_unique<PgMigrationDatabase>(
        PgMigrationOptions{.connection = connection_, .lock_timeout = absl::Seconds(1)},
        clock::SystemClock());
    session_ = std::make_unique<PgSession>(connection_);
    onlooker_ = std::make_unique<PgSchemaHistory>(*session_, PgHistoryOptions{});
  }
  ~PgBench() override {
    onlooker_.reset();
    session_.reset();
    held_.reset();
    Admin("drop database " + name_ + " with (force)");
  }
  MigrationDatabase& database() override { return *database_; }
  SchemaHistory& onlooker() override { return *onlooker_; }

  // The first value of a statement's answer, on a session of its own.
  std::string Ask(const std::string& sql) {
    auto connection = pg::ConnectLibpq(connection_);
    if (!connection.ok()) ADD_FAILURE() << connection.status();
    if (!connection.ok()) return "";
    const auto result = PgExecute(connection->get(), "ask", sql);
    EXPECT_THAT(result, testing::IsOk()) << sql << PQerrorMessage(connection->get());
    if (!result.ok() || PQntuples(result->get()) == 0) return "";
    return PQgetvalue(result->get(), 0, 0);
  }
  // Runs a statement in a transaction that stays open until LetGo.
  void Hold(const std::string& sql) {
    held_ = pg::ConnectLibpq(connection_).value();
    for (const std::string& each : {std::string("begin"), sql}) {
      EXPECT_THAT(PgExecute(held_.get(), "hold", each), testing::IsOk());
    }
  }
  void LetGo() { held_.reset(); }

 private:
  static void Admin(const std::string& sql) {
    auto connection = pg::ConnectLibpq({.url = testing::PostgresUrl()});
    ASSERT_THAT(connection, testing::IsOk());
    ASSERT_THAT(PgExecute(connection->get(), "set the bench up", sql).status(), testing::IsOk());
  }
  const std::string name_;
  pg::ConnectionOptions connection_;
  std::unique_ptr<PgMigrationDatabase> database_;
  std::unique_ptr<PgSession> session_;
  std::unique_ptr<PgSchemaHistory> onlooker_;
  pg::PgConn held_;
};

}  // namespace storefront::migrator
