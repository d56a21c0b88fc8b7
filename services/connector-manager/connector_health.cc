// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_health.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

// A probe that fails says so within the probe's timeout; slots free themselves in half a second.
constexpr absl::Duration kNoTaskPatience = absl::Seconds(60);

Health Of(ConnectorState state, FailureClass failure, std::string message) {
  return {state, {{failure, std::move(message)}}};
}

bool IsTrue(const std::map<std::string, std::string>& offset, const std::string& key) {
  const auto found = offset.find(key);
  return found != offset.end() && found->second != "false" && !found->second.empty();
}

// Offsets are written only after the first records; `snapshot` stays in them until it has ended.
bool MayBeSnapshotting(const HealthFacts& facts) {
  if (!facts.offsets) return false;
  if (facts.offsets->empty()) return true;
  return std::any_of(facts.offsets->begin(), facts.offsets->end(), [](const StoredOffset& one) {
    return IsTrue(one.offset, "snapshot") && !IsTrue(one.offset, "snapshot_completed");
  });
}

Health JudgeFailed(const ConnectorStatus& status) {
  std::string trace = status.trace;
  std::string what = "the connector";
  for (const TaskStatus& task : status.tasks) {
    if (task.state != "FAILED" || !trace.empty()) continue;
    trace = task.trace;
    what = absl::StrCat("task ", task.id);
  }
  const FailureClass failure = ClassifyText(trace).value_or(FailureClass::kUnknown);
  const ConnectorState state =
      failure == FailureClass::kNeedsReset ? ConnectorState::kNeedsReset : ConnectorState::kFailed;
  return Of(state, failure, absl::StrCat(what, " has failed; its trace tells the cause"));
}

// Connect says RUNNING and nobody reads the slot, for longer than patience.
Health JudgeStalled(const HealthFacts& facts) {
  if (!facts.source) {
    return Of(ConnectorState::kDegraded, FailureClass::kStalled,
              "Connect says RUNNING, but the slot is not being read");
  }
  if (!facts.source->role_exists || !facts.source->role_can_login ||
      !facts.source->role_can_replicate) {
    return Of(ConnectorState::kDegraded, FailureClass::kRole,
              "the connector's role is missing, or lacks LOGIN or REPLICATION");
  }
  if (!facts.source->publication_exists) {
    return Of(ConnectorState::kDegraded, FailureClass::kPublication, "the publication is missing");
  }
  for (const SourceTable& table : facts.source->tables) {
    if (table.published && !table.selectable) {
      return Of(ConnectorState::kDegraded, FailureClass::kRole,
                absl::StrCat("the connector's role may not read ", table.name));
    }
  }
  return Of(
      ConnectorState::kDegraded, FailureClass::kStalled,
      "Connect says RUNNING, but the slot is not being read and the database shows no reason");
}

Health JudgeRunning(const HealthFacts& facts) {
  const ConnectorStatus& status = facts.deployed->status;
  if (!facts.has_slot_of_its_own) return {ConnectorState::kStreaming, {}};
  if (!facts.slots_are_known) {
    return Of(ConnectorState::kDegraded, FailureClass::kSourceDown, "Postgres does not answer");
  }
  if (status.tasks.empty()) {
    if (facts.slot && facts.slot->confirmed_flush_lsn.empty()) {
      return Of(ConnectorState::kPending, FailureClass::kWaitingTransaction,
                "the slot is being created and waits for an open transaction");
    }
    if (facts.not_streaming_for > kNoTaskPatience) {
      return Of(ConnectorState::kDegraded, FailureClass::kStalled, "the connector has no task");
    }
    return {ConnectorState::kPending, {}};
  }
  if (!IsRunningButNotStreaming(facts)) {
    if (facts.slot && !absl::StartsWith(facts.slot->application_name, "Debezium")) {
      return Of(ConnectorState::kDegraded, FailureClass::kSlotTaken,
                absl::StrCat("the slot is read by pid ", facts.slot->active_pid,
                             ", which is not Debezium"));
    }
    if (facts.last_probe_failed) {
      return Of(ConnectorState::kDegraded, FailureClass::kStalled,
                "the slot is being read, but the last probe's change did not arrive on Kafka");
    }
    return {ConnectorState::kStreaming, {}};
  }
  const bool busy = facts.source && facts.source->snapshot_backend_busy;
  const bool patient = facts.not_streaming_for <= facts.stalled_after;
  if (facts.slot && MayBeSnapshotting(facts) && (patient || busy)) {
    return Of(ConnectorState::kSnapshotting, FailureClass::kSnapshotting,
              "the snapshot of the present rows is under way");
  }
  if (patient) return {ConnectorState::kPending, {}};
  return JudgeStalled(facts);
}

Health Judge(const HealthFacts& facts) {
  if (!facts.connect_answers) {
    return Of(ConnectorState::kDegraded, FailureClass::kConnectDown,
              "Kafka Connect does not answer");
  }
  if (!facts.deployed) return {ConnectorState::kAbsent, {}};
  const ConnectorStatus& status = facts.deployed->status;
  if (facts.slot &&
      (facts.slot->wal_status == "lost" || !facts.slot->invalidation_reason.empty())) {
    return Of(
        ConnectorState::kNeedsReset, FailureClass::kNeedsReset,
        absl::StrCat("Postgres gave slot ", facts.slot->name, " up: ",
                     facts.slot->invalidation_reason.empty() ? facts.slot->wal_status
                                                             : facts.slot->invalidation_reason));
  }
  if (!facts.kafka_answers) {
    return Of(ConnectorState::kDegraded, FailureClass::kKafkaDown,
              "Kafka Connect does not reach Kafka");
  }
  if (status.state == "PAUSED") {
    return Of(ConnectorState::kPaused, FailureClass::kHeld, "the connector is paused");
  }
  if (status.state == "STOPPED") {
    return Of(ConnectorState::kStopped, FailureClass::kHeld, "the connector is stopped");
  }
  const bool task_failed = std::any_of(status.tasks.begin(), status.tasks.end(),
                                       [](const auto& task) { return task.state == "FAILED"; });
  if (status.state == "FAILED" || task_failed) return JudgeFailed(status);
  const bool all_running = std::all_of(status.tasks.begin(), status.tasks.end(),
                                       [](const auto& task) { return task.state == "RUNNING"; });
  if (status.state != "RUNNING" || !all_running) return {ConnectorState::kPending, {}};
  return JudgeRunning(facts);
}

}  // namespace

bool IsRunningButNotStreaming(const HealthFacts& facts) {
  return facts.deployed && facts.has_slot_of_its_own && facts.slots_are_known &&
         facts.deployed->status.state == "RUNNING" && !(facts.slot && facts.slot->active);
}

Health JudgeHealth(const HealthFacts& facts) { return Judge(facts); }

absl::string_view ConnectorStateName(ConnectorState state) {
  switch (state) {
    case ConnectorState::kAbsent:
      return "ABSENT";
    case ConnectorState::kPending:
      return "PENDING";
    case ConnectorState::kSnapshotting:
      return "SNAPSHOTTING";
    case ConnectorState::kStreaming:
      return "STREAMING";
    case ConnectorState::kDegraded:
      return "DEGRADED";
    case ConnectorState::kPaused:
      return "PAUSED";
    case ConnectorState::kStopped:
      return "STOPPED";
    case ConnectorState::kFailed:
      return "FAILED";
    case ConnectorState::kNeedsReset:
      return "NEEDS_RESET";
  }
  return "";
}

}  // namespace storefront::connectors
