// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/settled_memory.h"

#include <algorithm>
#include <utility>

namespace storefront::migrator {
namespace {

// Versions that are equal may be written differently, and a plan's hash tells them apart.
bool IsSame(const History& a, const History& b) {
  return a == b && std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(),
                              [](const HistoryRow& left, const HistoryRow& right) {
                                return !left.version ||
                                       left.version->text() == right.version->text();
                              });
}

}  // namespace

std::shared_ptr<const SettledPlan> SettledMemory::Find(const SettledInput& input) const {
  sync::MutexLock lock(mutex_);
  if (!input.files || !input_ || input_->files != input.files || input_->facts != input.facts ||
      input_->options != input.options || !IsSame(input_->history, input.history)) {
    return nullptr;
  }
  return plan_;
}

void SettledMemory::Keep(SettledInput input, SettledPlan plan) {
  if (!input.files) return;
  auto kept = std::make_shared<const SettledPlan>(std::move(plan));
  sync::MutexLock lock(mutex_);
  input_ = std::move(input);
  plan_ = std::move(kept);
}

}  // namespace storefront::migrator
