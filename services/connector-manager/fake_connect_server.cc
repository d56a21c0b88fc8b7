// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/fake_connect_server.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace storefront::connectors {
namespace {

using http::ServedRequest;
using http::ServedResponse;
using nlohmann::json;

std::string Decode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

json StatusJson(const std::string& name, const ConnectorStatus& status) {
  json result = {{"name", name},
                 {"connector", {{"state", status.state}, {"worker_id", status.worker_id}}},
                 {"tasks", json::array()},
                 {"type", "source"}};
  if (!status.trace.empty()) result["connector"]["trace"] = status.trace;
  for (const TaskStatus& task : status.tasks) {
    json one = {{"id", task.id}, {"state", task.state}, {"worker_id", task.worker_id}};
    if (!task.trace.empty()) one["trace"] = task.trace;
    result["tasks"].push_back(std::move(one));
  }
  return result;
}

ServedResponse Reply(const FakeConnectCluster::Answer& answer, const json& body = json::object()) {
  if (answer.ok()) return {.status = answer.status, .body = body.dump()};
  return {.status = answer.status,
          .body = json{{"error_code", answer.status}, {"message", answer.message}}.dump()};
}

ServedResponse Health(ConnectHealth health) {
  switch (health) {
    case ConnectHealth::kHealthy:
      return {.body = R"({"status":"healthy","message":"Worker has completed startup"})"};
    case ConnectHealth::kStarting:
      return {.status = 404, .content_type = "text/html", .body = "<html>404 Not Found</html>"};
    case ConnectHealth::kKafkaUnreachable:
      return {.status = 500, .body = R"({"error_code":500,"message":"Request timed out"})"};
    case ConnectHealth::kDown:
      break;
  }
  return {.close = true};
}

}  // namespace

FakeConnectServer::FakeConnectServer(FakeConnectCluster& cluster)
    : cluster_(cluster), server_([this](const ServedRequest& request) { return Serve(request); }) {}

void FakeConnectServer::SetOverride(std::optional<ServedResponse> response) {
  sync::MutexLock lock(mutex_);
  override_ = std::move(response);
}

ServedResponse FakeConnectServer::Serve(const ServedRequest& request) {
  {
    sync::MutexLock lock(mutex_);
    if (override_) return *override_;
  }
  const std::vector<std::string> target = absl::StrSplit(request.target, absl::MaxSplits('?', 1));
  const std::vector<std::string> path = absl::StrSplit(target[0].substr(1), '/');
  const std::string query = target.size() > 1 ? target[1] : "";
  if (path[0] == "health") return Health(cluster_.health());
  if (const auto begun = cluster_.Begin(); !begun.ok()) return Reply(begun);
  if (path[0].empty()) {
    return Reply({}, {{"version", "4.3.1"}, {"commit", "x"}, {"kafka_cluster_id", "fake-cluster"}});
  }
  if (path[0] == "connector-plugins" && path.size() == 1) {
    return Reply({}, json::array({{{"class", "io.debezium.connector.postgresql.PostgresConnector"},
                                   {"type", "source"},
                                   {"version", "3.7.0.Final"}}}));
  }
  if (path[0] != "connectors") return Reply({404, "HTTP 404 Not Found"});
  if (path.size() == 1) {
    json all = json::object();
    for (const auto& [name, one] : cluster_.List()) {
      all[name] = {{"info", {{"name", name}, {"config", one.config}, {"type", "source"}}},
                   {"status", StatusJson(name, one.status)}};
    }
    return Reply({}, all);
  }
  const std::string name = Decode(path[1]);
  const std::string rest = path.size() > 2 ? path[2] : "";
  const std::string call = absl::StrCat(request.method, " ", rest);
  if (call == "GET config") {
    ConnectorConfig config;
    const auto answer = cluster_.GetConfig(name, config);
    return Reply(answer, config);
  }
  if (call == "GET status") {
    ConnectorStatus status;
    const auto answer = cluster_.GetStatus(name, status);
    return Reply(answer, StatusJson(name, status));
  }
  if (call == "GET tasks") {
    std::vector<ConnectorConfig> tasks;
    const auto answer = cluster_.GetTasks(name, tasks);
    json body = json::array();
    for (size_t i = 0; i < tasks.size(); ++i) {
      body.push_back({{"id", {{"connector", name}, {"task", i}}}, {"config", tasks[i]}});
    }
    return Reply(answer, body);
  }
  if (call == "GET offsets") {
    std::vector<StoredOffset> offsets;
    const auto answer = cluster_.GetOffsets(name, offsets);
    json body = {{"offsets", json::array()}};
    for (const StoredOffset& one : offsets) {
      body["offsets"].push_back({{"partition", one.partition}, {"offset", one.offset}});
    }
    return Reply(answer, body);
  }
  if (call == "PUT config") {
    const json config = json::parse(request.body, nullptr, false);
    if (!config.is_object()) return Reply({500, "Unexpected character"});
    return Reply(cluster_.Put(name, config.get<ConnectorConfig>()), config);
  }
  if (call == "DELETE ") return Reply(cluster_.Delete(name));
  if (call == "PUT pause") return Reply(cluster_.SetState(name, "PAUSED"));
  if (call == "PUT resume") return Reply(cluster_.SetState(name, "RUNNING"));
  if (call == "PUT stop") return Reply(cluster_.SetState(name, "STOPPED"));
  if (call == "POST restart") {
    return Reply(cluster_.Restart(name, absl::StrContains(query, "onlyFailed=true")));
  }
  if (call == "DELETE offsets") {
    return Reply(cluster_.DeleteOffsets(name), {{"message", "The offsets have been reset"}});
  }
  return Reply({405, "HTTP 405 Method Not Allowed"});
}

}  // namespace storefront::connectors
