// Kafka Connect's REST interface in our terms.
//
// Thread-safety: all methods.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE not reached or still starting, nothing was
// done; UNAVAILABLE CONNECT_REBALANCING the workers did not agree until the deadline, nothing was
// done; DEADLINE_EXCEEDED DEADLINE_PASSED a read that took too long; UNKNOWN OUTCOME_UNKNOWN a
// write that may or may not have taken effect: read, compare, and only then write again; INTERNAL
// UPSTREAM_MALFORMED, UPSTREAM_DENIED; NOT_FOUND RESOURCE_NOT_FOUND for an unknown connector.
// Waits for rebalances are in here; callers do not repeat.
// Source: docs/connect-rest.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

// Until when a call may take, and what ends it early.
struct CallLimits {
  clock::SteadyTime deadline;
  std::stop_token stop;
};

struct TaskStatus {
  int32_t id = 0;
  std::string state;  // RUNNING, FAILED, PAUSED, UNASSIGNED, RESTARTING
  std::string worker_id;
  std::string trace;  // raw: never shown as it is
  bool operator==(const TaskStatus&) const = default;
};

struct ConnectorStatus {
  std::string state;  // RUNNING, PAUSED, STOPPED, FAILED, UNASSIGNED; "" = no status yet
  std::string worker_id;
  std::string trace;
  std::vector<TaskStatus> tasks;  // by id
  bool operator==(const ConnectorStatus&) const = default;
};

struct DeployedConnector {
  std::string name;
  ConnectorConfig config;  // with Connect's own `name`; provider references unresolved
  ConnectorStatus status;
};

struct ConnectPlugin {
  std::string plugin_class, type, version;
};

struct WorkerInfo {
  std::string version, kafka_cluster_id;
};

enum class ConnectHealth {
  kHealthy,
  kStarting,          // the process answers, its REST resources do not yet
  kKafkaUnreachable,  // it answers, but not for Kafka
  kDown,              // refused, or no answer
};

// A fault that Connect finds in a config. `message` is Connect's own sentence: redact it.
struct ConfigFault {
  std::string key;  // "" when it concerns none
  std::string message;
  bool operator==(const ConfigFault&) const = default;
};

// An offset entry of a source connector: partition and offset, as flat text.
struct StoredOffset {
  std::map<std::string, std::string> partition;
  std::map<std::string, std::string> offset;
  bool operator==(const StoredOffset&) const = default;
};

class ConnectApi {
 public:
  virtual ~ConnectApi() = default;

  // Never an error: what is wrong is the answer. Takes 12 s at most (Connect's own time limit
  // towards Kafka is 10).
  virtual ConnectHealth Health(const CallLimits& limits) = 0;
  virtual absl::StatusOr<WorkerInfo> Worker(const CallLimits& limits) = 0;
  virtual absl::StatusOr<std::vector<ConnectPlugin>> Plugins(const CallLimits& limits) = 0;

  // All connectors by name, in one request. Connect answers from memory: what it says can be old.
  virtual absl::StatusOr<std::map<std::string, DeployedConnector>> List(
      const CallLimits& limits) = 0;
  virtual absl::StatusOr<ConnectorConfig> GetConfig(const std::string& name,
                                                    const CallLimits& limits) = 0;
  // Right after a create there is none: `state` is "" then.
  virtual absl::StatusOr<ConnectorStatus> GetStatus(const std::string& name,
                                                    const CallLimits& limits) = 0;
  // Config of each task, by id.
  virtual absl::StatusOr<std::vector<ConnectorConfig>> GetTasks(const std::string& name,
                                                                const CallLimits& limits) = 0;
  virtual absl::StatusOr<std::vector<StoredOffset>> GetOffsets(const std::string& name,
                                                               const CallLimits& limits) = 0;

  // What Connect says against a config; empty = nothing. It connects to the database for this.
  virtual absl::StatusOr<std::vector<ConfigFault>> Validate(const ConnectorConfig& config,
                                                            const CallLimits& limits) = 0;

  // Creates the connector or replaces its config; a STOPPED one stays so. INVALID_ARGUMENT
  // CONNECTOR_CONFIG_INVALID with one field violation per fault, messages raw.
  virtual absl::Status PutConfig(const std::string& name, const ConnectorConfig& config,
                                 const CallLimits& limits) = 0;
  // Offsets, slot and publication stay. NOT_FOUND when it is not there.
  virtual absl::Status Delete(const std::string& name, const CallLimits& limits) = 0;
  virtual absl::Status Pause(const std::string& name, const CallLimits& limits) = 0;
  virtual absl::Status Resume(const std::string& name, const CallLimits& limits) = 0;
  virtual absl::Status Stop(const std::string& name, const CallLimits& limits) = 0;
  virtual absl::Status Restart(const std::string& name, bool only_failed,
                               const CallLimits& limits) = 0;
  // FAILED_PRECONDITION CONNECTOR_STATE unless it is STOPPED.
  virtual absl::Status DeleteOffsets(const std::string& name, const CallLimits& limits) = 0;
};

}  // namespace storefront::connectors
