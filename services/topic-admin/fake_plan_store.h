// A plan store in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/sync/mutex.h"
#include "services/topic-admin/plan_store.h"

namespace storefront::topics {

class FakePlanStore final : public PlanStore {
 public:
  absl::StatusOr<std::vector<TopicPlan>> Load() override {
    sync::MutexLock lock(mutex_);
    std::vector<TopicPlan> plans;
    for (const auto& [id, plan] : plans_) plans.push_back(plan);
    return plans;
  }
  absl::Status Save(const TopicPlan& plan) override {
    sync::MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    plans_[plan.id] = plan;
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& id) override {
    sync::MutexLock lock(mutex_);
    plans_.erase(id);
    return absl::OkStatus();
  }

  TopicPlan Saved(const std::string& id) const {
    sync::MutexLock lock(mutex_);
    return plans_.at(id);
  }
  void FailWith(absl::Status failure) {
    sync::MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }

 private:
  mutable sync::Mutex mutex_;
  std::map<std::string, TopicPlan> plans_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::topics
