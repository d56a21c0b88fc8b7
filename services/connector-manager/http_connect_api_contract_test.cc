// The contract on the real Kafka Connect with Debezium, beside a real Postgres.
// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/http_connect_api.h"

#include <libpq-fe.h>

#include <memory>

#include "absl/strings/str_replace.h"
#include "services/connector-manager/connect_api_contract.h"
#include "services/connector-manager/digest.h"

namespace storefront::connectors {
namespace {

std::map<std::string, std::string> PartsOf(const std::string& url) {
  std::map<std::string, std::string> parts;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  for (const PQconninfoOption* one = options; one != nullptr && one->keyword != nullptr; ++one) {
    if (one->val != nullptr) parts[one->keyword] = one->val;
  }
  PQconninfoFree(options);
  return parts;
}

ConnectorConfig DebeziumConfig(const std::string& name) {
  const auto postgres = PartsOf(storefront::testing::PostgresUrl());
  const std::string id = "c" + Sha256Hex(name).substr(0, 20);
  return {{"connector.class", "io.debezium.connector.postgresql.PostgresConnector"},
          {"database.hostname", postgres.at("host")},
          {"database.port", postgres.at("port")},
          {"database.dbname", postgres.at("dbname")},
          {"database.user", postgres.at("user")},
          {"database.password", postgres.at("password")},
          {"plugin.name", "pgoutput"},
          {"topic.prefix", id},
          {"slot.name", id},
          {"publication.name", id},
          {"publication.autocreate.mode", "all_tables"},
          {"snapshot.mode", "no_data"},
          {"slot.drop.on.stop", "true"},
          {"topic.creation.default.replication.factor", "-1"},
          {"topic.creation.default.partitions", "1"},
          {"poll.interval.ms", "50"}};
}

INSTANTIATE_TEST_SUITE_P(Connect, ConnectApiContract, ::testing::Values([] {
                           return ConnectUnderTest{
                               nullptr,
                               MakeHttpConnectApi({.url = storefront::testing::ConnectUrl()},
                                                  clock::SystemClock()),
                               &clock::SystemClock(), DebeziumConfig};
                         }));

}  // namespace
}  // namespace storefront::connectors
