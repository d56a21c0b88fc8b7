// Kafka Connect as a state machine: what its REST interface does, with knobs for its faults. The
// one model behind fake_connect_api.h and fake_connect_server.h.
//
// Thread-safety: all methods.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/sync/mutex.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

// How the next calls answer. All are off by default.
struct FakeConnectFaults {
  int rebalancing_answers = 0;          // that many times "409 … stale configuration …"
  int rebalancing_500_answers = 0;      // that many times "500 … a rebalance is expected"
  int put_timeouts_after_effect = 0;    // 500 "Request timed out", written
  int put_timeouts_without_effect = 0;  // 500 "Request timed out", not written
  int status_missing_answers = 0;       // 404 "No status found" for a new connector
  bool without_task = false;            // RUNNING, no task
  std::string put_refusal = {};         // 400 with this message
  std::string task_trace = {};          // tasks of connectors put from now on are FAILED with it
  std::string server_error = {};        // each call: 500 with this message (may hold a config)
  ConnectHealth health = ConnectHealth::kHealthy;
  std::map<std::string, std::string> server_added_keys = {};  // appear in configs read back
};

class FakeConnectCluster {
 public:
  struct Answer {
    int status = 200;
    std::string message = {};  // of an error
    bool ok() const { return status < 300; }
  };

  void SetFaults(FakeConnectFaults faults);

  // How often each write was received: "PUT name", "DELETE name", "STOP name", …
  int Count(const std::string& write) const;
  int WriteCount() const;

  // Any call begins with this; an answer that is not OK is the call's answer.
  Answer Begin();

  ConnectHealth health() const;
  std::map<std::string, DeployedConnector> List();
  Answer GetConfig(const std::string& name, ConnectorConfig& config);
  Answer GetStatus(const std::string& name, ConnectorStatus& result);
  Answer GetTasks(const std::string& name, std::vector<ConnectorConfig>& tasks);
  Answer GetOffsets(const std::string& name, std::vector<StoredOffset>& offsets);
  Answer Put(const std::string& name, const ConnectorConfig& config);  // 201 or 200
  Answer Delete(const std::string& name);
  Answer SetState(const std::string& name, const std::string& state);  // RUNNING, PAUSED, STOPPED
  Answer Restart(const std::string& name, bool only_failed);
  Answer DeleteOffsets(const std::string& name);

  // Direct access for tests.
  void SetStatus(const std::string& name, ConnectorStatus status);
  void SetOffsets(const std::string& name, std::vector<StoredOffset> offsets);

 private:
  struct Entry {
    ConnectorConfig config;
    ConnectorStatus status;
  };
  Answer Missing(const std::string& name) const;
  Entry* Find(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ConnectorConfig Stored(const std::string& name, const Entry& entry) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartTasks(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable sync::Mutex mutex_;
  FakeConnectFaults faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<StoredOffset>> offsets_ ABSL_GUARDED_BY(mutex_);  // by name
  std::map<std::string, int> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
