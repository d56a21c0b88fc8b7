// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/http_connect_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/http/client.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"
#include "services/connector-manager/connect_errors.h"

namespace storefront::connectors {
namespace {

using nlohmann::json;

constexpr absl::Duration kBackoffFirst = absl::Milliseconds(100);
constexpr absl::Duration kBackoffMax = absl::Seconds(2);

absl::Duration FullJitter(absl::Duration backoff) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return backoff * std::uniform_real_distribution<double>(0.1, 1.0)(generator);
}

absl::Status Malformed(absl::string_view call) {
  return StatusOfAnswer(ConnectAnswer::kMalformed, call, "unexpected JSON");
}

// A JSON value as flat text: a string as it is, anything else as JSON.
std::string Flat(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Throws like an access of the library's when it is not an object: items() takes anything.
const json::object_t& AsObject(const json& value) { return value.get_ref<const json::object_t&>(); }

std::map<std::string, std::string> FlatMap(const json& object) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : AsObject(object)) {
    if (!value.is_null()) map[key] = Flat(value);
  }
  return map;
}

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

ConnectorStatus ParseStatus(const json& object) {
  ConnectorStatus status;
  const json& connector = object.at("connector");
  status.state = Text(connector, "state");
  status.worker_id = Text(connector, "worker_id");
  status.trace = Text(connector, "trace");
  for (const json& task : object.at("tasks")) {
    status.tasks.push_back({task.at("id").get<int32_t>(), Text(task, "state"),
                            Text(task, "worker_id"), Text(task, "trace")});
  }
  std::sort(status.tasks.begin(), status.tasks.end(),
            [](const TaskStatus& a, const TaskStatus& b) { return a.id < b.id; });
  return status;
}

class HttpConnectApi final : public ConnectApi {
 public:
  HttpConnectApi(HttpConnectOptions options, clock::Clock& clock)
      : options_(std::move(options)), clock_(clock), client_(options_.url, "connect") {}

  ConnectHealth Health(const CallLimits& limits) override {
    const auto response =
        Once({.name = "health", .target = "/health", .timeout = options_.timeouts.health}, limits);
    if (!response.ok()) return ConnectHealth::kDown;
    if (response->status == 200) return ConnectHealth::kHealthy;
    return response->status == 404 || response->status == 503 ? ConnectHealth::kStarting
                                                              : ConnectHealth::kKafkaUnreachable;
  }

  absl::StatusOr<WorkerInfo> Worker(const CallLimits& limits) override {
    return Read<WorkerInfo>({.name = "worker", .target = "/"}, limits, [](const json& body) {
      return WorkerInfo{Text(body, "version"), Text(body, "kafka_cluster_id")};
    });
  }

  absl::StatusOr<std::vector<ConnectPlugin>> Plugins(const CallLimits& limits) override {
    return Read<std::vector<ConnectPlugin>>(
        {.name = "plugins", .target = "/connector-plugins"}, limits, [](const json& body) {
          std::vector<ConnectPlugin> plugins;
          for (const json& one : body) {
            plugins.push_back({Text(one, "class"), Text(one, "type"), Text(one, "version")});
          }
          std::sort(plugins.begin(), plugins.end(),
                    [](const auto& a, const auto& b) { return a.plugin_class < b.plugin_class; });
          return plugins;
        });
  }

  absl::StatusOr<std::map<std::string, DeployedConnector>> List(const CallLimits& limits) override {
    return Read<std::map<std::string, DeployedConnector>>(
        {.name = "list",
         .target = "/connectors?expand=info&expand=status",
         .timeout = options_.timeouts.list_and_status},
        limits, [](const json& body) {
          std::map<std::string, DeployedConnector> all;
          for (const auto& [name, one] : AsObject(body)) {
            DeployedConnector& connector = all[name];
            connector.name = name;
            // Either half can be missing for a moment after a create or a delete.
            const json::object_t& halves = AsObject(one);
            if (halves.contains("info")) connector.config = FlatMap(one.at("info").at("config"));
            if (halves.contains("status")) connector.status = ParseStatus(one.at("status"));
          }
          return all;
        });
  }

  absl::StatusOr<ConnectorConfig> GetConfig(const std::string& name,
                                            const CallLimits& limits) override {
    return Read<ConnectorConfig>(
        {.name = "get config", .target = Path(name, "/config"), .what = name}, limits, FlatMap);
  }

  absl::StatusOr<ConnectorStatus> GetStatus(const std::string& name,
                                            const CallLimits& limits) override {
    const auto result = Read<ConnectorStatus>({.name = "status",
                                               .target = Path(name, "/status"),
                                               .timeout = options_.timeouts.list_and_status,
                                               .what = name},
                                              limits, ParseStatus);
    // "No status found" comes for an unknown connector and for one that is just being made.
    if (absl::IsNotFound(result.status()) && GetConfig(name, limits).ok()) return ConnectorStatus{};
    return result;
  }

  absl::StatusOr<std::vector<ConnectorConfig>> GetTasks(const std::string& name,
                                                        const CallLimits& limits) override {
    return Read<std::vector<ConnectorConfig>>(
        {.name = "tasks", .target = Path(name, "/tasks"), .what = name}, limits,
        [](const json& body) {
          std::map<int32_t, ConnectorConfig> by_id;
          for (const json& task : body) {
            by_id[task.at("id").at("task").get<int32_t>()] = FlatMap(task.at("config"));
          }
          std::vector<ConnectorConfig> tasks;
          for (auto& [id, config] : by_id) tasks.push_back(std::move(config));
          return tasks;
        });
  }

  absl::StatusOr<std::vector<StoredOffset>> GetOffsets(const std::string& name,
                                                       const CallLimits& limits) override {
    return Read<std::vector<StoredOffset>>(
        {.name = "get offsets", .target = Path(name, "/offsets"), .what = name}, limits,
        [](const json& body) {
          std::vector<StoredOffset> offsets;
          for (const json& one : body.at("offsets")) {
            StoredOffset& stored = offsets.emplace_back();
            if (one.at("partition").is_object()) stored.partition = FlatMap(one.at("partition"));
            if (one.at("offset").is_object()) stored.offset = FlatMap(one.at("offset"));
          }
          return offsets;
        });
  }

  absl::StatusOr<std::vector<ConfigFault>> Validate(const ConnectorConfig& config,
                                                    const CallLimits& limits) override {
    const auto plugin = config.find("connector.class");
    const std::string plugin_class = plugin == config.end() ? "" : plugin->second;
    return Read<std::vector<ConfigFault>>(
        {.name = "validate",
         .method = "PUT",
         .target = absl::StrCat("/connector-plugins/", http::EncodeSegment(plugin_class),
                                "/config/validate"),
         .body = json(config).dump(),
         .what = plugin_class},
        limits, [](const json& body) {
          std::vector<ConfigFault> faults;
          for (const json& one : body.at("configs")) {
            const json& value = one.at("value");
            for (const json& error : value.at("errors")) {
              faults.push_back({Text(value, "name"), Flat(error)});
            }
          }
          return faults;
        });
  }

  absl::Status PutConfig(const std::string& name, const ConnectorConfig& config,
                         const CallLimits& limits) override {
    return Write({.name = "put config",
                  .method = "PUT",
                  .target = Path(name, "/config"),
                  .body = json(config).dump(),
                  .what = name},
                 limits);
  }
  absl::Status Delete(const std::string& name, const CallLimits& limits) override {
    return Write({.name = "delete", .method = "DELETE", .target = Path(name, ""), .what = name},
                 limits);
  }
  absl::Status Pause(const std::string& name, const CallLimits& limits) override {
    return Write({.name = "pause", .method = "PUT", .target = Path(name, "/pause"), .what = name},
                 limits);
  }
  absl::Status Resume(const std::string& name, const CallLimits& limits) override {
    return Write({.name = "resume", .method = "PUT", .target = Path(name, "/resume"), .what = name},
                 limits);
  }
  absl::Status Stop(const std::string& name, const CallLimits& limits) override {
    return Write({.name = "stop", .method = "PUT", .target = Path(name, "/stop"), .what = name},
                 limits);
  }
  absl::Status Restart(const std::string& name, bool only_failed,
                       const CallLimits& limits) override {
    return Write({.name = "restart",
                  .method = "POST",
                  .target = Path(name, absl::StrCat("/restart?includeTasks=true&onlyFailed=",
                                                    only_failed ? "true" : "false")),
                  .what = name},
                 limits);
  }
  absl::Status DeleteOffsets(const std::string& name, const CallLimits& limits) override {
    const auto response = UntilSettled({.name = "delete offsets",
                                        .method = "DELETE",
                                        .target = Path(name, "/offsets"),
                                        .timeout = options_.timeouts.write,
                                        .what = name,
                                        .is_write = true},
                                       limits);
    return response.status();
  }

 private:
  struct Call {
    std::string name;  // for metrics and logs
    std::string method = "GET";
    std::string target;
    std::string body = {};
    absl::Duration timeout = absl::ZeroDuration();  // 0 = that of reads
    std::string what = "connect";                   // what an error is about
    bool is_write = false;
  };

  static std::string Path(const std::string& name, absl::string_view rest) {
    return absl::StrCat("/connectors/", http::EncodeSegment(name), rest);
  }

  template <typename T, typename Parse>
  absl::StatusOr<T> Read(Call call, const CallLimits& limits, Parse parse) {
    if (call.timeout <= absl::ZeroDuration()) call.timeout = options_.timeouts.read;
    ASSIGN_OR_RETURN(const http::Response response, UntilSettled(call, limits));
    if (response.content_type != "application/json") return Malformed(call.name);
    try {
      return T(parse(json::parse(response.body)));
    } catch (const json::exception&) {
      return Malformed(call.name);
    }
  }

  absl::Status Write(Call call, const CallLimits& limits) {
    call.timeout = options_.timeouts.write;
    call.is_write = true;
    return UntilSettled(call, limits).status();
  }

  // Sends until the answer is neither "rebalancing" nor "starting", or the deadline is near.
  absl::StatusOr<http::Response> UntilSettled(const Call& call, const CallLimits& limits) {
    absl::Duration backoff = kBackoffFirst;
    for (;;) {
      absl::StatusOr<http::Response> response = Once(call, limits);
      if (!response.ok()) return FailureOf(call, response.status());
      if (response->status >= 200 && response->status < 300) return response;
      const std::string message = MessageOf(*response);
      const ConnectAnswer kind =
          ClassifyAnswer({response->status, response->content_type, message}, call.is_write);
      const bool again = kind == ConnectAnswer::kRebalancing || kind == ConnectAnswer::kStarting;
      const clock::SteadyTime next = clock_.Steady() + FullJitter(backoff);
      if (!again || next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) {
        return StatusOfAnswer(kind, call.what, message);
      }
      backoff = std::min(backoff * 2, kBackoffMax);
    }
  }

  static std::string MessageOf(const http::Response& response) {
    if (response.content_type != "application/json") return response.body.substr(0, 2000);
    const json body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
    return body.is_object() ? Text(body, "message") : "";
  }

  static absl::Status FailureOf(const Call& call, const absl::Status& failure) {
    const bool unclear = absl::IsUnavailable(failure) || absl::IsDeadlineExceeded(failure);
    if (call.is_write && unclear && http::MayHaveBeenSent(failure)) {
      return StatusOfAnswer(ConnectAnswer::kTimedOut, call.what,
                            status::DetailsOf(failure).internal);
    }
    return failure;
  }

  absl::StatusOr<http::Response> Once(const Call& call, const CallLimits& limits) {
    const clock::SteadyTime begin = clock_.Steady();
    if (!TakeTurn(limits)) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = status::Reason::kDeadlinePassed,
                            .message = "Too many requests to Kafka Connect are under way.",
                            .metadata = {{"backend", "connect"}}});
    }
    absl::StatusOr<http::Response> response =
        client_.Send({.method = call.method,
                      .target = call.target,
                      .body = call.body,
                      .connect_timeout = options_.timeouts.connect,
                      .timeout = std::min(call.timeout, limits.deadline - clock_.Steady()),
                      .body_bytes_max = options_.body_bytes_max},
                     limits.stop);
    GiveTurn();
    const std::string code = response.ok() ? absl::StrCat(response->status)
                                           : absl::StatusCodeToString(response.status().code());
    if (options_.observer) options_.observer(call.name, code, clock_.Steady() - begin);
    if (call.is_write) {
      LOG(INFO) << log::Event("connect_write",
                              {{"call", call.name}, {"connector", call.what}, {"answer", code}});
    }
    return response;
  }

  bool TakeTurn(const CallLimits& limits) {
    sync::MutexLock lock(mutex_);
    const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return under_way_ < options_.in_flight_max;
    };
    if (!turn_.WaitFor(mutex_, std::max(limits.deadline - clock_.Steady(), absl::ZeroDuration()),
                       free)) {
      return false;
    }
    ++under_way_;
    return true;
  }
  void GiveTurn() {
    sync::MutexLock lock(mutex_);
    --under_way_;
    turn_.NotifyOne();
  }

  const HttpConnectOptions options_;
  clock::Clock& clock_;
  http::Client client_;
  sync::Mutex mutex_;
  sync::CondVar turn_;
  int64_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<ConnectApi> MakeHttpConnectApi(HttpConnectOptions options, clock::Clock& clock) {
  return std::make_unique<HttpConnectApi>(std::move(options), clock);
}

}  // namespace storefront::connectors
