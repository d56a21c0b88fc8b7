// One writer at a time per connector.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/status/error.h"
#include "libs/sync/mutex.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

// Thread-safety: all methods. Lifetime: outlives its holds.
class NameLocks {
 public:
  // Gives the name back when destroyed.
  class Hold {
   public:
    Hold(NameLocks* locks, std::string name) : locks_(locks), name_(std::move(name)) {}
    Hold(Hold&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)), name_(std::move(other.name_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (locks_ != nullptr) locks_->Release(name_);
    }

   private:
    NameLocks* locks_;
    std::string name_;
  };

  // ABORTED RUN_ACTIVE when another call still writes to it at the deadline.
  absl::StatusOr<Hold> Acquire(const std::string& name, const CallLimits& limits,
                               const clock::Clock& clock) {
    sync::MutexLock lock(mutex_);
    const absl::Duration left = std::max(limits.deadline - clock.Steady(), absl::ZeroDuration());
    if (!free_.WaitFor(mutex_, left, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
          return !held_.contains(name);
        })) {
      return status::Error({.code = absl::StatusCode::kAborted,
                            .reason = status::Reason::kRunActive,
                            .message = "Another call is changing this connector."});
    }
    held_.insert(name);
    return Hold(this, name);
  }

 private:
  void Release(const std::string& name) {
    sync::MutexLock lock(mutex_);
    held_.erase(name);
    free_.NotifyAll();
  }

  sync::Mutex mutex_;
  sync::CondVar free_;
  std::set<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
