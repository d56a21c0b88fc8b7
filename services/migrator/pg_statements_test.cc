// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_statements.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {
namespace {

class PgStatementsTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql) {
    ASSERT_THAT(PgExecute(connection_.get(), "test", sql), testing::IsOk());
  }
  std::string Value(const std::string& sql, const std::string& parameter) {
    const auto result = statements_.Execute("test", sql, {parameter});
    if (!result.ok()) return "refused";
    return PQntuples(result->get()) == 0 ? "none" : PQgetvalue(result->get(), 0, 0);
  }
  int Kept() {
    const auto result =
        PgExecute(connection_.get(), "test", "select count(*)::int from pg_prepared_statements");
    return std::atoi(PQgetvalue(result->get(), 0, 0));
  }

  pg::PgConn connection_ = pg::ConnectLibpq({.url = testing::PostgresUrl()}).value();
  PgStatements statements_{connection_.get()};
};

TEST_F(PgStatementsTest, EachTextThatComesAgainIsPreparedOnce) {
  EXPECT_EQ(Value("select $1::int", "4"), "4");
  EXPECT_EQ(Kept(), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Value("select $1::int + 1", "4"), "5");
    EXPECT_EQ(Value("select $1::int + 2", "4"), "6");
  }
  EXPECT_EQ(Kept(), 2);
}

TEST_F(PgStatementsTest, WhatTheSessionLostIsCarriedOutByItsText) {
  EXPECT_EQ(Value("select $1::int + 1", "4"), "5");
  EXPECT_EQ(Value("select $1::int + 1", "4"), "5");
  Run("deallocate all");
  EXPECT_EQ(Value("select $1::int + 1", "5"), "6");
}

TEST_F(PgStatementsTest, ATableMayGoAndComeBackInAnotherShape) {
  const std::string read = "select * from kept where $1::int = 1";
  EXPECT_EQ(Value(read, "1"), "refused") << "it is not there";
  Run("create temp table kept as select 7 as a");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Value(read, "1"), "7");
  Run("drop table kept");
  EXPECT_EQ(Value(read, "1"), "refused") << "it is gone";
  Run("create temp table kept as select 'x'::text as b, 8 as a");
  EXPECT_EQ(Value(read, "1"), "x");
  EXPECT_EQ(Value(read, "2"), "none");
}

}  // namespace
}  // namespace storefront::migrator
