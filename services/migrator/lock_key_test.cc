// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_key.h"

#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

// Keys that Flyway 13.7 held, read from pg_locks.
TEST(HistoryLockKey, EqualsFlyways) {
  EXPECT_EQ(HistoryLockKey("public", "flyway_schema_history"), 77433833903597);
  EXPECT_EQ(HistoryLockKey("storefront", "flyway_schema_history"), 77430262291534);
  EXPECT_EQ(HistoryLockKey("shöp", "my_history"), 77431308103253);
  EXPECT_EQ(HistoryLockKey("sh\"öp😀", "my_history"), 77432603208888);
}

}  // namespace
}  // namespace storefront::migrator
