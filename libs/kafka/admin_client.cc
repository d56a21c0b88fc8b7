// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/admin_client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/kafka/errors.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::kafka {
namespace {

constexpr int kPollMs = 100;          // how soon a waiting call sees its stop or a fatal error
constexpr int kErrorPollMs = 60'000;  // the thread is woken when there is something

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, 3'600'000));
}

void OnLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogWarning = 4;
  if (level > kSyslogWarning) {
    VLOG(1) << log::Event("kafka_client", {{"facility", facility}, {"text", text}});
    return;
  }
  LOG_EVERY_N_SEC(WARNING, 10) << log::Event("kafka_client",
                                             {{"facility", facility}, {"text", text}});
}

}  // namespace

absl::Status SetConf(rd_kafka_conf_t& conf, const std::string& key, const std::string& value) {
  std::array<char, 512> text = {};
  if (rd_kafka_conf_set(&conf, key.c_str(), value.c_str(), text.data(), text.size()) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = absl::StrCat("Kafka client setting ", key, ": ", text.data())});
}

void RouteLogs(rd_kafka_conf_t& conf) { rd_kafka_conf_set_log_cb(&conf, &OnLog); }

// A librdkafka instance with the thread that reads its error events.
class AdminClient::Handle {
 public:
  static absl::StatusOr<std::shared_ptr<Handle>> Create(const ClientSettings& settings) {
    ConfPtr conf(rd_kafka_conf_new());
    RETURN_IF_ERROR(SetConf(*conf, "bootstrap.servers", settings.bootstrap_servers));
    RETURN_IF_ERROR(SetConf(*conf, "client.id", settings.client_id));
    RETURN_IF_ERROR(SetConf(*conf, "reconnect.backoff.ms", "100"));
    RETURN_IF_ERROR(SetConf(*conf, "reconnect.backoff.max.ms", "1000"));
    RETURN_IF_ERROR(SetConf(*conf, "allow.auto.create.topics", "false"));
    RETURN_IF_ERROR(SetConf(*conf, "socket.keepalive.enable", "true"));
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
    RouteLogs(*conf);
    std::array<char, 512> text = {};
    rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size());
    if (rk == nullptr) {
      return status::Error({.code = absl::StatusCode::kInvalidArgument,
                            .reason = status::Reason::kInvalidSetting,
                            .message = absl::StrCat("Kafka client: ", text.data())});
    }
    static_cast<void>(conf.release());  // the handle owns it now
    return std::shared_ptr<Handle>(new Handle(rk));
  }

  ~Handle() {
    errors_.request_stop();
    rd_kafka_queue_yield(main_.get());
    errors_.join();
    main_.reset();
    rd_kafka_destroy(rk_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  rd_kafka_t* get() const { return rk_; }
  bool fatal() const { return fatal_.load(); }

 private:
  explicit Handle(rd_kafka_t* rk)
      : rk_(rk), main_(rd_kafka_queue_get_main(rk)), errors_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) ReadErrors();
        }) {}

  void ReadErrors() {
    const EventPtr event(rd_kafka_queue_poll(main_.get(), kErrorPollMs));
    if (event == nullptr || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_ERROR) return;
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
    const bool is_fatal =
        code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event.get()) != 0;
    if (is_fatal) fatal_.store(true);
    if (is_fatal) {
      LOG(ERROR) << log::Event("kafka_client_fatal",
                               {{"code", rd_kafka_err2name(code)},
                                {"internal_error", rd_kafka_event_error_string(event.get())}});
    } else {
      LOG_EVERY_N_SEC(WARNING, 10) << log::Event(
          "kafka_client_error", {{"code", rd_kafka_err2name(code)},
                                 {"internal_error", rd_kafka_event_error_string(event.get())}});
    }
  }

  rd_kafka_t* const rk_;
  QueuePtr main_;
  std::atomic<bool> fatal_ = false;
  std::jthread errors_;
};

absl::StatusOr<std::unique_ptr<AdminClient>> AdminClient::Create(ClientSettings settings,
                                                                 clock::Clock& clock,
                                                                 CallObserver observer) {
  std::unique_ptr<AdminClient> client(
      new AdminClient(std::move(settings), clock, std::move(observer)));
  RETURN_IF_ERROR(client->Current().status());  // wrong settings show at start
  return client;
}

AdminClient::~AdminClient() = default;

absl::StatusOr<std::shared_ptr<AdminClient::Handle>> AdminClient::Current() {
  std::shared_ptr<Handle> dead;  // destroyed after the lock: that can take a while
  sync::MutexLock lock(mutex_);
  if (handle_ != nullptr && handle_->fatal()) {
    LOG(WARNING) << log::Event("kafka_client_rebuilt");
    dead = std::exchange(handle_, nullptr);
  }
  if (handle_ == nullptr) {
    ASSIGN_OR_RETURN(handle_, Handle::Create(settings_));
  }
  return handle_;
}

absl::StatusOr<absl::Duration> AdminClient::Remaining(const CallLimits& limits,
                                                      const std::string& api) const {
  const absl::Duration left = limits.deadline - clock_.Steady();
  if (left <= absl::ZeroDuration()) {
    return FromKafka(RD_KAFKA_RESP_ERR__TIMED_OUT, api, "the deadline passed before the call");
  }
  return std::min(settings_.request_timeout, left);
}

void AdminClient::Observe(const std::string& api, rd_kafka_resp_err_t code) const {
  if (observer_) observer_(api, rd_kafka_err2name(code));
}

absl::StatusOr<EventPtr> AdminClient::Call(const Api& api, const CallLimits& limits, Send send) {
  ASSIGN_OR_RETURN(const absl::Duration timeout, Remaining(limits, api.name));
  ASSIGN_OR_RETURN(const std::shared_ptr<Handle> handle, Current());
  const AdminOptionsPtr options(rd_kafka_AdminOptions_new(handle->get(), api.op));
  std::array<char, 256> text = {};
  const auto set = [&](rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = status::Reason::kInternalError,
                          .message = absl::StrCat(api.name, ": an option was refused."),
                          .internal = text.data()});
  };
  RETURN_IF_ERROR(set(rd_kafka_AdminOptions_set_request_timeout(
      options.get(), Milliseconds(timeout), text.data(), text.size())));
  if (api.waits_for_controller) {
    RETURN_IF_ERROR(set(rd_kafka_AdminOptions_set_operation_timeout(
        options.get(), Milliseconds(std::min(settings_.operation_timeout, timeout)), text.data(),
        text.size())));
  }
  if (api.validate_only) {
    RETURN_IF_ERROR(
        set(rd_kafka_AdminOptions_set_validate_only(options.get(), 1, text.data(), text.size())));
  }
  const QueuePtr reply(rd_kafka_queue_new(handle->get()));
  send(handle->get(), options.get(), reply.get());

  // librdkafka answers by the request timeout; the second of grace is for a starved machine.
  const clock::SteadyTime give_up = clock_.Steady() + timeout + absl::Seconds(1);
  while (true) {
    EventPtr event(rd_kafka_queue_poll(reply.get(), kPollMs));
    if (event != nullptr) {
      const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
      Observe(api.name, code);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
      const char* reason = rd_kafka_event_error_string(event.get());
      return FromKafka(code, api.name, reason == nullptr ? "" : reason);
    }
    if (limits.stop.stop_requested()) {
      Observe(api.name, RD_KAFKA_RESP_ERR__INTR);
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = status::Reason::kCallCancelled,
                            .message = absl::StrCat(api.name, ": cancelled.")});
    }
    if (handle->fatal()) {
      Observe(api.name, RD_KAFKA_RESP_ERR__FATAL);
      return FromKafka(RD_KAFKA_RESP_ERR__FATAL, api.name, "the client had a fatal error");
    }
    if (clock_.Steady() >= give_up) {
      Observe(api.name, RD_KAFKA_RESP_ERR__TIMED_OUT);
      return FromKafka(RD_KAFKA_RESP_ERR__TIMED_OUT, api.name, "no event came");
    }
  }
}

absl::StatusOr<std::vector<std::string>> AdminClient::TopicNames(const CallLimits& limits) {
  const std::string api = "list topics";
  ASSIGN_OR_RETURN(const absl::Duration timeout, Remaining(limits, api));
  ASSIGN_OR_RETURN(const std::shared_ptr<Handle> handle, Current());
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(handle->get(), 1, nullptr, &raw, Milliseconds(timeout));
  Observe(api, code);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(code, api, rd_kafka_err2str(code));
  const std::unique_ptr<const rd_kafka_metadata_t, Destroyer<&rd_kafka_metadata_destroy>> metadata(
      raw);
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(metadata->topic_cnt));
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  std::sort(names.begin(), names.end());
  return names;
}

void AdminClient::RaiseFatalErrorForTest() {
  sync::MutexLock lock(mutex_);
  rd_kafka_test_fatal_error(handle_->get(), RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
                            "raised by a test");
}

}  // namespace storefront::kafka
