// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/seed_run_registry.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/consistency_conditions.h"
#include "services/seeder/run_rules.h"
#include "services/seeder/stored_runs.h"

namespace storefront::seeder {

using status::Reason;

// A run of this process. `run` is guarded by the registry's mutex, the rest by itself.
struct SeedRunRegistry::Active {
  explicit Active(clock::Clock& clock) : board(clock) {}
  SeedRun run;
  LoadPlan plan;
  RunControl control;
  ProgressBoard board;
  std::unique_ptr<DeltasJob> deltas;
  sync::Published<SeedRun> published;
  bool done = false;
  std::jthread thread;
};

SeedRunRegistry::SeedRunRegistry(Ports ports, JobOptions options)
    : ports_(std::move(ports)), options_(options) {}

SeedRunRegistry::~SeedRunRegistry() { Shutdown(); }

void SeedRunRegistry::Begin() {
  begin_ = std::jthread([this](const std::stop_token& stop) {
    absl::Status last;
    while (!stop.stop_requested()) {
      const absl::Status taken = TakeOn();
      if (taken.ok()) return;
      if (taken.code() != last.code()) {
        LOG(WARNING) << log::Event("take_on_waits", {{"error", taken.message()}});
      }
      last = taken;
      ports_.clock.WaitFor(absl::Seconds(1), stop);
    }
  });
}

absl::Status SeedRunRegistry::TakeOn() {
  sync::MutexLock once(take_on_mutex_);
  if (taken_on_) return absl::OkStatus();
  // Another process may be alive and hold these runs; then they are its own, and this one stands
  // by.
  RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  absl::StatusOr<std::vector<SeedRun>> open = ports_.ledger.OpenRuns();
  if (!open.ok()) {
    ports_.ledger.ReleaseWriter();
    return open.status();
  }
  // From here on runs of this process may be asked for; those below are registered first.
  taken_on_ = true;
  for (SeedRun& run : *open) {
    if (const ActivePtr active = Find(run.id)) continue;  // a repeat after a lost connection
    const std::string name = RunName(run);
    absl::Status left = ProcessEndedError();
    // A run that goes on never shows as ended: nobody who waits for its end is misled.
    const bool go_on =
        options_.auto_resume && run.state != RunState::kPaused && run.kind != RunKind::kVerify;
    if (go_on) {
      const absl::StatusOr<SeedRun> resumed = ResumeStored(run);
      LOG(INFO) << log::Event("run_auto_resumed", {{"seed_run", name}, {"ok", resumed.ok()}});
      if (resumed.ok()) continue;
      left = resumed.status();
    }
    run.state = RunState::kInterrupted;
    run.end_time = ports_.clock.Now();
    run.error = left;
    LOG(WARNING) << log::Event("run_interrupted", {{"seed_run", name}});
    if (absl::Status saved = ports_.ledger.SaveRun(run).status(); !saved.ok()) {
      taken_on_ = false;
      return saved;
    }
  }
  sync::MutexLock lock(mutex_);
  const bool writes = std::any_of(active_.begin(), active_.end(), [](const auto& entry) {
    return !entry.second->done && entry.second->run.kind != RunKind::kVerify;
  });
  if (!writes) ports_.ledger.ReleaseWriter();
  return absl::OkStatus();
}

void SeedRunRegistry::Shutdown() {
  begin_ = {};
  std::vector<ActivePtr> all;
  {
    sync::MutexLock lock(mutex_);
    shutting_down_ = true;
    for (const auto& [id, active] : active_) all.push_back(active);
  }
  for (const ActivePtr& active : all) active->control.Set(RunControl::Wish::kShutdown);
  const clock::SteadyTime end = ports_.clock.Steady() + options_.end_wait;
  for (const ActivePtr& active : all) {
    {
      sync::MutexLock lock(mutex_);
      changed_.NotifyAll();  // wakes runs that wait for another one
      changed_.WaitFor(mutex_, end - ports_.clock.Steady(), [&] { return active->done; });
      if (!active->done) active->control.GiveUp();
    }
    if (active->thread.joinable()) active->thread.join();
  }
}

// ---- Starting -----------------------------------------------------------------------------------

absl::StatusOr<std::optional<SeedRun>> SeedRunRegistry::Repeated(const StartOptions& options) {
  if (options.validate_only) return std::optional<SeedRun>();
  ASSIGN_OR_RETURN(std::optional<SeedRun> run,
                   FindRepeatedRun(ports_.ledger, options.request_id, options.request_digest));
  if (!run) return run;
  if (const ActivePtr active = Find(run->id)) {
    sync::MutexLock lock(mutex_);
    return std::optional<SeedRun>(active->run);
  }
  return run;
}

absl::Status SeedRunRegistry::CheckNoWriter(RunKind kind) {
  if (shutting_down_) return StoppingError();
  for (const auto& [id, active] : active_) {
    if (active->done || active->run.kind == RunKind::kVerify) continue;
    // Deltas may wait for a load, if no others do.
    if (active->run.kind == RunKind::kFullLoad && kind == RunKind::kDeltas) continue;
    return RunActiveError(active->run);
  }
  return absl::OkStatus();
}

absl::StatusOr<SeedRun> SeedRunRegistry::StartFullLoad(const FullLoadParameters& parameters,
                                                       const StartOptions& options) {
  // Before any SQL: what is wrong in the request alone.
  RETURN_IF_ERROR(PlanLoad(parameters, FirstIds{}, options_.max_rows_per_run).status());
  ASSIGN_OR_RETURN(std::optional<SeedRun> repeated, Repeated(options));
  if (repeated) return *std::move(repeated);
  RETURN_IF_ERROR(TakeOn());
  sync::MutexLock lock(mutex_);
  if (!options.validate_only) RETURN_IF_ERROR(CheckNoWriter(RunKind::kFullLoad));
  RETURN_IF_ERROR(ports_.catalog.CheckSchema());
  SeedRun run = {.kind = RunKind::kFullLoad, .generator_version = GeneratorVersion()};
  run.full_load = parameters;
  run.request_id = options.request_id;
  run.request_digest = options.request_digest;
  if (!options.validate_only) RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  absl::Cleanup release = [&] {
    if (!options.validate_only) ports_.ledger.ReleaseWriter();
  };
  ASSIGN_OR_RETURN(run.base_rows, ports_.catalog.CountRows());
  if (parameters.on_existing == OnExisting::kFail) RETURN_IF_ERROR(CheckEmpty(run.base_rows));
  ASSIGN_OR_RETURN(const HighestIds highest, ports_.catalog.Highest());
  run.first_ids = FirstIdsAfter(highest);
  if (options.validate_only) {
    ASSIGN_OR_RETURN(const LoadPlan plan,
                     PlanLoad(parameters, run.first_ids, options_.max_rows_per_run));
    run.plan = Summarize(plan);
    return run;
  }
  absl::StatusOr<SeedRun> launched = Launch(std::move(run), /*stored=*/false);
  if (launched.ok()) std::move(release).Cancel();
  return launched;
}

absl::StatusOr<SeedRun> SeedRunRegistry::StartDeltas(const DeltasParameters& parameters,
                                                     const StartOptions& options) {
  RETURN_IF_ERROR(EventMix::Make(parameters.weights).status());
  RETURN_IF_ERROR(
      CheckRate("events_per_second", parameters.events_per_second, options_.max_events_per_second));
  ASSIGN_OR_RETURN(std::optional<SeedRun> repeated, Repeated(options));
  if (repeated) return *std::move(repeated);
  RETURN_IF_ERROR(TakeOn());
  sync::MutexLock lock(mutex_);
  if (!options.validate_only) RETURN_IF_ERROR(CheckNoWriter(RunKind::kDeltas));
  RETURN_IF_ERROR(ports_.catalog.CheckSchema());
  SeedRun run = {.kind = RunKind::kDeltas, .generator_version = GeneratorVersion()};
  run.deltas = parameters;
  run.request_id = options.request_id;
  run.request_digest = options.request_digest;
  for (const auto& [id, active] : active_) {
    if (!active->done && active->run.kind == RunKind::kFullLoad) run.waiting_for = id;
  }
  if (run.waiting_for == 0) {
    ASSIGN_OR_RETURN(run.base_rows, ports_.catalog.CountRows());
    RETURN_IF_ERROR(CheckChangeable(run.base_rows));
  }
  if (options.validate_only) return run;
  const bool waits = run.waiting_for != 0;
  if (!waits) RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  absl::StatusOr<SeedRun> launched = Launch(std::move(run), /*stored=*/false);
  if (!launched.ok() && !waits) ports_.ledger.ReleaseWriter();
  return launched;
}

absl::StatusOr<SeedRun> SeedRunRegistry::StartVerify(const VerifyParameters& parameters,
                                                     const StartOptions& options) {
  SeedRun run = {.kind = RunKind::kVerify, .generator_version = GeneratorVersion()};
  run.verify = parameters;
  ASSIGN_OR_RETURN(run.verify.conditions, ResolveConditions(parameters.conditions));
  ASSIGN_OR_RETURN(std::optional<SeedRun> repeated, Repeated(options));
  if (repeated) return *std::move(repeated);
  run.request_id = options.request_id;
  run.request_digest = options.request_digest;
  sync::MutexLock lock(mutex_);
  for (const auto& [id, active] : active_) {
    if (!active->done && active->run.kind == RunKind::kVerify) return RunActiveError(active->run);
  }
  RETURN_IF_ERROR(ports_.catalog.CheckSchema());
  return Launch(std::move(run), /*stored=*/false);
}

absl::StatusOr<SeedRun> SeedRunRegistry::Launch(SeedRun run, bool stored) {
  if (shutting_down_) return StoppingError();
  auto active = std::make_shared<Active>(ports_.clock);
  if (run.kind == RunKind::kFullLoad) {
    ASSIGN_OR_RETURN(active->plan,
                     PlanLoad(run.full_load, run.first_ids, options_.max_rows_per_run));
    run.plan = Summarize(active->plan);
  }
  run.state = run.waiting_for != 0 ? RunState::kPending : RunState::kRunning;
  run.error = absl::OkStatus();
  run.resumable = false;
  run.end_time = absl::InfinitePast();
  if (run.state == RunState::kRunning) run.start_time = ports_.clock.Now();
  if (stored) {
    ASSIGN_OR_RETURN(run.etag, ports_.ledger.SaveRun(run));
  } else {
    std::vector<TablePlan> plan = std::move(run.plan);
    ASSIGN_OR_RETURN(run, ports_.ledger.CreateRun(run));
    run.plan = std::move(plan);
  }
  active->run = run;
  if (run.kind == RunKind::kDeltas) {
    active->deltas =
        std::make_unique<DeltasJob>(active->run, ports_, options_, active->control, active->board);
  }
  active_[run.id] = active;
  Publish(*active);
  LOG(INFO) << log::Event("run_started", {{"seed_run", RunName(run)}, {"resumed", stored}});
  active->thread = std::jthread([this, active] { Work(active); });
  return active->run;
}

// ---- Working ------------------------------------------------------------------------------------

void SeedRunRegistry::Work(const ActivePtr& active) {
  bool complete = false;
  absl::Status result;
  {
    std::jthread ticker([&](const std::stop_token& stop) {
      while (ports_.clock.WaitFor(options_.watch_interval, stop)) {
        sync::MutexLock lock(mutex_);
        Publish(*active);
      }
    });
    result = Perform(*active, &complete);
  }
  Finish(*active, result, complete);
}

absl::Status SeedRunRegistry::Perform(Active& active, bool* complete) {
  switch (active.run.kind) {
    case RunKind::kFullLoad:
      return RunFullLoad(active.run, active.plan, ports_, options_, active.control, active.board,
                         complete);
    case RunKind::kDeltas:
      RETURN_IF_ERROR(PrepareDeltas(active));
      if (active.control.ending()) return absl::OkStatus();
      return active.deltas->Run(complete);
    case RunKind::kVerify: {
      ASSIGN_OR_RETURN(
          std::vector<ConditionResult> results,
          ports_.inspector.Check(active.run.verify.conditions, active.control.cancelled()));
      sync::MutexLock lock(mutex_);
      active.run.verify.results = std::move(results);
      *complete = true;
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

// Waits for the full load in front, then fixes where ids and business time begin.
absl::Status SeedRunRegistry::PrepareDeltas(Active& active) {
  {
    sync::MutexLock lock(mutex_);
    if (active.run.waiting_for != 0) {
      const auto in_front = active_.find(active.run.waiting_for);
      while (in_front != active_.end() && !in_front->second->done && !active.control.ending()) {
        changed_.Wait(mutex_);
      }
      if (active.control.ending()) return absl::OkStatus();
    }
  }
  RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  DeltasParameters parameters;
  {
    sync::MutexLock lock(mutex_);
    parameters = active.run.deltas;
  }
  std::map<Table, int64_t> base_rows;
  if (parameters.bases.customer == 0) {  // not yet begun
    ASSIGN_OR_RETURN(base_rows, ports_.catalog.CountRows());
    RETURN_IF_ERROR(CheckChangeable(base_rows));
    ASSIGN_OR_RETURN(const HighestIds highest, ports_.catalog.Highest());
    parameters.bases = IdBasesAfter(highest);
    ASSIGN_OR_RETURN(const Micros latest, ports_.catalog.LatestBusinessTime());
    parameters.business_start = std::max(kClockStart, latest);
  }
  sync::MutexLock lock(mutex_);
  active.run.deltas = parameters;
  if (!base_rows.empty()) active.run.base_rows = base_rows;
  active.run.waiting_for = 0;
  if (active.run.state == RunState::kPending) {
    active.run.state = RunState::kRunning;
    active.run.start_time = ports_.clock.Now();
  }
  ASSIGN_OR_RETURN(active.run.etag, ports_.ledger.SaveRun(active.run));
  Publish(active);
  return absl::OkStatus();
}

void SeedRunRegistry::Finish(Active& active, const absl::Status& result, bool complete) {
  const RunControl::Wish wish = active.control.wish();
  sync::MutexLock lock(mutex_);
  SeedRun& run = active.run;
  run.end_time = ports_.clock.Now();
  RunEnding ending = EndingOf(run.kind, wish, result, complete);
  run.state = ending.state;
  run.error = std::move(ending.error);
  run.resumable = IsResumable(run.kind, run.state, run.error);
  // A run that this process leaves at its end goes on at the next start: the ledger keeps it open.
  SeedRun to_store = run;
  if (wish == RunControl::Wish::kShutdown && run.state == RunState::kInterrupted) {
    to_store.state = RunState::kRunning;
    to_store.end_time = absl::InfinitePast();
  }
  if (const auto etag = ports_.ledger.SaveRun(to_store); etag.ok()) {
    run.etag = *etag;
  } else {
    LOG(WARNING) << log::Event("run_not_saved",
                               {{"seed_run", RunName(run)}, {"error", etag.status().message()}});
  }
  if (run.kind != RunKind::kVerify) {
    const bool other = std::any_of(active_.begin(), active_.end(), [&](const auto& entry) {
      return entry.second.get() != &active && !entry.second->done &&
             entry.second->run.kind != RunKind::kVerify;
    });
    if (!other) ports_.ledger.ReleaseWriter();
  }
  active.plan = {};
  active.done = true;
  Publish(active);
  changed_.NotifyAll();
  LOG(INFO) << log::Event("run_ended", {{"seed_run", RunName(run)},
                                        {"state", RunStateName(run.state)},
                                        {"rows", run.progress.rows()},
                                        {"error", run.error.message()},
                                        {"internal_error", status::DetailsOf(run.error).internal}});
}

void SeedRunRegistry::Publish(Active& active) {
  active.run.progress = active.board.Snapshot();
  active.published.Publish(active.run);
}

// ---- Asking and steering ------------------------------------------------------------------------

SeedRunRegistry::ActivePtr SeedRunRegistry::Find(int64_t id) {
  sync::MutexLock lock(mutex_);
  const auto it = active_.find(id);
  return it == active_.end() ? nullptr : it->second;
}

absl::StatusOr<SeedRun> SeedRunRegistry::Get(absl::string_view name) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  if (const ActivePtr active = Find(id.id)) {
    sync::MutexLock lock(mutex_);
    if (active->run.kind != id.kind) return RunNotFoundError(name);
    if (!active->done) Publish(*active);
    return active->run;
  }
  return ReadStoredRun(ports_.ledger, name);
}

absl::StatusOr<RunPage> SeedRunRegistry::List(size_t offset, size_t limit) {
  RunPage page;
  ASSIGN_OR_RETURN(page.total, ports_.ledger.CountRuns());
  ASSIGN_OR_RETURN(page.runs, ports_.ledger.ListRuns(offset, limit));
  for (SeedRun& run : page.runs) {
    run.resumable = IsResumable(run.kind, run.state, run.error);
    if (const ActivePtr active = Find(run.id)) {
      sync::MutexLock lock(mutex_);
      run = active->run;
    }
  }
  return page;
}

absl::StatusOr<SeedRun> SeedRunRegistry::ChangeRate(absl::string_view name,
                                                    double events_per_second,
                                                    absl::string_view etag) {
  RETURN_IF_ERROR(CheckRate("seed_run.deltas.events_per_second", events_per_second,
                            options_.max_events_per_second));
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  if (id.kind != RunKind::kDeltas) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = Reason::kImmutableField,
                          .message = "only runs of kind DELTAS can be changed"});
  }
  const ActivePtr active = Find(id.id);
  if (active == nullptr) {
    ASSIGN_OR_RETURN(const SeedRun run, ReadStoredRun(ports_.ledger, name));
    return RunStateError(run, "a change", "RUNNING or PAUSED");
  }
  {
    sync::MutexLock lock(mutex_);
    if (!etag.empty() && etag != absl::StrCat(active->run.etag)) {
      return status::Error({.code = absl::StatusCode::kAborted,
                            .reason = Reason::kEtagMismatch,
                            .message = absl::StrCat(name, " changed since it was read")});
    }
    if (active->done || active->run.state == RunState::kPending) {
      return RunStateError(active->run, "a change", "RUNNING or PAUSED");
    }
  }
  RETURN_IF_ERROR(active->deltas->ChangeRate(events_per_second));
  LOG(INFO) << log::Event("run_changed",
                          {{"seed_run", name}, {"events_per_second", events_per_second}});
  sync::MutexLock lock(mutex_);
  // The first rate stays in the parameters: the ledger's changes come on top of it.
  ASSIGN_OR_RETURN(active->run.etag, ports_.ledger.SaveRun(active->run));
  Publish(*active);
  return active->run;
}

absl::StatusOr<SeedRun> SeedRunRegistry::Pause(absl::string_view name) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  const ActivePtr active = Find(id.id);
  if (active == nullptr) {
    ASSIGN_OR_RETURN(const SeedRun run, ReadStoredRun(ports_.ledger, name));
    return RunStateError(run, "pause", "RUNNING");
  }
  sync::MutexLock lock(mutex_);
  SeedRun& run = active->run;
  if (run.state == RunState::kPaused) return run;
  if (run.state != RunState::kRunning || active->control.ending()) {
    return RunStateError(run, "pause", "RUNNING");
  }
  if (run.kind == RunKind::kVerify) return RunStateError(run, "pause", "a run that writes");
  active->control.Set(RunControl::Wish::kPause);
  if (active->deltas != nullptr) active->deltas->SetPaused(true);
  run.state = RunState::kPaused;
  ASSIGN_OR_RETURN(run.etag, ports_.ledger.SaveRun(run));
  Publish(*active);
  return run;
}

absl::StatusOr<SeedRun> SeedRunRegistry::Resume(absl::string_view name) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  if (const ActivePtr active = Find(id.id)) {
    sync::MutexLock lock(mutex_);
    SeedRun& run = active->run;
    if (run.state == RunState::kRunning) return run;
    if (run.state == RunState::kPaused) {
      run.state = RunState::kRunning;
      if (active->deltas != nullptr) active->deltas->SetPaused(false);
      active->control.Set(RunControl::Wish::kRun);
      ASSIGN_OR_RETURN(run.etag, ports_.ledger.SaveRun(run));
      Publish(*active);
      return run;
    }
    if (run.state == RunState::kPending) {
      return RunStateError(run, "resume", "PAUSED, INTERRUPTED, CANCELLED or resumable FAILED");
    }
  }
  ASSIGN_OR_RETURN(SeedRun run, ReadStoredRun(ports_.ledger, name));
  if (const ActivePtr active = Find(id.id)) {  // ended here; the ledger may not have heard of it
    sync::MutexLock lock(mutex_);
    run = active->run;
  }
  RETURN_IF_ERROR(TakeOn());
  if (!run.resumable) {
    return RunStateError(run, "resume", "PAUSED, INTERRUPTED, CANCELLED or resumable FAILED");
  }
  return ResumeStored(std::move(run));
}

absl::StatusOr<SeedRun> SeedRunRegistry::ResumeStored(SeedRun run) {
  if (run.generator_version != GeneratorVersion()) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kGeneratorChanged,
         .message = absl::StrCat(RunName(run), " was begun by a program that makes other rows")});
  }
  ActivePtr old;
  sync::MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckNoWriter(run.kind));
  run.waiting_for = 0;
  for (const auto& [id, active] : active_) {
    if (!active->done && active->run.kind == RunKind::kFullLoad) run.waiting_for = id;
  }
  if (run.waiting_for == 0) RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  if (const auto it = active_.find(run.id); it != active_.end()) old = it->second;
  if (old != nullptr && old->thread.joinable()) old->thread.join();  // it has ended: done is set
  return Launch(std::move(run), /*stored=*/true);
}

absl::StatusOr<SeedRun> SeedRunRegistry::End(absl::string_view name, RunControl::Wish wish,
                                             const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  const bool cancel = wish == RunControl::Wish::kCancel;
  const auto judge = [&](const SeedRun& run) -> absl::StatusOr<SeedRun> {
    const bool as_wished =
        run.state == RunState::kCancelled || (!cancel && run.state == RunState::kSucceeded);
    if (as_wished) return run;
    return RunStateError(run, cancel ? "cancel" : "stop", "a run that has not ended");
  };
  const ActivePtr active = Find(id.id);
  if (active == nullptr) {
    ASSIGN_OR_RETURN(const SeedRun run, ReadStoredRun(ports_.ledger, name));
    return judge(run);
  }
  {
    sync::MutexLock lock(mutex_);
    if (active->done) return judge(active->run);
  }
  active->control.Set(wish);
  if (active->deltas != nullptr) active->deltas->SetPaused(false);
  const clock::SteadyTime end = ports_.clock.Steady() + options_.end_wait;
  sync::MutexLock lock(mutex_);
  changed_.NotifyAll();  // wakes a run that waits for another one
  while (!active->done && !stop.stop_requested() && ports_.clock.Steady() < end) {
    changed_.WaitFor(mutex_, absl::Milliseconds(50), [&] { return active->done; });
  }
  // Transactions that do not end in time are given up; the ledger tells what was committed.
  if (!active->done) active->control.GiveUp();
  return active->run;
}

absl::StatusOr<SeedRun> SeedRunRegistry::Stop(absl::string_view name, const std::stop_token& stop) {
  return End(name, RunControl::Wish::kStop, stop);
}

absl::StatusOr<SeedRun> SeedRunRegistry::Cancel(absl::string_view name,
                                                const std::stop_token& stop) {
  return End(name, RunControl::Wish::kCancel, stop);
}

absl::StatusOr<sync::Subscription> SeedRunRegistry::Watch(
    absl::string_view name, std::function<void(const SeedRun&)> listener) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  if (const ActivePtr active = Find(id.id)) {
    return active->published.Subscribe(std::move(listener));
  }
  ASSIGN_OR_RETURN(const SeedRun run, ReadStoredRun(ports_.ledger, name));
  sync::Published<SeedRun> still(run);
  return still.Subscribe(std::move(listener));
}

}  // namespace storefront::seeder
