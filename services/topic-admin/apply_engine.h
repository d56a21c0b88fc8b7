// Carries a plan out, step by step, and reads back what the broker made of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/plan.h"
#include "services/topic-admin/planner.h"

namespace storefront::topics {

struct ApplyOptions {
  BatchLimits batches;
  bool fail_fast = false;
  absl::Duration retry_timeout = absl::Seconds(30);       // per batch, for transient refusals
  absl::Duration visibility_timeout = absl::Seconds(30);  // until what was done is read back
};

// Carries out the changes of `plan`, in its order, and gives every step a status:
//   ABORTED   the topic is not as the plan saw it; nothing was sent for it (T4)
//   APPLIED   done and read back: each partition has a leader, values are as wanted (T9)
//   PENDING   the broker agreed, but it was not visible within visibility_timeout
//   FAILED    refused, with Kafka's code and text; later steps of that topic are SKIPPED
//   UNKNOWN   the answer was lost and nobody could be asked (T2); the return value says why
//   SKIPPED   not begun: stopped, fail_fast, or nothing to do
// A lost answer is never sent again blindly: the topic is described first (T2). There is no
// rollback; every step can be planned again.
//
// `changed` is called after each change of `plan`; it may store and publish it.
// Returns OK when the run came to its end, whatever became of the steps; else why it broke off.
//
// Thread-safety: one run per cluster at a time is the caller's duty.
absl::Status ApplyPlan(ClusterAdmin& cluster, clock::Clock& clock, const ApplyOptions& options,
                       const std::stop_token& stop, TopicPlan& plan,
                       const std::function<void()>& changed);

// The state that the statuses of a finished run add up to. BLOCKED steps count as not done.
PlanState Outcome(const TopicPlan& plan, const absl::Status& run, bool was_stopped);

}  // namespace storefront::topics
