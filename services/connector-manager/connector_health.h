// What state a connector is in, judged by Connect, its slot and its last probe together.
//
// Connect says RUNNING, without a trace and for ever, for a connector whose database is down, whose
// slot another reads, whose role may not read a table. So none of the three is believed alone.
//
// Thread-safety: a pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/connector-manager/connect_api.h"
#include "services/connector-manager/failure_class.h"
#include "services/connector-manager/source_catalog.h"

namespace storefront::connectors {

enum class ConnectorState {
  kAbsent,
  kPending,
  kSnapshotting,
  kStreaming,
  kDegraded,
  kPaused,
  kStopped,
  kFailed,
  kNeedsReset,
};

struct Condition {
  FailureClass failure = FailureClass::kUnknown;
  std::string message;
};

struct HealthFacts {
  bool connect_answers = true;
  bool kafka_answers = true;                  // by Connect's own health
  std::optional<DeployedConnector> deployed;  // nothing: Connect does not have it
  bool has_slot_of_its_own = true;            // a Debezium Postgres connector
  bool slots_are_known = true;                // Postgres answered
  std::optional<SlotRow> slot;
  std::optional<std::vector<StoredOffset>> offsets;  // asked when the slot is not being read
  std::optional<SourceFacts> source;                 // asked when it stays so
  absl::Duration not_streaming_for;  // how long this service has seen it RUNNING but not streaming
  absl::Duration stalled_after = absl::Seconds(30);
  bool last_probe_failed = false;  // lately, and no later one succeeded
};

struct Health {
  ConnectorState state = ConnectorState::kPending;
  std::vector<Condition> conditions;  // the gravest first
};

Health JudgeHealth(const HealthFacts& facts);

// True when Connect says RUNNING for connector and task and the slot is not being read: then
// offsets and, after a while, the source tell more.
bool IsRunningButNotStreaming(const HealthFacts& facts);

absl::string_view ConnectorStateName(ConnectorState state);

}  // namespace storefront::connectors
