// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/history_commands_contract.h"

namespace storefront::migrator {
namespace {

class FakeBench final : public MigrationBench {
 public:
  MigrationDatabase& database() override { return fake_; }
  SchemaHistory& onlooker() override { return fake_; }

 private:
  FakeMigrationDatabase fake_;
};

// The suite that the fixture comes from runs in fake_migration_database_test.cc.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MigrationConnectionContract);
INSTANTIATE_TEST_SUITE_P(Fake, HistoryCommandsContract,
                         ::testing::Values([] { return std::make_unique<FakeBench>(); }));

}  // namespace
}  // namespace storefront::migrator
