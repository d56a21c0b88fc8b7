// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_seed_ledger.h"

#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <stop_token>
#include <thread>
#include <vector>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

TEST(PgSeedLedgerTest, WhoGivesTheWritersLockBackHasGivenItBack) {
  PgSeedLedger ledger({.url = testing::PostgresUrl()});
  pqxx::connection onlooker(testing::PostgresUrl());
  const auto held = [&] {
    pqxx::nontransaction tx(onlooker);
    return tx.query_value<int>(
        "select count(*) from pg_locks where locktype = 'advisory' and classid = 1397048644");
  };
  // With every processor busy the server comes late to a session that was just closed.
  std::vector<std::jthread> busy;
  for (unsigned i = 0; i < 3 * std::thread::hardware_concurrency(); ++i) {
    busy.emplace_back([](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(ledger.AcquireWriter(), testing::IsOk()) << i;
    ASSERT_EQ(held(), 1) << i;
    ledger.ReleaseWriter();
    ASSERT_EQ(held(), 0) << i;
  }
}

}  // namespace
}  // namespace storefront::seeder
