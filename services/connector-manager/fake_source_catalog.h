// SourceCatalog and SlotAdmin in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "libs/status/error.h"
#include "libs/sync/mutex.h"
#include "services/connector-manager/source_catalog.h"

namespace storefront::connectors {

// Thread-safety: all methods.
class FakeSourceCatalog final : public SourceCatalog, public SlotAdmin {
 public:
  absl::StatusOr<std::vector<SlotRow>> Slots(const CallLimits&) override {
    sync::MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    return slots_;
  }
  absl::StatusOr<SourceFacts> Facts(const SourceQuestion&, const CallLimits&) override {
    sync::MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    return facts_;
  }
  absl::Status Drop(const std::string& slot, const CallLimits&) override {
    sync::MutexLock lock(mutex_);
    std::erase_if(slots_, [&slot](const SlotRow& row) { return row.name == slot; });
    return failure_;
  }

  void SetSlots(std::vector<SlotRow> slots) {
    sync::MutexLock lock(mutex_);
    slots_ = std::move(slots);
  }
  void SetFacts(SourceFacts facts) {
    sync::MutexLock lock(mutex_);
    facts_ = std::move(facts);
  }
  void Fail(absl::Status failure) {
    sync::MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }

 private:
  sync::Mutex mutex_;
  std::vector<SlotRow> slots_ ABSL_GUARDED_BY(mutex_);
  SourceFacts facts_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
