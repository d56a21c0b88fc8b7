// Where plans survive the process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/topic-admin/plan.h"

namespace storefront::topics {

// One process owns a store at a time. Thread-safety: none; the holder serialises.
// Errors, all methods: FAILED_PRECONDITION STATE_DIR_UNUSABLE (rights), RESOURCE_EXHAUSTED
// DISK_FULL.
class PlanStore {
 public:
  virtual ~PlanStore() = default;

  // All plans, by id. An entry that cannot be read is left out and reported in the log.
  virtual absl::StatusOr<std::vector<TopicPlan>> Load() = 0;

  // Writes the plan under its id: after a crash either the old or the new content is there, whole.
  virtual absl::Status Save(const TopicPlan& plan) = 0;

  // Repeat: OK.
  virtual absl::Status Remove(const std::string& id) = 0;
};

}  // namespace storefront::topics
