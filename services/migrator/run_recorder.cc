// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_recorder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

// Of one write, so that a long run does not become one long statement.
constexpr size_t kEventsAtOnce = 2000;
constexpr size_t kTextBytesAtOnce = size_t{4} << 20;

constexpr absl::Duration kFollowInterval = absl::Seconds(1);
// A server needs a moment to see that the process before is gone, so orphans are looked for more
// often in the beginning: after one second, two, four and so on.
constexpr absl::Duration kFirstOrphansInterval = absl::Seconds(1);
constexpr absl::Duration kOrphansInterval = absl::Seconds(30);
constexpr absl::Duration kForgetInterval = absl::Minutes(10);

}  // namespace

RunRecorder::RunRecorder(RunStore& store, clock::Clock& clock, RunRecorderOptions options)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

RunRecorder::~RunRecorder() { Stop(); }

absl::Status RunRecorder::Begin(std::shared_ptr<RunJournal> journal, const RunOrigin& origin) {
  sync::MutexLock lock(mutex_);
  const Run run = journal->Snapshot();
  RETURN_IF_ERROR(store_.Create(run, origin));
  recordings_.push_back({.journal = std::move(journal),
                         .id = run.id,
                         .saved_sequence = run.sequence,
                         .steps_saved = clock_.Steady()});
  return absl::OkStatus();
}

absl::Status RunRecorder::Record(const RunJournal& journal, const RunOrigin& origin) {
  sync::MutexLock lock(mutex_);
  const RunRecord record{.run = journal.Snapshot(),
                         .events = journal.EventsAfter(0),
                         .keep_events = options_.event_buffer,
                         .origin = origin};
  return store_.Save(record);
}

void RunRecorder::End(const Run& run) {
  sync::MutexLock lock(mutex_);
  for (Recording& recording : recordings_) {
    if (recording.id == run.id) recording.ended = run;
  }
  SaveAll();
}

absl::Status RunRecorder::Save(Recording& recording) {
  std::vector<AppliedText> applied = recording.journal->TakeApplied();
  std::move(applied.begin(), applied.end(), std::back_inserter(recording.applied));
  std::vector<RunEvent> events = recording.journal->EventsAfter(recording.saved_event);
  const clock::SteadyTime now = clock_.Steady();
  for (;;) {
    RunRecord record{.run = recording.ended ? *recording.ended : recording.journal->Snapshot()};
    record.keep_events = options_.event_buffer;
    record.with_steps =
        recording.ended.has_value() || now - recording.steps_saved >= options_.steps_interval;
    const size_t event_count = std::min(events.size(), kEventsAtOnce);
    record.events.assign(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(event_count));
    size_t text_count = 0, text_bytes = 0;
    while (text_count < recording.applied.size() && text_bytes < kTextBytesAtOnce) {
      text_bytes += recording.applied[text_count++].text->view().size();
    }
    record.applied.assign(recording.applied.begin(),
                          recording.applied.begin() + static_cast<std::ptrdiff_t>(text_count));
    if (record.run.sequence == recording.saved_sequence && !recording.ended &&
        record.events.empty() && record.applied.empty()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(store_.Save(record));
    recording.saved_sequence = record.run.sequence;
    if (record.with_steps) recording.steps_saved = now;
    if (!record.events.empty()) recording.saved_event = record.events.back().sequence;
    events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(event_count));
    recording.applied.erase(recording.applied.begin(),
                            recording.applied.begin() + static_cast<std::ptrdiff_t>(text_count));
    if (events.empty() && recording.applied.empty()) return absl::OkStatus();
  }
}

void RunRecorder::SaveAll() {
  for (auto recording = recordings_.begin(); recording != recordings_.end();) {
    const absl::Status saved = Save(*recording);
    Report(saved);
    recording = saved.ok() && recording->ended ? recordings_.erase(recording) : recording + 1;
  }
}

void RunRecorder::Report(const absl::Status& status) {
  const std::string text = status.ok() ? "" : std::string(status.message());
  if (!text.empty() && text != reported_) options_.on_problem(status);
  reported_ = text;
}

void RunRecorder::Follow(const std::shared_ptr<RunJournal>& copy) {
  sync::MutexLock lock(copies_mutex_);
  copies_.push_back(copy);
}

void RunRecorder::Refresh() {
  if (clock_.Steady() - refreshed_ < kFollowInterval) return;
  refreshed_ = clock_.Steady();
  std::vector<std::shared_ptr<RunJournal>> copies;
  {
    sync::MutexLock lock(copies_mutex_);
    std::erase_if(copies_, [](const auto& copy) { return copy.expired(); });
    for (const auto& copy : copies_) {
      if (auto held = copy.lock()) copies.push_back(std::move(held));
    }
  }
  for (const auto& copy : copies) {
    const Run known = copy->Snapshot();
    if (IsFinal(known.state)) continue;
    auto events = store_.Events(known.id, copy->LastEvent(), options_.event_buffer);
    auto run = events.ok() ? store_.Get(known.id) : events.status();
    if (run.ok() && *run) copy->Replace(**std::move(run), *std::move(events));
  }
}

void RunRecorder::Tidy() {
  const clock::SteadyTime now = clock_.Steady();
  if (now >= next_orphans_) {
    // A failure is no harm: runs of a dead owner read as INTERRUPTED all the same.
    orphans_pause_ = store_.InterruptOrphans().ok() ? 2 * orphans_pause_ : absl::ZeroDuration();
    orphans_pause_ = std::clamp(orphans_pause_, kFirstOrphansInterval, kOrphansInterval);
    next_orphans_ = clock_.Steady() + orphans_pause_;
  }
  if (now >= next_forget_) {
    store_.Forget(options_.retention).IgnoreError();
    next_forget_ = clock_.Steady() + kForgetInterval;
  }
}

void RunRecorder::Work(const std::stop_token& stop) {
  do {
    {
      sync::MutexLock lock(mutex_);
      SaveAll();
    }
    Refresh();
    Tidy();
  } while (clock_.WaitFor(options_.interval, stop));
}

void RunRecorder::Stop() {
  thread_.request_stop();
  if (!thread_.joinable()) return;
  thread_.join();
  sync::MutexLock lock(mutex_);
  SaveAll();
}

}  // namespace storefront::migrator
