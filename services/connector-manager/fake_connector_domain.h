// A whole domain on fakes, with one connector's template: for tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/testing/fake_clock.h"
#include "services/connector-manager/apply_engine.h"
#include "services/connector-manager/connector_operations.h"
#include "services/connector-manager/fake_connect_api.h"
#include "services/connector-manager/fake_source_catalog.h"
#include "services/connector-manager/fake_template_source.h"

namespace storefront::connectors {

inline constexpr char kTemplate[] = R"json({
  "name": "orders",
  "config": {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": "db", "database.port": "5432", "database.dbname": "shop",
    "database.user": "debezium", "database.password": "${file:/run/secrets/s:p}",
    "plugin.name": "pgoutput", "publication.autocreate.mode": "disabled",
    "slot.name": "${SLOT}", "publication.name": "shop", "topic.prefix": "shop",
    "table.include.list": "${TABLES}",
    "heartbeat.interval.ms": "10000",
    "heartbeat.action.query": "SELECT pg_logical_emit_message(false, 'storefront-heartbeat', now()::text)",
    "poll.interval.ms": "${POLL:-10}", "decimal.handling.mode": "${DECIMAL:-string}",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "topic.creation.default.replication.factor": "-1", "topic.creation.default.partitions": "1"
  }
})json";

inline SlotRow ReadSlot(const std::string& name, int32_t pid) {
  SlotRow slot;
  slot.name = name;
  slot.plugin = "pgoutput";
  slot.database = "shop";
  slot.active = pid != 0;
  slot.active_pid = pid;
  slot.application_name = pid != 0 ? "Debezium Streaming" : "";
  slot.restart_lsn = slot.confirmed_flush_lsn = "0/1";
  slot.wal_status = "reserved";
  return slot;
}

inline SourceFacts GoodFacts() {
  SourceFacts facts;
  facts.database = "shop";
  facts.wal_level = "logical";
  facts.role_exists = facts.role_can_login = facts.role_can_replicate = true;
  facts.publication_exists = true;
  facts.tables = {
      {.name = "public.orders", .selectable = true, .published = true, .has_identity = true}};
  facts.slots_free = facts.senders_free = 5;
  facts.slot_wal_is_limited = true;
  return facts;
}

struct ConnectorFixture {
  ConnectorFixture() {
    templates.templates["orders-template"] = kTemplate;
    templates.environment = {{"SLOT", "shop_slot"}, {"TABLES", "public.orders"}};
    source.SetFacts(GoodFacts());
    source.SetSlots({ReadSlot("shop_slot", 100)});
  }
  CallLimits Limits(absl::Duration time = absl::Seconds(30)) { return {clock.Steady() + time, {}}; }

  storefront::testing::FakeClock clock;
  FakeConnectCluster cluster;
  FakeConnectApi connect{cluster, clock};
  FakeSourceCatalog source;
  FakeTemplateSource templates;
  ProbeMemory probes;
  NameLocks locks;
  Planner planner{
      templates,
      connect,
      source,
      clock,
      {.render = {.env_allowlist = {}, .secret_paths = {"/run/secrets"}, .revision_key = "k"},
       .keys = {.allowed_classes = {std::string(kDebeziumPostgres)},
                .allowed_hosts = {"db"},
                .bootstrap_servers = "k:9092"},
       .source_database = "shop"}};
  ConnectorDirectory directory{planner, connect, source, probes, clock, absl::Seconds(30)};
  ApplyEngine apply{planner, connect, source, directory, locks, clock};
  ConnectorOperations operations{connect, source, source, locks, clock};
};

}  // namespace storefront::connectors
