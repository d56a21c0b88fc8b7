// The last probe of each connector: the last good one, and whether a later one failed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "libs/sync/mutex.h"

namespace storefront::connectors {

struct LastProbe {
  absl::Time time;  // when its event was read back
  absl::Duration latency;
};

// Thread-safety: all methods.
class ProbeMemory {
 public:
  void Succeeded(const std::string& connector, LastProbe probe) {
    sync::MutexLock lock(mutex_);
    probes_[connector] = {probe, std::nullopt};
  }
  void Failed(const std::string& connector, absl::Time now) {
    sync::MutexLock lock(mutex_);
    probes_[connector].failed = now;
  }
  std::optional<LastProbe> Last(const std::string& connector) const {
    sync::MutexLock lock(mutex_);
    const auto found = probes_.find(connector);
    return found == probes_.end() ? std::nullopt : found->second.good;
  }
  // A failure counts for a minute: who probes regularly renews it.
  bool FailedLately(const std::string& connector, absl::Time now) const {
    sync::MutexLock lock(mutex_);
    const auto found = probes_.find(connector);
    return found != probes_.end() && found->second.failed &&
           now - *found->second.failed < absl::Minutes(1);
  }

 private:
  struct Memory {
    std::optional<LastProbe> good;
    std::optional<absl::Time> failed;
  };
  mutable sync::Mutex mutex_;
  std::map<std::string, Memory> probes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
