// Answers to requests with a request_id, so that a repeated request makes no second change.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"

namespace storefront::grpcserver {

// Remembers the successful answer of each request id for a while; lost when the process ends.
// Source: AIP-155.
//
// Thread-safety: all methods.
class RequestMemory {
 public:
  struct Limits {
    size_t entries_max = 10'000;
    absl::Duration kept = absl::Hours(24);
  };

  RequestMemory(Limits limits, const clock::Clock& clock) : limits_(limits), clock_(clock) {}

  // Runs `work` once per `key`. A later call with the same payload gets the remembered answer; one
  // that comes while the first is under way waits for it (until `stop`). A failure is not
  // remembered. ALREADY_EXISTS REQUEST_ID_REUSED when the payload differs.
  // `key` is method, caller and request id; answers are serialized responses.
  absl::StatusOr<std::string> Once(const std::string& key, const std::string& payload,
                                   const std::stop_token& stop,
                                   const std::function<absl::StatusOr<std::string>()>& work);

 private:
  struct Entry {
    std::string payload_digest;
    std::optional<std::string> answer;  // empty while the work is under way
    clock::SteadyTime since;
  };

  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> by_age_ ABSL_GUARDED_BY(mutex_);  // keys with an answer, oldest first
};

}  // namespace storefront::grpcserver
