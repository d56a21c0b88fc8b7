// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fake_migration_database.h"

#include "services/migrator/migration_connection_contract.h"

namespace storefront::migrator {
namespace {

class FakeBench final : public MigrationBench {
 public:
  MigrationDatabase& database() override { return fake_; }
  SchemaHistory& onlooker() override { return fake_; }

 private:
  FakeMigrationDatabase fake_;
};

INSTANTIATE_TEST_SUITE_P(Fake, MigrationConnectionContract,
                         ::testing::Values([] { return std::make_unique<FakeBench>(); }));

}  // namespace
}  // namespace storefront::migrator
