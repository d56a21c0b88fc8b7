// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <pqxx/transaction>

#include "libs/pg/connection.h"
#include "libs/pg/errors.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::pg {
namespace {

using status::Reason;

TEST(Connect, SetsNameTimeoutsAndSessionSettings) {
  auto connection =
      Connect({.url = testing::PostgresUrl(),
               .application_name = "storefront test",
               .session_settings = {{"lock_timeout", "4321ms"}, {"search_path", "a, b"}}});
  ASSERT_THAT(connection, testing::IsOk());
  ASSERT_THAT(Guard("read",
                    [&] {
                      pqxx::work tx(**connection);
                      EXPECT_EQ(tx.query_value<std::string>("show lock_timeout"), "4321ms");
                      EXPECT_EQ(tx.query_value<std::string>("show search_path"), "a, b");
                      EXPECT_EQ(tx.query_value<std::string>("show application_name"),
                                "storefront test");
                    }),
              testing::IsOk());
}

TEST(Connect, NoServerIsUnavailable) {
  const auto connection = Connect({.url = "postgresql://postgres@127.0.0.1:1/x"});
  EXPECT_THAT(connection,
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
}

TEST(Connect, AnUnknownDatabaseIsAPrecondition) {
  const auto connection = Connect({.url = testing::PostgresUrl() + "_missing"});
  EXPECT_THAT(connection,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject));
}

TEST(Guard, AServerErrorKeepsItsSqlState) {
  auto connection = Connect({.url = testing::PostgresUrl()});
  ASSERT_THAT(connection, testing::IsOk());
  const absl::Status status =
      Guard("read", [&] { pqxx::work(**connection).exec("select * from nowhere"); });
  EXPECT_THAT(status,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject));
  EXPECT_EQ(status::DetailsOf(status).metadata.at("sqlstate"), "42P01");
}

}  // namespace
}  // namespace storefront::pg
