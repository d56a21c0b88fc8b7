// Runs in memory that outlive the store object, as a database does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

// What several stores share.
struct FakeRunTables {
  struct Kept {
    Run run;
    RunOrigin origin;
    int owner = 0;
    std::map<int64_t, RunEvent> events;
  };
  sync::Mutex mutex;
  bool denied ABSL_GUARDED_BY(mutex) = false;
  bool away ABSL_GUARDED_BY(mutex) = false;
  int last_owner ABSL_GUARDED_BY(mutex) = 0;
  int saves ABSL_GUARDED_BY(mutex) = 0;
  std::vector<clock::SteadyTime> orphan_looks ABSL_GUARDED_BY(mutex);  // failed ones too
  std::vector<clock::SteadyTime> forgets ABSL_GUARDED_BY(mutex);
  std::set<int> owners ABSL_GUARDED_BY(mutex);  // that live
  std::map<std::string, Kept> runs ABSL_GUARDED_BY(mutex);
  std::vector<AppliedText> applied ABSL_GUARDED_BY(mutex);
};

// Its destruction is the death of its process.
class FakeRunStore final : public RunStore {
 public:
  FakeRunStore(std::shared_ptr<FakeRunTables> tables, clock::Clock& clock)
      : tables_(std::move(tables)), clock_(clock) {
    sync::MutexLock lock(tables_->mutex);
    owner_ = ++tables_->last_owner;
  }
  ~FakeRunStore() override {
    sync::MutexLock lock(tables_->mutex);
    tables_->owners.erase(owner_);
  }

  absl::Status Create(const Run& run, const RunOrigin& origin) override {
    sync::MutexLock lock(tables_->mutex);
    RETURN_IF_ERROR(Open());
    tables_->runs[run.id] = {.run = run, .origin = origin, .owner = owner_, .events = {}};
    return absl::OkStatus();
  }

  absl::Status Save(const RunRecord& record) override {
    sync::MutexLock lock(tables_->mutex);
    RETURN_IF_ERROR(Open());
    ++tables_->saves;
    const auto [place, is_new] = tables_->runs.try_emplace(record.run.id);
    FakeRunTables::Kept& kept = place->second;
    if (is_new) kept.origin = record.origin;
    std::vector<RunStep> steps = std::move(kept.run.steps);
    kept.run = record.run;
    kept.owner = owner_;
    if (!record.with_steps) kept.run.steps = std::move(steps);
    for (const RunEvent& event : record.events) kept.events[event.sequence] = event;
    while (IsFinal(record.run.state) && kept.events.size() > record.keep_events) {
      kept.events.erase(kept.events.begin());
    }
    tables_->applied.insert(tables_->applied.end(), record.applied.begin(), record.applied.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Run>> List(size_t count) override {
    sync::MutexLock lock(tables_->mutex);
    if (tables_->away) return Away();
    std::vector<Run> runs;
    for (const auto& [id, kept] : tables_->runs) {
      runs.push_back(AsRead(kept));
      runs.back().steps.clear();
    }
    std::stable_sort(runs.begin(), runs.end(),
                     [](const Run& a, const Run& b) { return a.create_time > b.create_time; });
    runs.resize(std::min(runs.size(), count));
    return runs;
  }

  absl::StatusOr<std::optional<Run>> Get(absl::string_view id) override {
    sync::MutexLock lock(tables_->mutex);
    if (tables_->away) return Away();
    const auto found = tables_->runs.find(std::string(id));
    if (found == tables_->runs.end()) return std::nullopt;
    return AsRead(found->second);
  }

  absl::StatusOr<std::vector<RunEvent>> Events(absl::string_view id, int64_t after_sequence,
                                               size_t count) override {
    sync::MutexLock lock(tables_->mutex);
    if (tables_->away) return Away();
    std::vector<RunEvent> events;
    const auto found = tables_->runs.find(std::string(id));
    if (found == tables_->runs.end()) return events;
    for (const auto& [sequence, event] : found->second.events) {
      if (sequence > after_sequence) events.push_back(event);
    }
    if (events.size() > count) {
      events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(count));
    }
    return events;
  }

  absl::StatusOr<std::optional<KnownRequest>> FindRequest(absl::string_view request_id) override {
    sync::MutexLock lock(tables_->mutex);
    if (tables_->away) return Away();
    for (const auto& [id, kept] : tables_->runs) {
      if (!request_id.empty() && kept.origin.request_id == request_id) {
        return KnownRequest{.run_id = id, .digest = kept.origin.digest};
      }
    }
    return std::nullopt;
  }

  absl::StatusOr<int> InterruptOrphans() override {
    sync::MutexLock lock(tables_->mutex);
    tables_->orphan_looks.push_back(clock_.Steady());
    if (tables_->away) return Away();
    int count = 0;
    for (auto& [id, kept] : tables_->runs) {
      if (!IsOrphan(kept)) continue;
      ++count;
      kept.run = AsRead(kept);
      const int64_t sequence = ++kept.run.sequence;
      kept.events[sequence] = {.sequence = sequence, .time = clock_.Now(), .type = "finished"};
    }
    return count;
  }

  absl::StatusOr<int> Forget(absl::Duration older_than) override {
    sync::MutexLock lock(tables_->mutex);
    tables_->forgets.push_back(clock_.Steady());
    if (tables_->away) return Away();
    return static_cast<int>(std::erase_if(tables_->runs, [&](const auto& item) {
      const Run& run = item.second.run;
      return IsFinal(run.state) && run.end_time < clock_.Now() - older_than;
    }));
  }

 private:
  absl::Status Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(tables_->mutex) {
    if (tables_->away) return Away();
    if (tables_->denied) {
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = status::Reason::kSideSchemaDenied,
                            .message = "denied"});
    }
    tables_->owners.insert(owner_);
    return absl::OkStatus();
  }
  static absl::Status Away() {
    return status::Error({.code = absl::StatusCode::kUnavailable,
                          .reason = status::Reason::kBackendUnavailable,
                          .message = "away"});
  }
  bool IsOrphan(const FakeRunTables::Kept& kept) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(tables_->mutex) {
    return !IsFinal(kept.run.state) && kept.owner != owner_ &&
           !tables_->owners.contains(kept.owner);
  }
  Run AsRead(const FakeRunTables::Kept& kept) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(tables_->mutex) {
    Run run = kept.run;
    if (IsOrphan(kept)) {
      run.state = RunState::kInterrupted;
      run.end_time = clock_.Now();
    }
    return run;
  }

  const std::shared_ptr<FakeRunTables> tables_;
  clock::Clock& clock_;
  int owner_ = 0;
};

}  // namespace storefront::migrator
