// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

ConnectorConfig PreflightConfig() {
  ConnectorFixture fixture;
  return fixture.planner.RenderOne("orders-template")->config;
}

struct PreflightCase {
  const char* rule;
  Severity severity;
  void (*change)(SourceFacts& facts);
};
constexpr PreflightCase kPreflight[] = {
    {"PREFLIGHT_WAL_LEVEL", Severity::kError, [](SourceFacts& f) { f.wal_level = "replica"; }},
    {"PREFLIGHT_ROLE", Severity::kError, [](SourceFacts& f) { f.role_exists = false; }},
    {"PREFLIGHT_ROLE", Severity::kError, [](SourceFacts& f) { f.role_can_replicate = false; }},
    {"PREFLIGHT_ROLE", Severity::kError, [](SourceFacts& f) { f.role_can_login = false; }},
    {"PREFLIGHT_PUBLICATION", Severity::kError,
     [](SourceFacts& f) { f.publication_exists = false; }},
    {"PREFLIGHT_PUBLICATION", Severity::kError,
     [](SourceFacts& f) { f.tables[0].published = false; }},
    {"PREFLIGHT_PUBLICATION", Severity::kWarning,
     [](SourceFacts& f) { f.tables.push_back({"public.more", true, true, true}); }},
    {"PREFLIGHT_SELECT", Severity::kError, [](SourceFacts& f) { f.tables[0].selectable = false; }},
    {"PREFLIGHT_TABLES", Severity::kError, [](SourceFacts& f) { f.tables.clear(); }},
    {"PREFLIGHT_SLOTS", Severity::kError, [](SourceFacts& f) { f.slots_free = 0; }},
    {"PREFLIGHT_SENDERS", Severity::kError, [](SourceFacts& f) { f.senders_free = 0; }},
    {"PREFLIGHT_IDENTITY", Severity::kWarning,
     [](SourceFacts& f) { f.tables[0].has_identity = false; }},
    {"PREFLIGHT_KEEP_SIZE", Severity::kWarning,
     [](SourceFacts& f) { f.slot_wal_is_limited = false; }},
    {"PREFLIGHT_TRANSACTION", Severity::kWarning, [](SourceFacts& f) { f.old_transactions = {7}; }},
};

TEST(Preflight, EachObstacleIsNamed) {
  EXPECT_THAT(Preflight(PreflightConfig(), GoodFacts(), false), IsEmpty());
  for (const PreflightCase& c : kPreflight) {
    SCOPED_TRACE(c.rule);
    SourceFacts facts = GoodFacts();
    c.change(facts);
    EXPECT_THAT(Preflight(PreflightConfig(), facts, false),
                Contains(::testing::AllOf(Field(&Finding::rule, c.rule),
                                          Field(&Finding::severity, c.severity))));
  }
}

TEST(Preflight, IncludeListIsRegularExpressionsOfWholeNames) {
  SourceFacts facts = GoodFacts();
  facts.tables.push_back({"public.orders_old", false, false, true});
  ConnectorConfig config = PreflightConfig();
  EXPECT_THAT(Preflight(config, facts, false), IsEmpty());
  config["table.include.list"] = R"(PUBLIC\.orders.*)";
  EXPECT_THAT(Preflight(config, facts, false), Contains(Field(&Finding::rule, "PREFLIGHT_SELECT")));
}

TEST(Preflight, SignalTableNeedsRights) {
  ConnectorConfig config = PreflightConfig();
  config["signal.data.collection"] = "cdc_audit.signal";
  SourceFacts facts = GoodFacts();
  facts.tables.push_back({"cdc_audit.signal", true, true, true});
  EXPECT_THAT(Preflight(config, facts, false), Contains(Field(&Finding::rule, "PREFLIGHT_SIGNAL")));
  facts.signal_insert = facts.signal_delete = true;
  EXPECT_THAT(Preflight(config, facts, false), IsEmpty());
}

}  // namespace
}  // namespace storefront::connectors
