// The plans of this process: keeps them, applies one at a time, tells who watches.
//
// Thread-safety: all methods; none but Stop waits for the cluster.
// Lifetime: cluster, store and clock outlive it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "libs/sync/published.h"
#include "services/topic-admin/apply_engine.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/plan.h"
#include "services/topic-admin/plan_store.h"

namespace storefront::topics {

struct PlanRunOptions {
  ApplyOptions apply;
  absl::Duration plan_ttl = absl::Hours(1);
  size_t plans_kept = 200;
  int32_t max_changed_topics = 50;  // existing topics that a plan may change without allow_bulk
  // Called once per run, when it has ended; must not call back.
  std::function<void(const TopicPlan&)> on_end = nullptr;
};

struct ApplyRequest {
  std::string id;
  std::string etag;             // empty: not compared
  std::set<std::string> flags;  // "allow_data_loss", …
  bool allow_bulk = false;
  std::set<std::string> confirm;  // not empty: exactly the topics with a DATA_LOSS step
  bool fail_fast = false;
  std::string principal;
};

using PlanPtr = std::shared_ptr<const TopicPlan>;

class PlanRuns {
 public:
  PlanRuns(ClusterAdmin& cluster, PlanStore& store, clock::Clock& clock, PlanRunOptions options);
  ~PlanRuns();
  PlanRuns(const PlanRuns&) = delete;
  PlanRuns& operator=(const PlanRuns&) = delete;

  // Reads the store. A plan left APPLYING by a dead process becomes INTERRUPTED. Called once,
  // first.
  absl::Status Load();

  // Stores a plan as READY under a new id.
  absl::StatusOr<PlanPtr> Add(TopicPlan plan, const std::string& principal);

  // NOT_FOUND RESOURCE_NOT_FOUND.
  absl::StatusOr<PlanPtr> Get(const std::string& id);

  // Newest first.
  std::vector<PlanPtr> List();

  // Starts a READY plan on a thread of its own and returns it as APPLYING. A plan that is APPLYING
  // or APPLIED is returned as it is.
  // ABORTED: ETAG_MISMATCH; RUN_ACTIVE another plan is APPLYING; PLAN_CHANGED it expired.
  // FAILED_PRECONDITION: RUN_STATE ended another way; RISK_NOT_ALLOWED with a violation per missing
  // flag and topic; CONFIRMATION_MISMATCH.
  absl::StatusOr<PlanPtr> Apply(const ApplyRequest& request);

  // READY becomes CANCELLED; APPLYING is asked to stop and returned as it is now; else unchanged.
  absl::StatusOr<PlanPtr> Cancel(const std::string& id);

  // Calls `listener` with the plan now and with each change; it must not block.
  absl::StatusOr<sync::Subscription> Watch(const std::string& id,
                                           std::function<void(const PlanPtr&)> listener);

  // Ends a run: what was sent is looked at once more, the plan becomes INTERRUPTED. Waits for it.
  void Stop();

 private:
  struct Entry {
    PlanPtr plan;
    sync::Published<PlanPtr> published;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  absl::StatusOr<EntryPtr> Find(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Put(const EntryPtr& entry, TopicPlan plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Prune() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckRisks(const TopicPlan& plan, const ApplyRequest& request) const;
  void Execute(const std::stop_token& stop, const EntryPtr& entry, TopicPlan plan, bool fail_fast);

  ClusterAdmin& cluster_;
  PlanStore& store_;
  clock::Clock& clock_;
  const PlanRunOptions options_;
  sync::Mutex mutex_;
  std::map<std::string, EntryPtr> entries_ ABSL_GUARDED_BY(mutex_);
  EntryPtr active_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::jthread worker_;  // started and joined by Apply (under the lock) and Stop
};

}  // namespace storefront::topics
