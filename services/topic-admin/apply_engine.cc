// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/apply_engine.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/effect.h"
#include "services/topic-admin/fingerprint.h"
#include "services/topic-admin/observe.h"

namespace storefront::topics {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(1);
// After a stop, what was sent is looked at once more, no longer than this.
constexpr absl::Duration kLastLook = absl::Seconds(2);

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
}

class Run {
 public:
  Run(ClusterAdmin& cluster, clock::Clock& clock, const ApplyOptions& options,
      const std::stop_token& stop, TopicPlan& plan, const std::function<void()>& changed)
      : cluster_(cluster),
        clock_(clock),
        options_(options),
        stop_(stop),
        plan_(plan),
        changed_(changed) {}

  absl::Status Execute() {
    const absl::Status run = Phases();
    for (PlanStep& step : plan_.steps) {
      if (step.status != StepStatus::kPlanned) continue;
      step.status = step.attempts > 0 ? StepStatus::kPending : StepStatus::kSkipped;
      if (!IsChange(step.kind)) continue;
      step.outcome =
          step.attempts > 0 ? "the run ended before it was read back" : "the run ended before it";
    }
    changed_();
    return run;
  }

 private:
  absl::Status Phases() {
    RETURN_IF_ERROR(FindDrift());
    // The plan is in order of phases; one phase is what has the same kind and the same safety.
    size_t begin = 0;
    while (begin < plan_.steps.size() && IsChange(plan_.steps[begin].kind)) {
      const PlanStep& first = plan_.steps[begin];
      std::vector<size_t> phase;
      size_t end = begin;
      for (; end < plan_.steps.size(); ++end) {
        const PlanStep& step = plan_.steps[end];
        const bool same_safety = (step.risk == Risk::kSafe) == (first.risk == Risk::kSafe);
        const bool splits = step.kind == StepKind::kAlterConfig;
        if (step.kind != first.kind || (splits && !same_safety)) break;
        phase.push_back(end);
      }
      begin = end;
      for (const auto& batch : Batches(plan_.steps, phase, options_.batches)) {
        if (stop_.stop_requested() || (options_.fail_fast && AnyUnsuccessful())) {
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(SendBatch(batch));
      }
    }
    return ReadBack();
  }

  bool AnyUnsuccessful() const {
    return std::any_of(plan_.steps.begin(), plan_.steps.end(), [](const PlanStep& step) {
      return step.status == StepStatus::kFailed || step.status == StepStatus::kAborted;
    });
  }

  CallLimits Limits(absl::Duration time) const { return {clock_.Steady() + time, stop_}; }

  static const ObservedTopic* Find(const std::map<std::string, ObservedTopic>& seen,
                                   const std::string& topic) {
    const auto found = seen.find(topic);
    return found == seen.end() ? nullptr : &found->second;
  }

  // T4: compares every topic with what the plan saw, before anything is sent.
  absl::Status FindDrift() {
    std::vector<std::string> names;
    for (const auto& [topic, fingerprint] : plan_.fingerprints) names.push_back(topic);
    ASSIGN_OR_RETURN(const auto seen, ObserveTopics(cluster_, names, options_.batches.topics,
                                                    Limits(options_.retry_timeout)));
    for (PlanStep& step : plan_.steps) {
      if (!IsChange(step.kind)) continue;
      const ObservedTopic* topic = Find(seen, step.topic);
      const std::string now = topic == nullptr ? kAbsent : Fingerprint(*topic);
      if (now == plan_.fingerprints.at(step.topic)) continue;
      if (step.kind == StepKind::kCreate && MissingEffect(step, topic).empty()) {
        step.status = StepStatus::kApplied;
        step.outcome = "already: somebody else made it the same";
        continue;
      }
      step.status = StepStatus::kAborted;
      step.outcome = "DRIFTED: the topic changed after the plan was made; make a new plan";
    }
    changed_();
    return absl::OkStatus();
  }

  // A step that must not go because an earlier one of its topic did not succeed.
  bool IsHeldBack(const PlanStep& step) const {
    return std::any_of(plan_.steps.begin(), plan_.steps.end(), [&](const PlanStep& other) {
      return other.topic == step.topic &&
             (other.status == StepStatus::kFailed || other.status == StepStatus::kUnknown);
    });
  }

  // Sends until each step has an answer: agreed (stays PLANNED and is read back later), FAILED,
  // or, when nobody answers any more, UNKNOWN with an error.
  absl::Status SendBatch(const std::vector<size_t>& batch) {
    std::vector<size_t> open;
    for (const size_t i : batch) {
      PlanStep& step = plan_.steps[i];
      if (step.status != StepStatus::kPlanned) continue;
      if (IsHeldBack(step)) {
        step.status = StepStatus::kSkipped;
        step.outcome = "an earlier step of this topic did not succeed";
        continue;
      }
      open.push_back(i);
    }
    const clock::SteadyTime deadline = clock_.Steady() + options_.retry_timeout;
    absl::Duration backoff = kFirstBackoff;
    while (!open.empty()) {
      for (const size_t i : open) ++plan_.steps[i].attempts;
      const auto answer = Send(open, CallLimits{deadline, stop_});
      std::vector<size_t> unclear;
      for (const size_t i : open) Judge(answer, i, unclear);
      changed_();
      if (unclear.empty()) break;
      RETURN_IF_ERROR(LookFirst(answer.status(), deadline, unclear));
      open = unclear;
      if (open.empty()) break;
      const bool is_late = clock_.Steady() + backoff >= deadline;
      if (is_late || !clock_.WaitFor(backoff, stop_)) return GiveUp(open, is_late);
      backoff = std::min(backoff * 2, kMaxBackoff);
    }
    changed_();
    return absl::OkStatus();
  }

  absl::StatusOr<ByTopic<TopicOutcome>> Send(const std::vector<size_t>& steps,
                                             const CallLimits& limits) {
    switch (plan_.steps[steps[0]].kind) {
      case StepKind::kCreate: {
        std::vector<NewTopic> topics;
        for (const size_t i : steps) topics.push_back(ToNewTopic(plan_.steps[i]));
        return cluster_.CreateTopics(topics, /*validate_only=*/false, limits);
      }
      case StepKind::kAlterConfig: {
        std::vector<TopicAlteration> topics;
        for (const size_t i : steps) topics.push_back(ToAlteration(plan_.steps[i]));
        return cluster_.AlterConfigs(topics, /*validate_only=*/false, limits);
      }
      case StepKind::kAddPartitions: {
        std::vector<PartitionAddition> topics;
        for (const size_t i : steps) topics.push_back(ToAddition(plan_.steps[i]));
        return cluster_.AddPartitions(topics, /*validate_only=*/false, limits);
      }
      case StepKind::kChangeReplication:
      case StepKind::kNoop:
      case StepKind::kBlocked:
      case StepKind::kUnenforceable:
        break;
    }
    return absl::InternalError("a step without a call was sent");
  }

  void Judge(const absl::StatusOr<ByTopic<TopicOutcome>>& answer, size_t i,
             std::vector<size_t>& unclear) {
    PlanStep& step = plan_.steps[i];
    if (!answer.ok()) {
      step.outcome = std::string(answer.status().message());
      unclear.push_back(i);
      return;
    }
    const TopicOutcome& outcome = answer->at(step.topic);
    step.kafka_code = outcome.kafka_code;
    step.outcome = outcome.broker_text;
    if (outcome.status.ok()) return;
    // Our own earlier try, or another hand: looking decides. An addition repeated after a lost
    // answer is refused as "already has".
    const bool may_be_ours = absl::IsAlreadyExists(outcome.status) ||
                             (step.kind == StepKind::kAddPartitions && step.attempts > 1);
    if (IsTransient(outcome.status) || may_be_ours) {
      unclear.push_back(i);
    } else {
      step.status = StepStatus::kFailed;
    }
  }

  // T2: describes topics whose answer is unclear. Takes from `unclear` what is settled. An error
  // means that nobody answered until the deadline.
  absl::Status LookFirst(const absl::Status& cause, clock::SteadyTime deadline,
                         std::vector<size_t>& unclear) {
    std::vector<std::string> names;
    for (const size_t i : unclear) names.push_back(plan_.steps[i].topic);
    absl::Duration backoff = kFirstBackoff;
    while (true) {
      const bool stopping = stop_.stop_requested();
      const CallLimits limits =
          stopping ? CallLimits{clock_.Steady() + kLastLook} : CallLimits{deadline, stop_};
      const auto seen = ObserveTopics(cluster_, names, options_.batches.topics, limits);
      if (seen.ok()) {
        Settle(*seen, unclear);
        return absl::OkStatus();
      }
      const bool is_late = clock_.Steady() + backoff >= deadline;
      if (stopping || is_late) {
        for (const size_t i : unclear) plan_.steps[i].status = StepStatus::kUnknown;
        return cause.ok() ? seen.status() : cause;
      }
      clock_.WaitFor(backoff, stop_);  // a stop shows in the next turn
      backoff = std::min(backoff * 2, kMaxBackoff);
    }
  }

  void Settle(const std::map<std::string, ObservedTopic>& seen, std::vector<size_t>& unclear) {
    std::erase_if(unclear, [&](size_t i) {
      PlanStep& step = plan_.steps[i];
      const ObservedTopic* topic = Find(seen, step.topic);
      const std::string missing = MissingEffect(step, topic);
      if (missing.empty()) {
        step.outcome = "already: it was done, only the answer was lost";
        return true;  // stays PLANNED: read back like the others
      }
      if (step.kind == StepKind::kCreate && topic != nullptr && !HasLeaders(*topic)) {
        return true;  // ours, still coming up: reading back waits for it
      }
      if (step.kind == StepKind::kCreate && topic != nullptr) {
        step.status = StepStatus::kAborted;
        step.outcome = absl::StrCat("DRIFTED: somebody else made the topic, and ", missing,
                                    "; make a new plan");
        return true;
      }
      return false;  // certainly not done: it may be sent again
    });
  }

  static bool HasLeaders(const ObservedTopic& topic) {
    return std::all_of(topic.state.partitions.begin(), topic.state.partitions.end(),
                       [](const PartitionState& partition) { return partition.leader >= 0; });
  }

  absl::Status GiveUp(const std::vector<size_t>& open, bool is_late) {
    for (const size_t i : open) {
      PlanStep& step = plan_.steps[i];
      step.status = is_late ? StepStatus::kFailed : StepStatus::kSkipped;
      if (!is_late) step.outcome = "stopped before it was done";
    }
    changed_();
    return absl::OkStatus();
  }

  // T9: polls until every agreed step is visible.
  absl::Status ReadBack() {
    const clock::SteadyTime deadline = clock_.Steady() + options_.visibility_timeout;
    absl::Duration backoff = kFirstBackoff;
    absl::Status last = absl::OkStatus();
    while (true) {
      const std::vector<size_t> open = Agreed();
      if (open.empty()) return absl::OkStatus();
      std::vector<std::string> names;
      for (const size_t i : open) names.push_back(plan_.steps[i].topic);
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      const auto seen =
          ObserveTopics(cluster_, names, options_.batches.topics, CallLimits{deadline, stop_});
      last = seen.status();
      if (seen.ok()) Compare(*seen, open);
      if (Agreed().empty()) return absl::OkStatus();
      const bool is_late = clock_.Steady() + backoff >= deadline;
      if (is_late || !clock_.WaitFor(backoff, stop_)) break;
      backoff = std::min(backoff * 2, kMaxBackoff);
    }
    for (const size_t i : Agreed()) plan_.steps[i].status = StepStatus::kPending;
    return stop_.stop_requested() ? absl::OkStatus() : last;
  }

  std::vector<size_t> Agreed() const {
    std::vector<size_t> agreed;
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const PlanStep& step = plan_.steps[i];
      if (IsChange(step.kind) && step.status == StepStatus::kPlanned && step.attempts > 0) {
        agreed.push_back(i);
      }
    }
    return agreed;
  }

  void Compare(const std::map<std::string, ObservedTopic>& seen, const std::vector<size_t>& open) {
    bool any = false;
    for (const size_t i : open) {
      PlanStep& step = plan_.steps[i];
      const std::string missing = MissingEffect(step, Find(seen, step.topic));
      if (missing.empty()) {
        step.status = StepStatus::kApplied;
        any = true;
      } else {
        step.outcome = absl::StrCat("not visible yet: ", missing);
      }
    }
    if (any) changed_();
  }

  ClusterAdmin& cluster_;
  clock::Clock& clock_;
  const ApplyOptions& options_;
  const std::stop_token& stop_;
  TopicPlan& plan_;
  const std::function<void()>& changed_;
};

}  // namespace

absl::Status ApplyPlan(ClusterAdmin& cluster, clock::Clock& clock, const ApplyOptions& options,
                       const std::stop_token& stop, TopicPlan& plan,
                       const std::function<void()>& changed) {
  return Run(cluster, clock, options, stop, plan, changed).Execute();
}

PlanState Outcome(const TopicPlan& plan, const absl::Status& run, bool was_stopped) {
  bool any_done = false;
  bool any_undone = false;
  for (const PlanStep& step : plan.steps) {
    const bool undone = step.kind == StepKind::kBlocked ||
                        (IsChange(step.kind) && step.status != StepStatus::kApplied);
    any_undone |= undone;
    any_done |= step.kind == StepKind::kNoop || step.status == StepStatus::kApplied;
  }
  if (was_stopped && any_undone) return PlanState::kCancelled;
  if (!run.ok()) return PlanState::kFailed;
  if (!any_undone) return PlanState::kApplied;
  return any_done ? PlanState::kPartial : PlanState::kFailed;
}

}  // namespace storefront::topics
