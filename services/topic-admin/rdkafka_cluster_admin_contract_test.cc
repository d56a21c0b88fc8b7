// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/rdkafka_cluster_admin.h"

#include "services/topic-admin/cluster_admin_contract.h"

namespace storefront::topics {
namespace {

kafka::AdminClient& Client() {
  static auto client = kafka::AdminClient::Create(
      {.bootstrap_servers = ::storefront::testing::KafkaBootstrap(), .client_id = "contract-test"},
      clock::SystemClock());
  return **client;
}

INSTANTIATE_TEST_SUITE_P(Broker, ClusterAdminContract,
                         ::testing::Values([] { return MakeRdkafkaClusterAdmin(Client()); }));

// T7 on a real broker: the handle is made again and the next call answers.
TEST(RdkafkaClusterAdmin, T7AfterAFatalErrorTheNextCallAnswers) {
  const auto admin = MakeRdkafkaClusterAdmin(Client());
  Client().RaiseFatalErrorForTest();
  EXPECT_TRUE(::storefront::testing::PollUntil([&] {
    return admin->DescribeCluster({.deadline = clock::SystemClock().Steady() + absl::Seconds(10)})
        .ok();
  }));
}

}  // namespace
}  // namespace storefront::topics
