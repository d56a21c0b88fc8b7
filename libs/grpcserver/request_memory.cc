// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/request_memory.h"

#include <openssl/sha.h>

#include "libs/status/error.h"

namespace storefront::grpcserver {
namespace {

constexpr absl::Duration kWaitStep = absl::Milliseconds(100);

std::string Digest(const std::string& payload) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(payload.data()), payload.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace

absl::StatusOr<std::string> RequestMemory::Once(
    const std::string& key, const std::string& payload, const std::stop_token& stop,
    const std::function<absl::StatusOr<std::string>()>& work) {
  const std::string digest = Digest(payload);
  {
    sync::MutexLock lock(mutex_);
    Forget();
    while (true) {
      const auto found = entries_.find(key);
      if (found == entries_.end()) break;
      if (found->second.payload_digest != digest) {
        return status::Error({.code = absl::StatusCode::kAlreadyExists,
                              .reason = status::Reason::kRequestIdReused,
                              .message = "request_id was used with another request. Use a new one.",
                              .fields = {{"request_id", "was used with another request"}}});
      }
      if (found->second.answer) return *found->second.answer;
      if (stop.stop_requested()) return absl::CancelledError("the call ended");
      changed_.WaitFor(mutex_, kWaitStep, [] { return false; });
    }
    entries_.emplace(key, Entry{digest, std::nullopt, clock_.Steady()});
  }
  absl::StatusOr<std::string> answer = work();
  sync::MutexLock lock(mutex_);
  if (answer.ok()) {
    entries_[key].answer = *answer;
    by_age_.push_back(key);
  } else {
    entries_.erase(key);
  }
  changed_.NotifyAll();
  return answer;
}

void RequestMemory::Forget() {
  const clock::SteadyTime now = clock_.Steady();
  while (!by_age_.empty()) {
    const auto oldest = entries_.find(by_age_.front());
    const bool expired = oldest == entries_.end() || now - oldest->second.since > limits_.kept;
    if (!expired && by_age_.size() < limits_.entries_max) return;
    if (oldest != entries_.end()) entries_.erase(oldest);
    by_age_.pop_front();
  }
}

}  // namespace storefront::grpcserver
