// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

HealthFacts Streaming() {
  HealthFacts facts;
  facts.deployed = DeployedConnector{
      "orders",
      {},
      {.state = "RUNNING", .worker_id = "w", .trace = "", .tasks = {{0, "RUNNING", "w", ""}}}};
  facts.slot = ReadSlot("shop_slot", 100);
  return facts;
}

struct HealthCase {
  const char* name;
  std::function<void(HealthFacts&)> change;
  ConnectorState state;
  std::optional<FailureClass> failure;
};

void Trace(HealthFacts& facts, const char* trace) {
  facts.deployed->status.tasks[0] = {0, "FAILED", "w", trace};
}
void Idle(HealthFacts& facts, absl::Duration for_how_long) {
  facts.slot = ReadSlot("shop_slot", 0);
  facts.offsets = std::vector<StoredOffset>{{{}, {{"lsn", "1"}}}};
  facts.source = GoodFacts();
  facts.not_streaming_for = for_how_long;
}

const HealthCase kHealthCases[] = {
    {"all well", [](HealthFacts&) {}, ConnectorState::kStreaming, {}},
    {"Connect down", [](HealthFacts& f) { f.connect_answers = false; }, ConnectorState::kDegraded,
     FailureClass::kConnectDown},
    {"Kafka down", [](HealthFacts& f) { f.kafka_answers = false; }, ConnectorState::kDegraded,
     FailureClass::kKafkaDown},
    {"not deployed", [](HealthFacts& f) { f.deployed.reset(); }, ConnectorState::kAbsent, {}},
    {"paused", [](HealthFacts& f) { f.deployed->status.state = "PAUSED"; }, ConnectorState::kPaused,
     FailureClass::kHeld},
    {"stopped", [](HealthFacts& f) { f.deployed->status = {"STOPPED", "w", "", {}}; },
     ConnectorState::kStopped, FailureClass::kHeld},
    {"C4 no status yet",
     [](HealthFacts& f) { f.deployed->status = {}; },
     ConnectorState::kPending,
     {}},
    {"C4 unassigned",
     [](HealthFacts& f) { f.deployed->status.tasks[0].state = "UNASSIGNED"; },
     ConnectorState::kPending,
     {}},
    {"slot lost", [](HealthFacts& f) { f.slot->wal_status = "lost"; }, ConnectorState::kNeedsReset,
     FailureClass::kNeedsReset},
    {"slot invalidated", [](HealthFacts& f) { f.slot->invalidation_reason = "wal_removed"; },
     ConnectorState::kNeedsReset, FailureClass::kNeedsReset},
    {"slot gone by trace",
     [](HealthFacts& f) { Trace(f, "the offset is no longer available on the server"); },
     ConnectorState::kNeedsReset, FailureClass::kNeedsReset},
    {"credentials",
     [](HealthFacts& f) {
       Trace(f,
             "x.DebeziumException: Non-retriable failure obtaining database encoding\nCaused by: "
             "y: FATAL: password authentication failed for user \"debezium\"");
     },
     ConnectorState::kFailed, FailureClass::kCredentials},
    {"publication", [](HealthFacts& f) { Trace(f, "Publication autocreation is disabled"); },
     ConnectorState::kFailed, FailureClass::kPublication},
    {"role", [](HealthFacts& f) { Trace(f, "permission denied to start WAL sender"); },
     ConnectorState::kFailed, FailureClass::kRole},
    {"config", [](HealthFacts& f) { Trace(f, "Guardrail limit exceeded"); },
     ConnectorState::kFailed, FailureClass::kConfig},
    {"unknown", [](HealthFacts& f) { Trace(f, "java.lang.NullPointerException"); },
     ConnectorState::kFailed, FailureClass::kUnknown},
    {"failed connector without task",
     [](HealthFacts& f) {
       f.deployed->status = {"FAILED", "w", "permission denied for database", {}};
     },
     ConnectorState::kFailed, FailureClass::kRole},
    {"Postgres down",
     [](HealthFacts& f) {
       f.slots_are_known = false;
       f.slot.reset();
     },
     ConnectorState::kDegraded, FailureClass::kSourceDown},
    {"no task, slot waits",
     [](HealthFacts& f) {
       f.deployed->status.tasks.clear();
       f.slot->active = false;
       f.slot->confirmed_flush_lsn = "";
     },
     ConnectorState::kPending, FailureClass::kWaitingTransaction},
    {"no task for long",
     [](HealthFacts& f) {
       f.deployed->status.tasks.clear();
       f.not_streaming_for = absl::Seconds(61);
     },
     ConnectorState::kDegraded, FailureClass::kStalled},
    {"snapshot without offsets",
     [](HealthFacts& f) {
       Idle(f, absl::Seconds(3));
       f.offsets->clear();
     },
     ConnectorState::kSnapshotting, FailureClass::kSnapshotting},
    {"snapshot by offsets, busy for long",
     [](HealthFacts& f) {
       Idle(f, absl::Minutes(9));
       f.offsets = std::vector<StoredOffset>{{{}, {{"snapshot", "true"}}}};
       f.source->snapshot_backend_busy = true;
     },
     ConnectorState::kSnapshotting, FailureClass::kSnapshotting},
    {"snapshot that nobody works on",
     [](HealthFacts& f) {
       Idle(f, absl::Minutes(9));
       f.offsets->clear();
     },
     ConnectorState::kDegraded, FailureClass::kStalled},
    {"slot idle for a moment",
     [](HealthFacts& f) { Idle(f, absl::Seconds(3)); },
     ConnectorState::kPending,
     {}},
    {"slot idle for long", [](HealthFacts& f) { Idle(f, absl::Seconds(31)); },
     ConnectorState::kDegraded, FailureClass::kStalled},
    {"SELECT taken away",
     [](HealthFacts& f) {
       Idle(f, absl::Seconds(31));
       f.source->tables[0].selectable = false;
     },
     ConnectorState::kDegraded, FailureClass::kRole},
    {"publication dropped",
     [](HealthFacts& f) {
       Idle(f, absl::Seconds(31));
       f.source->publication_exists = false;
     },
     ConnectorState::kDegraded, FailureClass::kPublication},
    {"slot read by another", [](HealthFacts& f) { f.slot->application_name = "pg_recvlogical"; },
     ConnectorState::kDegraded, FailureClass::kSlotTaken},
    {"probe failed", [](HealthFacts& f) { f.last_probe_failed = true; }, ConnectorState::kDegraded,
     FailureClass::kStalled},
};

TEST(JudgeHealth, ConnectAndSlotAndProbeTogether) {
  for (const HealthCase& c : kHealthCases) {
    SCOPED_TRACE(c.name);
    HealthFacts facts = Streaming();
    c.change(facts);
    const Health health = JudgeHealth(facts);
    EXPECT_EQ(ConnectorStateName(health.state), ConnectorStateName(c.state));
    ASSERT_EQ(health.conditions.empty(), !c.failure.has_value());
    if (c.failure) {
      EXPECT_EQ(FailureClassName(health.conditions[0].failure), FailureClassName(*c.failure));
    }
  }
}

}  // namespace
}  // namespace storefront::connectors
