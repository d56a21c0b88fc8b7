// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/status/error.h"

namespace storefront::migrator {

using status::Reason;

RunRegistry::RunRegistry(clock::Clock& clock, RunRegistryOptions options)
    : clock_(clock), options_(std::move(options)), id_state_(options_.id_seed) {}

RunRegistry::~RunRegistry() { Stop(); }

RunRegistry::Slot::~Slot() {
  if (registry_ == nullptr) return;
  sync::MutexLock lock(registry_->mutex_);
  registry_->active_.reset();
}

absl::StatusOr<RunRegistry::Slot> RunRegistry::Reserve() {
  sync::MutexLock lock(mutex_);
  if (stopped_) {
    return status::Error({.code = absl::StatusCode::kUnavailable,
                          .reason = Reason::kShuttingDown,
                          .message = "The service is stopping.",
                          .retry_after = absl::Seconds(2)});
  }
  // Whoever saw the end of a run may start the next one; its thread may still be on the way out.
  if (active_ && active_->journal != nullptr && IsFinal(active_->journal->state())) active_.reset();
  if (active_) {
    status::ErrorSpec spec{.code = absl::StatusCode::kAborted,
                           .reason = Reason::kRunActive,
                           .message = "Another run is being started.",
                           .retry_after = absl::Seconds(1)};
    if (active_->journal != nullptr) {
      const std::string name = absl::StrCat("migrationRuns/", active_->journal->Snapshot().id);
      spec.message = absl::StrCat(name, " is under way. Wait for it, or cancel it.");
      spec.resource = status::ResourceRef{.type = "migrationRuns", .name = name};
      spec.metadata = {{"run", name}};
    }
    return status::Error(std::move(spec));
  }
  active_.emplace();
  return Slot(*this);
}

std::string RunRegistry::MakeId(RunKind kind) {
  id_state_ = id_state_ * 6364136223846793005U + 1442695040888963407U;
  return absl::StrCat(RunKindName(kind), "-",
                      absl::FormatTime("%Y%m%d-%H%M%S", clock_.Now(), absl::UTCTimeZone()), "-",
                      absl::StrFormat("%06x", id_state_ >> 40));
}

Run RunRegistry::Start(Slot slot, RunKind kind, std::string target, std::vector<RunStep> steps,
                       Body body) {
  std::thread ended;  // of the run before; joined outside the lock
  Run run{.kind = kind, .steps = std::move(steps), .target = std::move(target)};
  std::shared_ptr<RunJournal> journal;
  {
    sync::MutexLock lock(mutex_);
    run.id = MakeId(kind);
    run.create_time = clock_.Now();
    run.start_time = run.end_time = absl::InfinitePast();
    journal = std::make_shared<RunJournal>(run, clock_, options_.event_buffer);
    slot.registry_ = nullptr;  // from here the run holds the place
    active_->journal = journal;
    runs_.push_front(journal);
    if (runs_.size() > options_.runs_kept) runs_.pop_back();
    const std::stop_token stop = active_->stop.get_token();
    ended = std::exchange(thread_, std::thread([this, journal, stop, body = std::move(body)] {
                            body(*journal, stop);
                            {
                              sync::MutexLock end_lock(mutex_);
                              if (active_ && active_->journal == journal) active_.reset();
                            }
                            options_.on_end(journal->Snapshot());
                          }));
  }
  if (ended.joinable()) ended.join();
  return run;
}

absl::StatusOr<std::shared_ptr<RunJournal>> RunRegistry::Find(absl::string_view id) const {
  sync::MutexLock lock(mutex_);
  for (const auto& journal : runs_) {
    if (journal->Snapshot().id == id) return journal;
  }
  const std::string name = absl::StrCat("migrationRuns/", id);
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = Reason::kResourceNotFound,
                        .message = absl::StrCat("There is no run ", name,
                                                "; runs of earlier processes are not kept."),
                        .resource = status::ResourceRef{.type = "migrationRuns", .name = name}});
}

std::vector<std::shared_ptr<RunJournal>> RunRegistry::List() const {
  sync::MutexLock lock(mutex_);
  return {runs_.begin(), runs_.end()};
}

std::string RunRegistry::ActiveId() const {
  sync::MutexLock lock(mutex_);
  const bool is_running =
      active_ && active_->journal != nullptr && !IsFinal(active_->journal->state());
  return is_running ? active_->journal->Snapshot().id : "";
}

absl::StatusOr<Run> RunRegistry::Cancel(absl::string_view id) {
  auto journal = Find(id);
  if (!journal.ok()) return journal.status();
  if ((*journal)->RequestCancel()) {
    sync::MutexLock lock(mutex_);
    if (active_ && active_->journal == *journal) active_->stop.request_stop();
  }
  Run run = (*journal)->Snapshot();
  if (IsFinal(run.state) && run.state != RunState::kCancelled) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kRunState,
         .message = absl::StrCat("migrationRuns/", id, " has ended as ", RunStateName(run.state),
                                 "; only a run under way can be cancelled."),
         .metadata = {{"state", std::string(RunStateName(run.state))}}});
  }
  return run;
}

void RunRegistry::Stop() {
  std::thread running;
  {
    sync::MutexLock lock(mutex_);
    stopped_ = true;
    if (active_) active_->stop.request_stop();
    running = std::exchange(thread_, std::thread());
  }
  if (running.joinable()) running.join();
}

}  // namespace storefront::migrator
