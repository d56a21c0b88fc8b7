// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_registry.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {

namespace {

// More than anybody pages through.
constexpr size_t kRunsListed = 10'000;

}  // namespace

using status::Reason;

RunRegistry::RunRegistry(clock::Clock& clock, RunRegistryOptions options)
    : clock_(clock),
      options_(std::move(options)),
      recorder_(options_.store == nullptr
                    ? nullptr
                    : std::make_unique<RunRecorder>(*options_.store, clock_, options_.recorder)),
      id_state_(options_.id_seed) {}

RunRegistry::~RunRegistry() { Stop(); }

RunRegistry::Slot::~Slot() {
  if (registry_ == nullptr) return;
  sync::MutexLock lock(registry_->mutex_);
  registry_->active_.reset();
}

absl::StatusOr<RunRegistry::Slot> RunRegistry::Reserve(RunOrigin origin) {
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
      const std::string name = absl::StrCat("migrationRuns/", active_->journal->id());
      spec.message = absl::StrCat(name, " is under way. Wait for it, or cancel it.");
      spec.resource = status::ResourceRef{.type = "migrationRuns", .name = name};
      spec.metadata = {{"run", name}};
    }
    return status::Error(std::move(spec));
  }
  active_.emplace();
  return Slot(*this, std::move(origin));
}

std::string RunRegistry::MakeId(RunKind kind) {
  id_state_ = id_state_ * 6364136223846793005U + 1442695040888963407U;
  return absl::StrCat(RunKindName(kind), "-",
                      absl::FormatTime("%Y%m%d-%H%M%S", clock_.Now(), absl::UTCTimeZone()), "-",
                      absl::StrFormat("%06x", id_state_ >> 40));
}

void RunRegistry::BeforeEnd(const Run& run) {
  // Both mostly wait for the server; they are over before anybody sees the end.
  std::jthread recording;
  if (recorder_ != nullptr) recording = std::jthread([&] { recorder_->End(run); });
  options_.before_end(run);
}

Run RunRegistry::NewRun(RunKind kind, std::string target, std::vector<RunStep> steps) {
  Run run{.kind = kind, .steps = std::move(steps), .target = std::move(target)};
  {
    sync::MutexLock lock(mutex_);
    run.id = MakeId(kind);
  }
  run.create_time = clock_.Now();
  run.start_time = run.end_time = absl::InfinitePast();
  return run;
}

void RunRegistry::Keep(const std::shared_ptr<RunJournal>& journal) {
  runs_.push_front(journal);
  if (runs_.size() > options_.runs_kept) runs_.pop_back();
}

absl::StatusOr<Run> RunRegistry::Record(Slot slot, RunKind kind, std::string target,
                                        const std::function<void(RunJournal&)>& body) {
  auto journal = std::make_shared<RunJournal>(NewRun(kind, std::move(target), {}), clock_,
                                              options_.event_buffer);
  body(*journal);
  Run run = journal->Snapshot();
  options_.before_end(run);
  if (recorder_ != nullptr) RETURN_IF_ERROR(recorder_->Record(*journal, slot.origin_));
  {
    sync::MutexLock lock(mutex_);
    Keep(journal);
  }
  options_.on_end(run);
  return run;
}

absl::StatusOr<Run> RunRegistry::Start(Slot slot, RunKind kind, std::string target,
                                       std::vector<RunStep> steps, Body body) {
  Run run = NewRun(kind, std::move(target), std::move(steps));
  auto journal = std::make_shared<RunJournal>(run, clock_, options_.event_buffer,
                                              [this](const Run& ended) { BeforeEnd(ended); });
  // The slot keeps others away meanwhile.
  if (recorder_ != nullptr) RETURN_IF_ERROR(recorder_->Begin(journal, slot.origin_));

  std::thread ended;  // of the run before; joined outside the lock
  {
    sync::MutexLock lock(mutex_);
    slot.registry_ = nullptr;  // from here the run holds the place
    active_->journal = journal;
    Keep(journal);
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

std::shared_ptr<RunJournal> RunRegistry::FindHere(absl::string_view id) const {
  sync::MutexLock lock(mutex_);
  for (const auto& journal : runs_) {
    if (journal->id() == id) return journal;
  }
  return nullptr;
}

absl::StatusOr<Run> RunRegistry::Get(absl::string_view id) {
  if (const auto journal = FindHere(id)) return journal->Snapshot();
  if (options_.store != nullptr) {
    ASSIGN_OR_RETURN(std::optional<Run> run, options_.store->Get(id));
    if (run && run->state == RunState::kInterrupted) {
      ASSIGN_OR_RETURN(const auto events, options_.store->Events(id, 0, options_.event_buffer));
      SettleSteps(events, *run);
    }
    if (run) return *std::move(run);
  }
  const std::string name = absl::StrCat("migrationRuns/", id);
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = Reason::kResourceNotFound,
                        .message = absl::StrCat("There is no run ", name,
                                                ", or it is no longer kept (`run_retention`)."),
                        .resource = status::ResourceRef{.type = "migrationRuns", .name = name}});
}

absl::StatusOr<std::shared_ptr<RunJournal>> RunRegistry::Find(absl::string_view id) {
  if (auto journal = FindHere(id)) return journal;
  ASSIGN_OR_RETURN(Run run, Get(id));
  // Events first would miss those between; so they come second, and may be newer than the run.
  ASSIGN_OR_RETURN(auto events, options_.store->Events(id, 0, options_.event_buffer));
  const bool follow = !IsFinal(run.state);
  auto copy = std::make_shared<RunJournal>(run, clock_, options_.event_buffer);
  copy->Replace(std::move(run), std::move(events));
  if (follow) recorder_->Follow(copy);
  return copy;
}

absl::StatusOr<std::vector<Run>> RunRegistry::List() {
  std::vector<Run> runs;
  {
    sync::MutexLock lock(mutex_);
    for (const auto& journal : runs_) runs.push_back(journal->Snapshot());
  }
  if (options_.store == nullptr) return runs;
  ASSIGN_OR_RETURN(std::vector<Run> stored, options_.store->List(kRunsListed));
  std::set<std::string> here;
  for (const Run& run : runs) here.insert(run.id);
  for (Run& run : stored) {
    if (!here.contains(run.id)) runs.push_back(std::move(run));
  }
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.create_time > b.create_time; });
  return runs;
}

absl::StatusOr<std::optional<Run>> RunRegistry::FindRequest(const RunOrigin& origin) {
  if (origin.request_id.empty() || options_.store == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(const auto known, options_.store->FindRequest(origin.request_id));
  if (!known) return std::nullopt;
  if (known->digest != origin.digest) {
    return status::Error({.code = absl::StatusCode::kAlreadyExists,
                          .reason = Reason::kRequestIdReused,
                          .message = "This request_id was used by another request. Make a new id "
                                     "for each request, and repeat it only with the same one."});
  }
  return Get(known->run_id);
}

std::string RunRegistry::ActiveId() const {
  sync::MutexLock lock(mutex_);
  const bool is_running =
      active_ && active_->journal != nullptr && !IsFinal(active_->journal->state());
  return is_running ? active_->journal->id() : "";
}

absl::StatusOr<Run> RunRegistry::Cancel(absl::string_view id) {
  const std::shared_ptr<RunJournal> journal = FindHere(id);
  if (journal != nullptr && journal->RequestCancel()) {
    sync::MutexLock lock(mutex_);
    if (active_ && active_->journal == journal) active_->stop.request_stop();
  }
  ASSIGN_OR_RETURN(Run run, journal == nullptr ? Get(id) : journal->Snapshot());
  if (IsFinal(run.state) ? run.state != RunState::kCancelled : journal == nullptr) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kRunState,
         .message =
             IsFinal(run.state)
                 ? absl::StrCat("migrationRuns/", id, " has ended as ", RunStateName(run.state),
                                "; only a run under way can be cancelled.")
                 : absl::StrCat("migrationRuns/", id,
                                " is carried out by another process. Cancel it there."),
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
  if (recorder_ != nullptr) recorder_->Stop();
}

}  // namespace storefront::migrator
