// One librdkafka handle for admin calls, and the one way to make such a call.
//
// Rules that this file keeps, so that no adapter has to (spec of librdkafka 2.8, seen):
//   - the event's own error is asked before any accessor: on a failed event some accessors abort
//     the process, others give no items, which reads as "no topics";
//   - every call has a request timeout, and an operation timeout above zero: without, timeouts can
//     read as success;
//   - one handle for the life of the process; it reconnects by itself. Only a fatal error makes a
//     new one;
//   - errors of the handle come as events of a queue that a thread polls: an unpolled handle is
//     silent.
// Left to the caller: the error of each item; no duplicates in one request.
//
// Thread-safety: all methods.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/kafka/handles.h"
#include "libs/sync/mutex.h"

namespace storefront::kafka {

struct ClientSettings {
  std::string bootstrap_servers;  // "host:port,host:port"
  std::string client_id;          // as brokers log it
  absl::Duration request_timeout = absl::Seconds(10);
  absl::Duration operation_timeout = absl::Seconds(30);  // the controller's own work; > 0
};

// What one call may take. The request timeout is the smaller of the client's and what remains until
// the deadline.
struct CallLimits {
  clock::SteadyTime deadline;
  std::stop_token stop;
};

// Called once per admin call with its api and Kafka's name of the outcome ("NO_ERROR",
// "TIMED_OUT").
using CallObserver = std::function<void(const std::string& api, const std::string& code)>;

class AdminClient {
 public:
  // Needs no broker: it connects when the first call is made. INVALID_ARGUMENT for settings that
  // librdkafka refuses.
  static absl::StatusOr<std::unique_ptr<AdminClient>> Create(ClientSettings settings,
                                                             clock::Clock& clock,
                                                             CallObserver observer = nullptr);
  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  struct Api {
    std::string name;  // "create topics": for messages and metrics
    rd_kafka_admin_op_t op = RD_KAFKA_ADMIN_OP_ANY;
    bool validate_only = false;         // never for deletions: librdkafka would delete for real
    bool waits_for_controller = false;  // CreateTopics, DeleteTopics, CreatePartitions
  };
  using Send = absl::FunctionRef<void(rd_kafka_t* handle, const rd_kafka_AdminOptions_t* options,
                                      rd_kafka_queue_t* reply)>;

  // Sends and waits. The event has no error of its own; each item may.
  // UNAVAILABLE: no answer within the limits; the request may have taken effect.
  // CANCELLED: the stop came first; the request may have taken effect.
  absl::StatusOr<EventPtr> Call(const Api& api, const CallLimits& limits, Send send);

  // Asks for the names of all topics (a metadata request, not an admin call).
  absl::StatusOr<std::vector<std::string>> TopicNames(const CallLimits& limits);

  // Makes librdkafka report a fatal error, as its own tests do; for T7.
  void RaiseFatalErrorForTest();

 private:
  class Handle;
  AdminClient(ClientSettings settings, clock::Clock& clock, CallObserver observer)
      : settings_(std::move(settings)), clock_(clock), observer_(std::move(observer)) {}

  // The handle to use now: a new one when the last had a fatal error.
  absl::StatusOr<std::shared_ptr<Handle>> Current();
  absl::StatusOr<absl::Duration> Remaining(const CallLimits& limits, const std::string& api) const;
  void Observe(const std::string& api, rd_kafka_resp_err_t code) const;

  const ClientSettings settings_;
  clock::Clock& clock_;
  const CallObserver observer_;
  sync::Mutex mutex_;
  std::shared_ptr<Handle> handle_ ABSL_GUARDED_BY(mutex_);
};

// Sets client settings one by one; INVALID_ARGUMENT INVALID_SETTING with librdkafka's sentence.
absl::Status SetConf(rd_kafka_conf_t& conf, const std::string& key, const std::string& value);

// Sends librdkafka's own log lines to ours, at most one warning each 10 s.
void RouteLogs(rd_kafka_conf_t& conf);

}  // namespace storefront::kafka
