// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/key_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

const KeyPolicy& Policy() {
  static const KeyPolicy* const kPolicy =
      new KeyPolicy{.allowed_classes = {std::string(kDebeziumPostgres)},
                    .allowed_hosts = {"db", "127.0.0.1"},
                    .bootstrap_servers = "k:9092"};
  return *kPolicy;
}

ConnectorConfig AllowedConfig() {
  ConnectorFixture fixture;
  return fixture.planner.RenderOne("orders-template")->config;
}

TEST(KeyPolicy, TheFixturesConfigIsAllowed) {
  EXPECT_THAT(CheckKeys(AllowedConfig(), Policy()), IsEmpty());
}

struct KeyCase {
  const char *key, *value;
  bool allowed;
};
constexpr KeyCase kKeys[] = {
    {"producer.override.linger.ms", "0", false},
    {"Producer.Override.linger.ms", "0", false},
    {"config.providers", "x", false},
    {"config.providers.x.class", "y", false},
    {"sasl.jaas.config", "x", false},
    {"database.sasl.mechanism", "x", false},
    {"my.endpoint.url", "http://x", false},
    {"x.jaas.y", "x", false},
    {"driver.socketFactory", "x", false},
    {"database.sslfactory", "x", false},
    {"database.initial.statements", "x", false},
    {"notification.http.url", "x", false},
    {"openlineage.integration.enabled", "true", false},
    {"converters", "x", false},
    {"post.processors", "x", false},
    {"snapshot.mode.custom.name", "x", false},
    {"signal.kafka.bootstrap.servers", "evil:9092", false},
    {"signal.kafka.bootstrap.servers", "k:9092", true},
    {"transforms.a.type", "org.apache.kafka.connect.transforms.ExtractField$Value", true},
    {"transforms.a.type", "io.debezium.transforms.ExtractNewRecordState", true},
    {"transforms.a.type", "io.debezium.transforms.scripting.Filter", false},
    {"transforms.a.type", "com.evil.Transform", false},
    {"predicates.p.type", "org.apache.kafka.connect.transforms.predicates.TopicNameMatches", true},
    {"heartbeat.action.query", "DELETE FROM orders", false},
    {"snapshot.select.statement.overrides", "public.orders", false},
    {"database.hostname", "localhost", true},
    {"database.hostname", "elsewhere", false},
    {"database.hostname", "169.254.169.254", false},
    {"database.hostname", "metadata.google.internal", false},
    {"database.hostname", "FE80::1", false},
    {"connector.class", "org.apache.kafka.connect.file.FileStreamSourceConnector", false},
    {"poll.interval.ms", "1", true},
};

TEST(KeyPolicy, EachRuleOfTheTable) {
  for (const KeyCase& c : kKeys) {
    SCOPED_TRACE(std::string(c.key) + "=" + c.value);
    ConnectorConfig config = AllowedConfig();
    config[c.key] = c.value;
    EXPECT_EQ(CheckKeys(config, Policy()).empty(), c.allowed);
  }
  KeyPolicy own_sql = Policy();
  own_sql.allow_custom_sql = true;
  ConnectorConfig config = AllowedConfig();
  config["heartbeat.action.query"] = "SELECT 1";
  EXPECT_THAT(CheckKeys(config, own_sql), IsEmpty());
  config.erase("connector.class");
  EXPECT_THAT(CheckKeys(config, own_sql), Contains(Field(&Finding::key, "connector.class")));
}

}  // namespace
}  // namespace storefront::connectors
