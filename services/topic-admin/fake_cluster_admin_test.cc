// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/fake_cluster_admin.h"

#include "services/topic-admin/cluster_admin_contract.h"

namespace storefront::topics {
namespace {

INSTANTIATE_TEST_SUITE_P(Fake, ClusterAdminContract,
                         ::testing::Values([]() -> std::unique_ptr<ClusterAdmin> {
                           return std::make_unique<FakeClusterAdmin>(clock::SystemClock());
                         }));

}  // namespace
}  // namespace storefront::topics
