// Connectors of templates and of Connect together, each with its judged state.
//
// Thread-safety: all methods. Lifetime: within that of what it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/connector-manager/connector_health.h"
#include "services/connector-manager/planner.h"
#include "services/connector-manager/probe_memory.h"

namespace storefront::connectors {

struct ConditionSince {
  Condition condition;
  absl::Time since;
};

struct ConnectorView {
  std::string name;
  ConnectorState state = ConnectorState::kAbsent;
  std::vector<ConditionSince> conditions;
  std::optional<DeployedConnector> deployed;  // config and traces raw
  std::optional<SlotRow> slot;
  std::string template_id;  // empty: unmanaged
  std::string revision;
  std::optional<LastProbe> last_probe;
  Redactor redactor;  // knows the secrets of its config
};

struct SlotView {
  SlotRow slot;
  std::string connector;  // that is configured to read it; empty = orphan
};

class ConnectorDirectory {
 public:
  ConnectorDirectory(Planner& planner, ConnectApi& connect, SourceCatalog& source,
                     const ProbeMemory& probes, clock::Clock& clock, absl::Duration stalled_after)
      : planner_(planner),
        connect_(connect),
        source_(source),
        probes_(probes),
        clock_(clock),
        stalled_after_(stalled_after) {}

  // By name. A Connect that does not answer leaves the templates' connectors, DEGRADED.
  absl::StatusOr<std::vector<ConnectorView>> List(const CallLimits& limits);
  // NOT_FOUND RESOURCE_NOT_FOUND.
  absl::StatusOr<ConnectorView> Get(const std::string& name, const CallLimits& limits);
  // By name.
  absl::StatusOr<std::vector<SlotView>> Slots(const CallLimits& limits);

  // What the last look at Connect's health saw; Connect needs ten seconds to say that Kafka is
  // gone.
  void NoteConnectHealth(ConnectHealth health) { connect_health_ = health; }
  ConnectHealth connect_health() const { return connect_health_; }

 private:
  ConnectorView Judge(ConnectorView view, bool connect_answers,
                      const absl::StatusOr<std::vector<SlotRow>>& slots, const CallLimits& limits);
  absl::Time Since(const std::string& key);
  void Forget(const std::string& connector, const std::vector<Condition>& kept);

  Planner& planner_;
  ConnectApi& connect_;
  SourceCatalog& source_;
  const ProbeMemory& probes_;
  clock::Clock& clock_;
  const absl::Duration stalled_after_;
  std::atomic<ConnectHealth> connect_health_ = ConnectHealth::kHealthy;
  sync::Mutex mutex_;
  // "connector\nCLASS" to when it was first seen without a break.
  std::map<std::string, absl::Time> since_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
