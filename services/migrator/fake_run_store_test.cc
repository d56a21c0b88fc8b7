// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fake_run_store.h"

#include "libs/testing/fake_clock.h"
#include "services/migrator/run_store_contract.h"

namespace storefront::migrator {
namespace {

class FakeBench final : public RunStoreBench {
 public:
  std::unique_ptr<RunStore> NewProcess() override {
    return std::make_unique<FakeRunStore>(tables_, clock_);
  }

 private:
  testing::FakeClock clock_;
  const std::shared_ptr<FakeRunTables> tables_ = std::make_shared<FakeRunTables>();
};

INSTANTIATE_TEST_SUITE_P(Fake, RunStoreContract,
                         ::testing::Values([] { return std::make_unique<FakeBench>(); }));

}  // namespace
}  // namespace storefront::migrator
