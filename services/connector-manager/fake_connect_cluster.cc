// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/fake_connect_cluster.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

constexpr absl::string_view kWorker = "127.0.0.1:8083";

// True once per unit of a counter.
bool Take(int& counter) {
  if (counter <= 0) return false;
  --counter;
  return true;
}

}  // namespace

void FakeConnectCluster::SetFaults(FakeConnectFaults faults) {
  sync::MutexLock lock(mutex_);
  faults_ = std::move(faults);
}

int FakeConnectCluster::Count(const std::string& write) const {
  sync::MutexLock lock(mutex_);
  const auto found = counts_.find(write);
  return found == counts_.end() ? 0 : found->second;
}

int FakeConnectCluster::WriteCount() const {
  sync::MutexLock lock(mutex_);
  int total = 0;
  for (const auto& [write, count] : counts_) total += count;
  return total;
}

FakeConnectCluster::Answer FakeConnectCluster::Begin() {
  sync::MutexLock lock(mutex_);
  if (Take(faults_.rebalancing_answers)) {
    return {409,
            "Cannot complete request momentarily due to stale configuration (typically caused "
            "by a concurrent config change)"};
  }
  if (Take(faults_.rebalancing_500_answers)) {
    return {500,
            "Cannot complete request because of a conflicting operation; a rebalance is expected"};
  }
  if (!faults_.server_error.empty()) return {500, faults_.server_error};
  return {};
}

ConnectHealth FakeConnectCluster::health() const {
  sync::MutexLock lock(mutex_);
  return faults_.health;
}

std::map<std::string, DeployedConnector> FakeConnectCluster::List() {
  sync::MutexLock lock(mutex_);
  std::map<std::string, DeployedConnector> all;
  for (const auto& [name, entry] : entries_) {
    all[name] = {name, Stored(name, entry), entry.status};
  }
  return all;
}

FakeConnectCluster::Answer FakeConnectCluster::Missing(const std::string& name) const {
  return {404, absl::StrCat("Connector ", name, " not found")};
}

FakeConnectCluster::Entry* FakeConnectCluster::Find(const std::string& name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

ConnectorConfig FakeConnectCluster::Stored(const std::string& name, const Entry& entry) const {
  ConnectorConfig config = entry.config;
  for (const auto& [key, value] : faults_.server_added_keys) config.emplace(key, value);
  config["name"] = name;
  return config;
}

void FakeConnectCluster::StartTasks(Entry& entry) {
  entry.status.tasks.clear();
  if (entry.status.state != "STOPPED" && !faults_.without_task) {
    const std::string state = !faults_.task_trace.empty() ? "FAILED" : entry.status.state;
    entry.status.tasks.push_back({0, state, std::string(kWorker), faults_.task_trace});
  }
}

FakeConnectCluster::Answer FakeConnectCluster::GetConfig(const std::string& name,
                                                         ConnectorConfig& config) {
  sync::MutexLock lock(mutex_);
  const Entry* entry = Find(name);
  if (entry == nullptr) return Missing(name);
  config = Stored(name, *entry);
  return {};
}

FakeConnectCluster::Answer FakeConnectCluster::GetStatus(const std::string& name,
                                                         ConnectorStatus& result) {
  sync::MutexLock lock(mutex_);
  const Entry* entry = Find(name);
  if (entry == nullptr) return {404, absl::StrCat("No status found for connector ", name)};
  if (Take(faults_.status_missing_answers)) {
    return {404, absl::StrCat("No status found for connector ", name)};
  }
  result = entry->status;
  return {};
}

FakeConnectCluster::Answer FakeConnectCluster::GetTasks(const std::string& name,
                                                        std::vector<ConnectorConfig>& tasks) {
  sync::MutexLock lock(mutex_);
  const Entry* entry = Find(name);
  if (entry == nullptr) return Missing(name);
  tasks.clear();
  for (const TaskStatus& task : entry->status.tasks) {
    ConnectorConfig config = entry->config;
    config["task.class"] = "io.debezium.connector.postgresql.PostgresConnectorTask";
    config["task.id"] = absl::StrCat(task.id);
    tasks.push_back(std::move(config));
  }
  return {};
}

FakeConnectCluster::Answer FakeConnectCluster::GetOffsets(const std::string& name,
                                                          std::vector<StoredOffset>& offsets) {
  sync::MutexLock lock(mutex_);
  if (Find(name) == nullptr) return Missing(name);
  offsets = offsets_[name];
  return {};
}

FakeConnectCluster::Answer FakeConnectCluster::Put(const std::string& name,
                                                   const ConnectorConfig& config) {
  sync::MutexLock lock(mutex_);
  ++counts_[absl::StrCat("PUT ", name)];
  std::string refusal = faults_.put_refusal;
  const auto plugin = config.find("connector.class");
  if (plugin != config.end() && absl::StrContains(plugin->second, "debezium") &&
      !config.contains("topic.prefix")) {
    refusal = "The 'topic.prefix' value is invalid: A value is required";
  }
  if (!refusal.empty()) {
    return {400, absl::StrCat("Connector configuration is invalid and contains the following 1 "
                              "error(s):\n",
                              refusal,
                              "\nYou can also find the above list of errors at the endpoint "
                              "`/connector-plugins/{connectorType}/config/validate`")};
  }
  if (Take(faults_.put_timeouts_without_effect)) return {500, "Request timed out"};
  const bool is_new = Find(name) == nullptr;
  Entry& entry = entries_[name];
  entry.config = config;
  entry.config.erase("name");
  if (is_new)
    entry.status = {
        .state = "RUNNING", .worker_id = std::string(kWorker), .trace = {}, .tasks = {}};
  StartTasks(entry);
  if (Take(faults_.put_timeouts_after_effect)) return {500, "Request timed out"};
  return {is_new ? 201 : 200, ""};
}

FakeConnectCluster::Answer FakeConnectCluster::Delete(const std::string& name) {
  sync::MutexLock lock(mutex_);
  ++counts_[absl::StrCat("DELETE ", name)];
  if (entries_.erase(name) == 0) return Missing(name);
  return {204, ""};  // offsets stay
}

FakeConnectCluster::Answer FakeConnectCluster::SetState(const std::string& name,
                                                        const std::string& state) {
  sync::MutexLock lock(mutex_);
  const char* verb = state == "STOPPED" ? "STOP " : state == "PAUSED" ? "PAUSE " : "RESUME ";
  ++counts_[absl::StrCat(verb, name)];
  Entry* entry = Find(name);
  if (entry == nullptr) return Missing(name);
  if (entry->status.state != state) {
    entry->status.state = state;
    StartTasks(*entry);
  }
  return {state == "STOPPED" ? 204 : 202, ""};
}

FakeConnectCluster::Answer FakeConnectCluster::Restart(const std::string& name, bool only_failed) {
  sync::MutexLock lock(mutex_);
  ++counts_[absl::StrCat("RESTART ", name)];
  Entry* entry = Find(name);
  if (entry == nullptr) return Missing(name);
  const bool failed = !entry->status.tasks.empty() && entry->status.tasks[0].state == "FAILED";
  if (!only_failed || failed) StartTasks(*entry);
  return {202, ""};
}

FakeConnectCluster::Answer FakeConnectCluster::DeleteOffsets(const std::string& name) {
  sync::MutexLock lock(mutex_);
  ++counts_[absl::StrCat("DELETE OFFSETS ", name)];
  const Entry* entry = Find(name);
  if (entry == nullptr) return Missing(name);
  if (entry->status.state != "STOPPED") {
    return {400, "Connectors must be in the STOPPED state before their offsets can be modified."};
  }
  offsets_.erase(name);
  return {};
}

void FakeConnectCluster::SetStatus(const std::string& name, ConnectorStatus status) {
  sync::MutexLock lock(mutex_);
  entries_[name].status = std::move(status);
}

void FakeConnectCluster::SetOffsets(const std::string& name, std::vector<StoredOffset> offsets) {
  sync::MutexLock lock(mutex_);
  offsets_[name] = std::move(offsets);
}

}  // namespace storefront::connectors
