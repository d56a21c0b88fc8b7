// The contract on both faces of the fake.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "libs/clock/clock.h"
#include "services/connector-manager/connect_api_contract.h"
#include "services/connector-manager/fake_connect_api.h"
#include "services/connector-manager/fake_connect_server.h"
#include "services/connector-manager/http_connect_api.h"

namespace storefront::connectors {
namespace {

ConnectorConfig FakeConfig(const std::string& name) {
  return {{"connector.class", "io.debezium.connector.postgresql.PostgresConnector"},
          {"topic.prefix", name},
          {"poll.interval.ms", "10"}};
}

INSTANTIATE_TEST_SUITE_P(Fake, ConnectApiContract, ::testing::Values([] {
                           auto cluster = std::make_shared<FakeConnectCluster>();
                           return ConnectUnderTest{
                               cluster,
                               std::make_unique<FakeConnectApi>(*cluster, clock::SystemClock()),
                               &clock::SystemClock(), FakeConfig};
                         }));

struct Served {
  FakeConnectCluster cluster;
  FakeConnectServer server{cluster};
};

INSTANTIATE_TEST_SUITE_P(FakeServer, ConnectApiContract, ::testing::Values([] {
                           auto served = std::make_shared<Served>();
                           auto api = MakeHttpConnectApi({.url = served->server.url()},
                                                         clock::SystemClock());
                           return ConnectUnderTest{served, std::move(api), &clock::SystemClock(),
                                                   FakeConfig};
                         }));

}  // namespace
}  // namespace storefront::connectors
