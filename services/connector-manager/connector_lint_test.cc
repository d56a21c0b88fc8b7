// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

ConnectorConfig Good() {
  ConnectorFixture fixture;
  return fixture.planner.RenderOne("orders-template")->config;
}

TEST(ConnectorLint, TheFixturesConfigIsClean) { EXPECT_THAT(LintConnector(Good()), IsEmpty()); }

struct LintCase {
  const char *rule, *key, *value;  // value null = key removed
};
constexpr LintCase kLint[] = {
    {"D3", "plugin.name", nullptr},
    {"D3", "plugin.name", "decoderbufs"},
    {"D4", "slot.name", nullptr},
    {"D4", "slot.name", "debezium"},
    {"D4", "publication.name", "dbz_publication"},
    {"D4", "topic.prefix", nullptr},
    {"D5", "publication.autocreate.mode", nullptr},
    {"D5", "publication.autocreate.mode", "filtered"},
    {"D6", "heartbeat.interval.ms", "0"},
    {"D6", "heartbeat.action.query", nullptr},
    {"D7", "lsn.flush.mode", "manual"},
    {"D7", "lsn.flush.mode", "connector_and_driver"},
    {"D8", "slot.drop.on.stop", "true"},
    {"D8", "internal.log.position.check.enable", "false"},
    {"D12", "topic.creation.default.partitions", nullptr},
};

TEST(ConnectorLint, EachFaultThatConnectLetsPass) {
  for (const LintCase& c : kLint) {
    SCOPED_TRACE(std::string(c.rule) + " " + c.key);
    ConnectorConfig config = Good();
    if (c.value == nullptr) {
      config.erase(c.key);
    } else {
      config[c.key] = c.value;
    }
    EXPECT_THAT(LintConnector(config), Contains(Field(&Finding::rule, c.rule)));
  }
  EXPECT_THAT(LintConnector({{"connector.class", "other"}}), IsEmpty());
}

}  // namespace
}  // namespace storefront::connectors
