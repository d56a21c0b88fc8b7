// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run.h"

#include <algorithm>
#include <utility>

#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

constexpr absl::Duration kViewInterval = absl::Milliseconds(100);

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

RunJournal::RunJournal(Run run, clock::Clock& clock, size_t event_limit)
    : clock_(clock), event_limit_(event_limit), run_(std::move(run)) {
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
  sync::MutexLock lock(mutex_);
  const auto first = std::find_if(events_.begin(), events_.end(),
                                  [&](const RunEvent& event) { return event.sequence > sequence; });
  return {first, events_.end()};
}

void RunJournal::Update(const std::function<void(Run&)>& change, std::optional<RunEvent> event) {
  bool state_changed = false;
  {
    sync::MutexLock lock(mutex_);
    const RunState before = run_.state;
    change(run_);
    state_changed = run_.state != before;
    ++run_.sequence;
    if (event) {
      event->sequence = run_.sequence;
      event->time = clock_.Now();
      events_.push_back(*std::move(event));
      if (events_.size() > event_limit_) events_.pop_front();
    }
  }
  PublishIfDue(state_changed);
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

std::shared_ptr<const RunView> RunJournal::MakeView() const {
  auto view = std::make_shared<RunView>();
  view->run = run_;
  const size_t shown = std::min(events_.size(), kEventsShown);
  view->events.assign(events_.end() - static_cast<std::ptrdiff_t>(shown), events_.end());
  return view;
}

void RunJournal::PublishIfDue(bool at_once) {
  sync::MutexLock publish_lock(publish_mutex_);
  std::shared_ptr<const RunView> view;
  {
    sync::MutexLock lock(mutex_);
    if (published_sequence_ == run_.sequence) return;
    const clock::SteadyTime now = clock_.Steady();
    if (!at_once && now - published_at_ < kViewInterval) return;
    published_at_ = now;
    published_sequence_ = run_.sequence;
    view = MakeView();
  }
  view_.Publish(std::move(view));
}

sync::Subscription RunJournal::Watch(
    std::function<void(const std::shared_ptr<const RunView>&)> listener) {
  PublishIfDue(/*at_once=*/true);
  return view_.Subscribe(std::move(listener));
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
