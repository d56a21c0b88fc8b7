// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

constexpr absl::Duration kNewsInterval = absl::Milliseconds(100);

}  // namespace

absl::string_view RunStateName(RunState state) {
  switch (state) {
    case RunState::kPending:
      return "PENDING";
    case RunState::kWaitingForLock:
      return "WAITING_FOR_LOCK";
    case RunState::kRunning:
      return "RUNNING";
    case RunState::kCancelling:
      return "CANCELLING";
    case RunState::kSucceeded:
      return "SUCCEEDED";
    case RunState::kFailed:
      return "FAILED";
    case RunState::kCancelled:
      return "CANCELLED";
    case RunState::kInterrupted:
      return "INTERRUPTED";
  }
  return "";
}

absl::string_view RunKindName(RunKind kind) {
  switch (kind) {
    case RunKind::kMigrate:
      return "migrate";
    case RunKind::kBaseline:
      return "baseline";
    case RunKind::kRepair:
      return "repair";
    case RunKind::kUndo:
      return "undo";
    case RunKind::kClean:
      return "clean";
  }
  return "";
}

bool IsFinal(RunState state) {
  return state == RunState::kSucceeded || state == RunState::kFailed ||
         state == RunState::kCancelled || state == RunState::kInterrupted;
}

void SetRunState(Run& run, RunState state) {
  if (run.state == RunState::kCancelling && !IsFinal(state)) return;
  run.state = state;
}

RunJournal::RunJournal(Run run, clock::Clock& clock, size_t event_limit,
                       std::function<void(const Run&)> before_end)
    : id_(run.id),
      clock_(clock),
      event_limit_(event_limit),
      before_end_(std::move(before_end)),
      run_(std::move(run)) {
  PublishIfDue(/*at_once=*/true);
}

Run RunJournal::Snapshot() const {
  sync::MutexLock lock(mutex_);
  return run_;
}

RunState RunJournal::state() const {
  sync::MutexLock lock(mutex_);
  return run_.state;
}

std::vector<RunEvent> RunJournal::EventsAfter(int64_t sequence) const {
  bool more = false;
  return EventsAfter(sequence, std::numeric_limits<size_t>::max(), more);
}

std::vector<RunEvent> RunJournal::EventsAfter(int64_t sequence, size_t count, bool& more) const {
  sync::MutexLock lock(mutex_);
  const auto first =
      std::upper_bound(events_.begin(), events_.end(), sequence,
                       [](int64_t value, const RunEvent& event) { return value < event.sequence; });
  const auto left = static_cast<size_t>(events_.end() - first);
  more = left > count;
  return {first, first + static_cast<std::ptrdiff_t>(std::min(left, count))};
}

int64_t RunJournal::LastEvent() const {
  sync::MutexLock lock(mutex_);
  return events_.empty() ? 0 : events_.back().sequence;
}

void RunJournal::AddEvent(RunEvent event) {
  events_.push_back(std::move(event));
  if (events_.size() > event_limit_) events_.pop_front();
}

void RunJournal::Update(const std::function<void(Run&)>& change, std::optional<RunEvent> event) {
  bool state_changed = false;
  std::optional<Run> ended;
  {
    sync::MutexLock lock(mutex_);
    const RunState before = run_.state;
    change(run_);
    state_changed = run_.state != before;
    ++run_.sequence;
    if (event) {
      event->sequence = run_.sequence;
      event->time = clock_.Now();
      AddEvent(*std::move(event));
    }
    if (IsFinal(run_.state) && !IsFinal(before) && before_end_) {
      ended = run_;
      run_.state = before;
      run_.end_time = absl::InfinitePast();
      run_.error = absl::OkStatus();
    }
  }
  if (ended) {
    before_end_(*ended);
    sync::MutexLock lock(mutex_);
    run_.state = ended->state;
    run_.end_time = ended->end_time;
    run_.error = ended->error;
  }
  PublishIfDue(state_changed);
}

void RunJournal::NoteApplied(AppliedText applied) {
  sync::MutexLock lock(mutex_);
  applied_.push_back(std::move(applied));
}

std::vector<AppliedText> RunJournal::TakeApplied() {
  sync::MutexLock lock(mutex_);
  return std::exchange(applied_, {});
}

void RunJournal::Replace(Run run, std::vector<RunEvent> events) {
  {
    sync::MutexLock lock(mutex_);
    run_ = std::move(run);
    for (RunEvent& event : events) AddEvent(std::move(event));
  }
  PublishIfDue(/*at_once=*/true);
}

bool RunJournal::RequestCancel() {
  {
    sync::MutexLock lock(mutex_);
    if (IsFinal(run_.state)) return false;
    if (run_.state == RunState::kCancelling) return true;
    run_.state = RunState::kCancelling;
    ++run_.sequence;
  }
  PublishIfDue(/*at_once=*/true);
  return true;
}

void RunJournal::Flush() { PublishIfDue(/*at_once=*/false); }

void RunJournal::PublishIfDue(bool at_once) {
  sync::MutexLock publish_lock(publish_mutex_);
  RunNews news;
  {
    sync::MutexLock lock(mutex_);
    if (published_sequence_ == run_.sequence && published_state_ == run_.state) return;
    const clock::SteadyTime now = clock_.Steady();
    if (!at_once && now - published_at_ < kNewsInterval) return;
    published_at_ = now;
    published_sequence_ = run_.sequence;
    published_state_ = run_.state;
    news = {.state = run_.state, .sequence = run_.sequence};
  }
  news_.Publish(news);
}

sync::Subscription RunJournal::Watch(std::function<void(const RunNews&)> listener) {
  PublishIfDue(/*at_once=*/true);
  return news_.Subscribe(std::move(listener));
}

void SettleSteps(const std::vector<RunEvent>& events, Run& run) {
  std::set<absl::string_view> finished;
  for (const RunEvent& event : events) {
    if (event.type == "migration_finished") finished.insert(event.script);
  }
  for (RunStep& step : run.steps) {
    if (finished.contains(step.script)) {
      step.state = StepState::kApplied;
    } else if (step.state == StepState::kRunning) {
      step.state = StepState::kPending;
    }
  }
  run.current_step = -1;
}

void EndRun(RunJournal& journal, clock::Clock& clock, const absl::Status& result, bool stopped,
            const std::string& final_version) {
  const auto metadata = status::DetailsOf(result).metadata;
  const auto state = metadata.find("sqlstate");
  journal.Update(
      [&](Run& run) {
        run.end_time = clock.Now();
        run.current_step = -1;
        run.lock_holder.reset();
        run.final_version = final_version;
        if (result.ok()) {
          run.state = RunState::kSucceeded;
        } else if (stopped && absl::IsCancelled(result)) {
          run.state =
              run.state == RunState::kCancelling ? RunState::kCancelled : RunState::kInterrupted;
        } else {
          run.state = RunState::kFailed;
          run.error = result;
        }
      },
      RunEvent{.type = "finished",
               .sqlstate = state == metadata.end() ? "" : state->second,
               .message = result.ok() ? "" : std::string(result.message())});
}

}  // namespace storefront::migrator
