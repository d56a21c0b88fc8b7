// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/plan_runs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::topics {
namespace {

using absl::StatusCode;
using status::Reason;

absl::Status StateError(const TopicPlan& plan) {
  const std::string name = absl::StrCat("topicPlans/", plan.id);
  if (plan.state == PlanState::kExpired) {
    return status::Error({.code = StatusCode::kAborted,
                          .reason = Reason::kPlanChanged,
                          .message = absl::StrCat(name, " has expired. Make a new plan."),
                          .resource = status::ResourceRef{"topicPlans", name}});
  }
  return status::Error({.code = StatusCode::kFailedPrecondition,
                        .reason = Reason::kRunState,
                        .message = absl::StrCat(name, " is ", PlanStateName(plan.state),
                                                "; only a READY plan can be applied. Make a new "
                                                "plan."),
                        .metadata = {{"state", std::string(PlanStateName(plan.state))}},
                        .resource = status::ResourceRef{"topicPlans", name}});
}

PlanError ToPlanError(const absl::Status& status) {
  if (status.ok()) return {};
  return {.code = status.code(),
          .reason = std::string(status::ReasonName(status::ReasonOf(status))),
          .message = std::string(status.message())};
}

}  // namespace

PlanRuns::PlanRuns(ClusterAdmin& cluster, PlanStore& store, clock::Clock& clock,
                   PlanRunOptions options)
    : cluster_(cluster), store_(store), clock_(clock), options_(std::move(options)) {}

PlanRuns::~PlanRuns() { Stop(); }

absl::Status PlanRuns::Load() {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(std::vector<TopicPlan> plans, store_.Load());
  for (TopicPlan& plan : plans) {
    const auto entry = std::make_shared<Entry>();
    entries_[plan.id] = entry;
    if (plan.state != PlanState::kApplying) {
      entry->plan = std::make_shared<const TopicPlan>(std::move(plan));
      entry->published.Publish(entry->plan);
      continue;
    }
    plan.state = PlanState::kInterrupted;
    plan.end_time = clock_.Now();
    for (PlanStep& step : plan.steps) {
      if (step.status != StepStatus::kPlanned) continue;
      step.status = step.attempts > 0 ? StepStatus::kUnknown : StepStatus::kSkipped;
    }
    RETURN_IF_ERROR(Put(entry, std::move(plan)));
  }
  return absl::OkStatus();
}

absl::StatusOr<PlanRuns::EntryPtr> PlanRuns::Find(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    const std::string name = absl::StrCat("topicPlans/", id);
    return status::Error({.code = StatusCode::kNotFound,
                          .reason = Reason::kResourceNotFound,
                          .message = absl::StrCat("There is no ", name, "."),
                          .resource = status::ResourceRef{"topicPlans", name}});
  }
  const EntryPtr& entry = found->second;
  if (entry->plan->state == PlanState::kReady && clock_.Now() >= entry->plan->expire_time) {
    TopicPlan expired = *entry->plan;
    expired.state = PlanState::kExpired;
    RETURN_IF_ERROR(Put(entry, std::move(expired)));
  }
  return entry;
}

absl::Status PlanRuns::Put(const EntryPtr& entry, TopicPlan plan) {
  if (entry->plan != nullptr) plan.revision = entry->plan->revision + 1;
  const absl::Status saved = store_.Save(plan);
  entry->plan = std::make_shared<const TopicPlan>(std::move(plan));
  entry->published.Publish(entry->plan);
  return saved;
}

void PlanRuns::Prune() {
  while (entries_.size() > options_.plans_kept) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->second == active_) continue;
      if (oldest == entries_.end() ||
          it->second->plan->create_time < oldest->second->plan->create_time) {
        oldest = it;
      }
    }
    if (oldest == entries_.end() || !store_.Remove(oldest->first).ok()) return;
    entries_.erase(oldest);
  }
}

absl::StatusOr<PlanPtr> PlanRuns::Add(TopicPlan plan, const std::string& principal) {
  sync::MutexLock lock(mutex_);
  plan.state = PlanState::kReady;
  plan.create_time = clock_.Now();
  plan.expire_time = plan.create_time + options_.plan_ttl;
  plan.created_by = principal;
  do {
    plan.id = absl::StrCat(absl::FormatTime("%Y%m%d-%H%M%S", plan.create_time, absl::UTCTimeZone()),
                           "-", ++last_number_);
  } while (entries_.contains(plan.id));
  const auto entry = std::make_shared<Entry>();
  RETURN_IF_ERROR(Put(entry, std::move(plan)));
  entries_[entry->plan->id] = entry;
  Prune();
  return entry->plan;
}

absl::StatusOr<PlanPtr> PlanRuns::Get(const std::string& id) {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const EntryPtr entry, Find(id));
  return entry->plan;
}

std::vector<PlanPtr> PlanRuns::List() {
  sync::MutexLock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  std::vector<PlanPtr> plans;
  for (const std::string& id : ids) {
    if (const auto entry = Find(id); entry.ok()) plans.push_back((*entry)->plan);
  }
  std::stable_sort(plans.begin(), plans.end(), [](const PlanPtr& a, const PlanPtr& b) {
    return a->create_time > b->create_time;
  });
  return plans;
}

absl::Status PlanRuns::CheckRisks(const TopicPlan& plan, const ApplyRequest& request) const {
  std::vector<status::PreconditionViolation> missing;
  std::set<std::string> changed;
  std::set<std::string> losing;
  std::set<std::string> flags;
  for (const PlanStep& step : plan.steps) {
    if (!IsChange(step.kind)) continue;
    if (step.kind != StepKind::kCreate) changed.insert(step.topic);
    if (step.risk == Risk::kDataLoss) losing.insert(step.topic);
    for (const std::string& flag : step.required_flags) {
      if (request.flags.contains(flag)) continue;
      flags.insert(flag);
      missing.push_back({"RISK_FLAG", step.topic,
                         absl::StrCat(flag, " is needed: ", StepKindName(step.kind), " of risk ",
                                      RiskName(step.risk), ".")});
    }
  }
  if (changed.size() > static_cast<size_t>(options_.max_changed_topics) && !request.allow_bulk) {
    flags.insert("allow_bulk");
    missing.push_back({"RISK_FLAG", absl::StrCat("topicPlans/", plan.id),
                       absl::StrCat("allow_bulk is needed: ", changed.size(),
                                    " existing topics change, max_changed_topics is ",
                                    options_.max_changed_topics, ".")});
  }
  if (!missing.empty()) {
    const std::string names = absl::StrJoin(flags, ", ");
    return status::Error({.code = StatusCode::kFailedPrecondition,
                          .reason = Reason::kRiskNotAllowed,
                          .message = absl::StrCat("The plan has steps that need ", names, "."),
                          .metadata = {{"flags", names}},
                          .preconditions = std::move(missing)});
  }
  if (!request.confirm.empty() && request.confirm != losing) {
    return status::Error(
        {.code = StatusCode::kFailedPrecondition,
         .reason = Reason::kConfirmationMismatch,
         .message = absl::StrCat("confirm must name exactly the topics that can lose records: ",
                                 losing.empty() ? "none" : absl::StrJoin(losing, ", "), ".")});
  }
  return absl::OkStatus();
}

absl::StatusOr<PlanPtr> PlanRuns::Apply(const ApplyRequest& request) {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const EntryPtr entry, Find(request.id));
  const TopicPlan& plan = *entry->plan;
  if (!request.etag.empty() && request.etag != plan.etag) {
    return status::Error(
        {.code = StatusCode::kAborted,
         .reason = Reason::kEtagMismatch,
         .message = absl::StrCat("topicPlans/", plan.id, " is not the plan that was reviewed.")});
  }
  if (plan.state == PlanState::kApplying || plan.state == PlanState::kApplied) return entry->plan;
  if (plan.state != PlanState::kReady) return StateError(plan);
  if (stopping_) {
    return status::Error({.code = StatusCode::kUnavailable,
                          .reason = Reason::kShuttingDown,
                          .message = "The service is stopping."});
  }
  if (active_ != nullptr) {
    const std::string name = absl::StrCat("topicPlans/", active_->plan->id);
    return status::Error({.code = StatusCode::kAborted,
                          .reason = Reason::kRunActive,
                          .message = absl::StrCat(name, " is being applied."),
                          .metadata = {{"run", name}},
                          .resource = status::ResourceRef{"topicPlans", name}});
  }
  RETURN_IF_ERROR(CheckRisks(plan, request));
  TopicPlan begun = plan;
  begun.state = PlanState::kApplying;
  begun.start_time = clock_.Now();
  begun.applied_by = request.principal;
  RETURN_IF_ERROR(store_.Save(begun));  // a run that cannot be remembered does not begin
  RETURN_IF_ERROR(Put(entry, begun));
  active_ = entry;
  PlanPtr started = entry->plan;
  // The thread before has ended its last locked section, or active_ would be set: joining is short.
  worker_ = std::jthread([this, entry, begun = std::move(begun),
                          fail_fast = request.fail_fast](const std::stop_token& stop) mutable {
    Execute(stop, entry, std::move(begun), fail_fast);
  });
  return started;
}

void PlanRuns::Execute(const std::stop_token& stop, const EntryPtr& entry, TopicPlan plan,
                       bool fail_fast) {
  ApplyOptions options = options_.apply;
  options.fail_fast = fail_fast;
  absl::Status saved;
  const absl::Status run = ApplyPlan(cluster_, clock_, options, stop, plan, [&] {
    sync::MutexLock lock(mutex_);
    saved.Update(Put(entry, plan));
  });
  sync::MutexLock lock(mutex_);
  plan.state = Outcome(plan, run, stop.stop_requested());
  if (stopping_ && plan.state == PlanState::kCancelled) plan.state = PlanState::kInterrupted;
  plan.end_time = clock_.Now();
  plan.error = ToPlanError(run.ok() ? saved : run);
  // An error of the store is in the plan; the next start reads it as INTERRUPTED if it persists.
  Put(entry, std::move(plan)).IgnoreError();
  if (options_.on_end) options_.on_end(*entry->plan);
  active_ = nullptr;
}

absl::StatusOr<PlanPtr> PlanRuns::Cancel(const std::string& id) {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const EntryPtr entry, Find(id));
  if (entry == active_) {
    worker_.request_stop();
    return entry->plan;
  }
  if (entry->plan->state != PlanState::kReady) return entry->plan;
  TopicPlan cancelled = *entry->plan;
  cancelled.state = PlanState::kCancelled;
  cancelled.end_time = clock_.Now();
  for (PlanStep& step : cancelled.steps) step.status = StepStatus::kSkipped;
  RETURN_IF_ERROR(Put(entry, std::move(cancelled)));
  return entry->plan;
}

absl::StatusOr<sync::Subscription> PlanRuns::Watch(const std::string& id,
                                                   std::function<void(const PlanPtr&)> listener) {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const EntryPtr entry, Find(id));
  return entry->published.Subscribe(std::move(listener));
}

void PlanRuns::Stop() {
  std::jthread last;
  {
    sync::MutexLock lock(mutex_);
    stopping_ = true;
    worker_.request_stop();
    last = std::move(worker_);
  }
  if (last.joinable()) last.join();
}

}  // namespace storefront::topics
