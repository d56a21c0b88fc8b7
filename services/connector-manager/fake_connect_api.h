// ConnectApi on the fake cluster, without a wire: for domain tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/connector-manager/connect_api.h"
#include "services/connector-manager/connect_errors.h"
#include "services/connector-manager/fake_connect_cluster.h"

namespace storefront::connectors {

class FakeConnectApi final : public ConnectApi {
 public:
  // A wait for a rebalance advances `clock`.
  FakeConnectApi(FakeConnectCluster& cluster, clock::Clock& clock)
      : cluster_(cluster), clock_(clock) {}

  ConnectHealth Health(const CallLimits&) override { return cluster_.health(); }
  absl::StatusOr<WorkerInfo> Worker(const CallLimits& limits) override {
    const absl::Status status = Ask(limits, false, [] { return FakeConnectCluster::Answer{}; });
    if (!status.ok()) return status;
    return WorkerInfo{"4.3.1", "fake-cluster"};
  }
  absl::StatusOr<std::vector<ConnectPlugin>> Plugins(const CallLimits& limits) override {
    const absl::Status status = Ask(limits, false, [] { return FakeConnectCluster::Answer{}; });
    if (!status.ok()) return status;
    return std::vector<ConnectPlugin>{
        {"io.debezium.connector.postgresql.PostgresConnector", "source", "3.7.0.Final"}};
  }
  absl::StatusOr<std::map<std::string, DeployedConnector>> List(const CallLimits& limits) override {
    std::map<std::string, DeployedConnector> all;
    return Value(Ask(limits, false, [&] { return all = cluster_.List(), Good(); }), all);
  }
  absl::StatusOr<ConnectorConfig> GetConfig(const std::string& name,
                                            const CallLimits& limits) override {
    ConnectorConfig config;
    return Value(Ask(limits, false, [&] { return cluster_.GetConfig(name, config); }), config);
  }
  absl::StatusOr<ConnectorStatus> GetStatus(const std::string& name,
                                            const CallLimits& limits) override {
    ConnectorStatus result;
    const absl::Status status =
        Ask(limits, false, [&] { return cluster_.GetStatus(name, result); });
    // A connector without a status yet is not an unknown one.
    if (absl::IsNotFound(status) && GetConfig(name, limits).ok()) return ConnectorStatus{};
    return Value(status, result);
  }
  absl::StatusOr<std::vector<ConnectorConfig>> GetTasks(const std::string& name,
                                                        const CallLimits& limits) override {
    std::vector<ConnectorConfig> tasks;
    return Value(Ask(limits, false, [&] { return cluster_.GetTasks(name, tasks); }), tasks);
  }
  absl::StatusOr<std::vector<StoredOffset>> GetOffsets(const std::string& name,
                                                       const CallLimits& limits) override {
    std::vector<StoredOffset> offsets;
    return Value(Ask(limits, false, [&] { return cluster_.GetOffsets(name, offsets); }), offsets);
  }
  absl::StatusOr<std::vector<ConfigFault>> Validate(const ConnectorConfig&,
                                                    const CallLimits& limits) override {
    const absl::Status status = Ask(limits, false, [] { return Good(); });
    if (!status.ok()) return status;
    return validation_faults;
  }
  absl::Status PutConfig(const std::string& name, const ConnectorConfig& config,
                         const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.Put(name, config); });
  }
  absl::Status Delete(const std::string& name, const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.Delete(name); });
  }
  absl::Status Pause(const std::string& name, const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.SetState(name, "PAUSED"); });
  }
  absl::Status Resume(const std::string& name, const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.SetState(name, "RUNNING"); });
  }
  absl::Status Stop(const std::string& name, const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.SetState(name, "STOPPED"); });
  }
  absl::Status Restart(const std::string& name, bool only_failed,
                       const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.Restart(name, only_failed); });
  }
  absl::Status DeleteOffsets(const std::string& name, const CallLimits& limits) override {
    return Ask(limits, true, [&] { return cluster_.DeleteOffsets(name); });
  }

  std::vector<ConfigFault> validation_faults;

 private:
  using Answer = FakeConnectCluster::Answer;
  static Answer Good() { return {}; }

  template <typename T>
  static absl::StatusOr<T> Value(const absl::Status& status, const T& value) {
    if (!status.ok()) return status;
    return value;
  }

  absl::Status Ask(const CallLimits& limits, bool is_write, const std::function<Answer()>& call) {
    for (;;) {
      Answer answer = cluster_.Begin();
      if (answer.ok()) answer = call();
      if (answer.ok()) return absl::OkStatus();
      const ConnectAnswer kind =
          ClassifyAnswer({answer.status, "application/json", answer.message}, is_write);
      const clock::SteadyTime next = clock_.Steady() + absl::Milliseconds(100);
      if (kind != ConnectAnswer::kRebalancing || next >= limits.deadline ||
          !clock_.WaitUntil(next, limits.stop)) {
        return StatusOfAnswer(kind, "fake", answer.message);
      }
    }
  }

  FakeConnectCluster& cluster_;
  clock::Clock& clock_;
};

}  // namespace storefront::connectors
