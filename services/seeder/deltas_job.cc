// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/batch_executor.h"
#include "services/seeder/run_jobs.h"

namespace storefront::seeder {
namespace {

using status::Reason;

// Order ids that are reserved ahead at a time, over all shards.
constexpr int64_t kReserveStep = 16'384;
// Times that a run goes back to its ledger by itself because a crash took acknowledged batches.
constexpr int kAttemptsMax = 10;
constexpr int64_t kReplansPerMinuteMax = 100;
// How long a change of the rate waits for the schedule of a run that begins.
constexpr absl::Duration kStartWait = absl::Seconds(5);
// How often a waiting worker looks at the wishes.
constexpr absl::Duration kLook = absl::Milliseconds(50);

}  // namespace

// One pass from ledger to end or error: schedule, shards, workers.
class DeltasJob::Attempt {
 public:
  Attempt(DeltasJob& job, const EventMix& mix, const AllShardCounters& counters)
      : job_(job),
        ports_(job.ports_),
        parameters_(job.run_.deltas),
        planner_(job.run_.id, parameters_.seed, mix, parameters_.bases),
        counters_(counters) {
    for (int16_t shard = 0; shard < kShards; ++shard) {
      states_.emplace_back(shard, parameters_.seed);
    }
  }

  // Where the schedule goes on: the due time of the first event that is not in the ledger.
  int64_t StartNs(ArrivalCursor cursor) const {
    while (counters_[static_cast<size_t>(planner_.Shard(cursor.event()))].last_event >=
           cursor.event()) {
      cursor.Next();
    }
    return cursor.due_ns();
  }

  absl::Status LoadShards() {
    std::vector<int16_t> all;
    for (int16_t shard = 0; shard < kShards; ++shard) all.push_back(shard);
    ASSIGN_OR_RETURN(const auto live, ports_.inspector.ReadShards(all, job_.control_.cancelled()));
    for (const auto& [shard, entities] : live) {
      states_[static_cast<size_t>(shard)].Load(entities);
      open_orders_[static_cast<size_t>(shard)] =
          static_cast<int64_t>(states_[static_cast<size_t>(shard)].open_orders());
    }
    return absl::OkStatus();
  }

  absl::Status Work(DeltaSchedule& schedule) {
    std::vector<absl::Status> results(static_cast<size_t>(parameters_.connections));
    {
      std::jthread monitor([&](const std::stop_token& stop) { WatchSlots(schedule, stop); });
      std::vector<std::jthread> workers;
      for (int worker = 0; worker < parameters_.connections; ++worker) {
        workers.emplace_back([&, worker] {
          results[static_cast<size_t>(worker)] = WorkShards(worker, schedule);
          if (!results[static_cast<size_t>(worker)].ok()) failed_ = true;
        });
      }
    }
    // The gravest tells most: a conflict in one worker may show as a lost session in another.
    absl::Status worst;
    for (const absl::Status& result : results) {
      if (worst.ok() || (absl::IsUnavailable(worst) && !result.ok())) worst = result;
    }
    return worst;
  }

 private:
  bool ShallEnd() const { return failed_ || job_.control_.ending(); }

  Micros BusinessTime(int64_t due_ns) const {
    return parameters_.business_start + due_ns / 1000 * parameters_.time_compression;
  }

  absl::Status WorkShards(int worker, DeltaSchedule& schedule) {
    const auto owns = [&](int16_t shard) { return shard % parameters_.connections == worker; };
    const std::stop_token stop = job_.control_.cancelled();
    const std::unique_ptr<DeltaChannel> channel = ports_.make_channel();
    BatchExecutor executor(
        {.pipeline_depth = job_.options_.pipeline_depth,
         .retries_max = job_.options_.batch_retries,
         .reconnect_wait = job_.options_.reconnect_wait},
        *channel, ports_.ledger, ports_.clock,
        {.committed = [&](const Batch& batch,
                          absl::Duration lag) { job_.board_.Committed(batch, lag); },
         .replan = [&](int16_t shard,
                       std::vector<Batch> failed) { return Replan(shard, std::move(failed)); },
         .reconnecting =
             [&](bool on) {
               job_.board_.Update([on](Progress& progress) { progress.reconnecting = on; });
             }});
    RETURN_IF_ERROR(executor.Start(stop));

    BatchExecutor::Counts told;
    const auto tell = [&] {
      const BatchExecutor::Counts now = executor.counts();
      job_.board_.Update([&](Progress& progress) {
        progress.retries += now.retries - told.retries;
        progress.in_doubt_resolved += now.in_doubt_resolved - told.in_doubt_resolved;
        progress.replans += now.replans - told.replans;
      });
      told = now;
    };

    size_t seen_changes = 0;
    ArrivalCursor cursor = schedule.MakeCursor(seen_changes);
    absl::Status result;
    while (!ShallEnd()) {
      if (parameters_.max_events > 0 && cursor.event() >= parameters_.max_events) break;
      const int16_t shard = planner_.Shard(cursor.event());
      ShardCounters& counters = counters_[static_cast<size_t>(shard)];
      if (!owns(shard) || cursor.event() <= counters.last_event) {
        cursor.Next();
        continue;
      }
      absl::Duration late;
      const DeltaSchedule::Turn turn = schedule.Try(cursor, seen_changes, late);
      if (turn == DeltaSchedule::Turn::kMoved) continue;
      if (turn != DeltaSchedule::Turn::kGo) {
        const absl::Duration wait =
            turn == DeltaSchedule::Turn::kHalted ? kLook : std::min(-late, kLook);
        const clock::SteadyTime until = ports_.clock.Steady() + wait;
        result = executor.Pump(until, stop);
        if (!result.ok()) break;
        tell();
        if (executor.in_flight() == 0) ports_.clock.WaitUntil(until, stop);
        continue;
      }
      result = executor.MakeRoom(stop);
      if (!result.ok()) break;
      ShardState& state = states_[static_cast<size_t>(shard)];
      Batch batch = planner_.Plan(cursor.event(), BusinessTime(cursor.due_ns()), state, counters);
      result = ReserveIds(batch);
      if (result.ok()) result = executor.Submit(std::move(batch), stop);
      if (!result.ok()) break;
      job_.board_.Sent(late);
      TellOpenOrders(shard);
      cursor.Next();
    }
    if (result.ok()) result = executor.Drain(stop);
    tell();
    return result;
  }

  // Keeps the sequences ahead of what this batch inserts.
  absl::Status ReserveIds(const Batch& batch) {
    int64_t order = 0, customer = 0;
    for (const Change& change : batch.changes) {
      if (const auto* place = std::get_if<PlaceOrder>(&change)) order = place->rows.order.id;
      if (const auto* joined = std::get_if<RegisterCustomer>(&change))
        customer = joined->customer.id;
    }
    if (order == 0 && customer == 0) return absl::OkStatus();
    if (order > kMaxOrderId || customer > kMaxId) {
      return status::Error({.code = absl::StatusCode::kResourceExhausted,
                            .reason = Reason::kLimitExceeded,
                            .message = "the tables' integer ids are used up"});
    }
    sync::MutexLock lock(reserve_mutex_);
    HighestIds ids;
    if (order > reserved_order_) {
      reserved_order_ = std::min(order + kReserveStep, kMaxOrderId);
      ids[Table::kOrders] = ids[Table::kPayments] = reserved_order_;
      ids[Table::kOrderItems] = 4 * reserved_order_;
    }
    if (customer > reserved_customer_) {
      reserved_customer_ = std::min(customer + kReserveStep, kMaxId);
      ids[Table::kCustomers] = reserved_customer_;
    }
    if (ids.empty()) return absl::OkStatus();
    return ports_.catalog.Reserve(ids);
  }

  absl::StatusOr<std::vector<Batch>> Replan(int16_t shard, std::vector<Batch> failed) {
    if (!MayReplan()) {
      return status::Error(
          {.code = absl::StatusCode::kFailedPrecondition,
           .reason = Reason::kLedgerMismatch,
           .message = "rows of the storefront keep changing under the run: more than 100 events "
                      "in a minute had to be planned anew"});
    }
    ASSIGN_OR_RETURN(const auto live,
                     ports_.inspector.ReadShards({shard}, job_.control_.cancelled()));
    ShardState& state = states_[static_cast<size_t>(shard)];
    state.Load(live.at(shard));
    ASSIGN_OR_RETURN(const AllShardCounters stored, ports_.ledger.Counters(job_.run_.id));
    ShardCounters& counters = counters_[static_cast<size_t>(shard)];
    counters = stored[static_cast<size_t>(shard)];
    std::vector<Batch> planned;
    for (const Batch& batch : failed) {
      planned.push_back(planner_.Plan(batch.first_event, batch.business_time, state, counters));
    }
    LOG(WARNING) << log::Event(
        "events_replanned", {{"shard", shard}, {"events", static_cast<int64_t>(planned.size())}});
    return planned;
  }

  bool MayReplan() {
    sync::MutexLock lock(reserve_mutex_);
    const clock::SteadyTime now = ports_.clock.Steady();
    replans_.push_back(now);
    while (now - replans_.front() > absl::Minutes(1)) replans_.pop_front();
    return static_cast<int64_t>(replans_.size()) <= kReplansPerMinuteMax;
  }

  // For people: the other workers' shards as they said last.
  void TellOpenOrders(int16_t shard) {
    open_orders_[static_cast<size_t>(shard)] =
        static_cast<int64_t>(states_[static_cast<size_t>(shard)].open_orders());
    int64_t sum = 0;
    for (const auto& count : open_orders_) sum += count;
    job_.board_.Update([sum](Progress& progress) { progress.open_orders = sum; });
  }

  // The schedule stands still while the slowest reader of the change stream is too far behind.
  void WatchSlots(DeltaSchedule& schedule, const std::stop_token& stop) {
    const int64_t limit = job_.options_.max_slot_lag_bytes;
    bool throttled = false;
    while (ports_.clock.WaitFor(absl::Seconds(1), stop)) {
      const absl::StatusOr<int64_t> lag = ports_.slots.LargestLagBytes();
      if (!lag.ok()) continue;
      const bool before = throttled;
      if (limit > 0) throttled = throttled ? *lag > limit / 10 * 8 : *lag > limit;
      if (throttled != before) {
        LOG(WARNING) << log::Event("throttled", {{"on", throttled}, {"slot_lag_bytes", *lag}});
        schedule.SetHalt(DeltaSchedule::kThrottled, throttled);
      }
      job_.board_.Update([&](Progress& progress) {
        progress.slot_lag_bytes = *lag;
        progress.throttle_reason = throttled ? "SLOT_LAG" : "";
      });
    }
  }

  DeltasJob& job_;
  const Ports& ports_;
  const DeltasParameters& parameters_;
  const EventPlanner planner_;
  AllShardCounters counters_;       // each entry is touched by one worker only
  std::vector<ShardState> states_;  // likewise
  std::array<std::atomic<int64_t>, kShards> open_orders_{};
  std::atomic<bool> failed_ = false;
  sync::Mutex reserve_mutex_;
  int64_t reserved_order_ ABSL_GUARDED_BY(reserve_mutex_) = 0;
  int64_t reserved_customer_ ABSL_GUARDED_BY(reserve_mutex_) = 0;
  std::deque<clock::SteadyTime> replans_ ABSL_GUARDED_BY(reserve_mutex_);
};

DeltasJob::DeltasJob(const SeedRun& run, const Ports& ports, const JobOptions& options,
                     RunControl& control, ProgressBoard& board)
    : run_(run), ports_(ports), options_(options), control_(control), board_(board) {}
DeltasJob::~DeltasJob() = default;

absl::Status DeltasJob::Run(bool* complete) {
  int behind = 0;
  clock::SteadyTime outage;  // since when no attempt got further
  int64_t events = -1;
  while (true) {
    const absl::Status result = RunOnce(complete);
    if (status::ReasonOf(result) == Reason::kLedgerBehind && ++behind < kAttemptsMax) {
      LOG(WARNING) << log::Event("ledger_behind", {{"seed_run", RunName(run_)}});
      continue;
    }
    // A session beside the workers' may be the one that was lost.
    if (!absl::IsUnavailable(result) || control_.ending()) return result;
    const int64_t done = board_.Snapshot().events_done;
    if (done != events) outage = ports_.clock.Steady();
    events = done;
    if (ports_.clock.Steady() - outage >= options_.reconnect_wait) return result;
    LOG(WARNING) << log::Event("reconnects", {{"seed_run", RunName(run_)}});
    if (!ports_.clock.WaitFor(absl::Milliseconds(200), control_.cancelled())) return result;
  }
}

absl::Status DeltasJob::RunOnce(bool* complete) {
  RETURN_IF_ERROR(ports_.ledger.AcquireWriter());
  RETURN_IF_ERROR(ports_.catalog.CheckSchema());
  ASSIGN_OR_RETURN(const EventMix mix, EventMix::Make(run_.deltas.weights));
  ASSIGN_OR_RETURN(const AllShardCounters counters, ports_.ledger.Counters(run_.id));
  ASSIGN_OR_RETURN(const BatchTotals totals, ports_.ledger.Totals(run_.id));
  ASSIGN_OR_RETURN(const std::vector<RateChange> stored, ports_.ledger.RateChanges(run_.id));

  std::vector<RateChange> changes = {{.events_per_second = run_.deltas.events_per_second}};
  for (const RateChange& change : stored) {
    while (!changes.empty() && changes.back().first_event >= change.first_event) changes.pop_back();
    changes.push_back(change);
  }
  Attempt attempt(*this, mix, counters);
  RETURN_IF_ERROR(attempt.LoadShards());
  const int64_t start_ns =
      attempt.StartNs(ArrivalCursor(run_.deltas.seed, run_.deltas.arrival, changes));
  auto schedule = std::make_shared<DeltaSchedule>(ports_.clock, run_.deltas.seed,
                                                  run_.deltas.arrival, changes, start_ns);
  {
    sync::MutexLock lock(mutex_);
    schedule_ = schedule;
    schedule->SetHalt(DeltaSchedule::kPaused, paused_);
  }
  scheduled_.NotifyAll();
  board_.Update([&](Progress& progress) {
    progress.tables.clear();
    for (const Table table : kTables) progress.tables[table];
    for (const auto& [code, rows] : totals.rows) AddRows(progress, code, rows);
    progress.events_done = totals.events;
    progress.target_events_per_second = schedule->events_per_second();
    progress.event_number = 0;
    for (const ShardCounters& shard : counters) {
      progress.event_number = std::max(progress.event_number, shard.last_event + 1);
    }
  });
  const absl::Status result = attempt.Work(*schedule);
  {
    sync::MutexLock lock(mutex_);
    schedule_ = nullptr;
  }
  *complete = result.ok() && !control_.ending();
  return result;
}

absl::Status DeltasJob::ChangeRate(double events_per_second) {
  std::shared_ptr<DeltaSchedule> schedule;
  {
    // A run that has just begun still reads its shards.
    sync::MutexLock lock(mutex_);
    scheduled_.WaitFor(mutex_, kStartWait, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return schedule_ != nullptr;
    });
    schedule = schedule_;
  }
  if (schedule == nullptr) {
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = Reason::kRunState,
                          .message = "the run is just starting or ending; try again",
                          .retry_after = absl::Seconds(1)});
  }
  RETURN_IF_ERROR(schedule->ChangeRate(events_per_second, [&](const RateChange& change) {
    return ports_.ledger.AddRateChange(run_.id, change);
  }));
  board_.Update([&](Progress& progress) { progress.target_events_per_second = events_per_second; });
  return absl::OkStatus();
}

void DeltasJob::SetPaused(bool paused) {
  sync::MutexLock lock(mutex_);
  paused_ = paused;
  if (schedule_ != nullptr) schedule_->SetHalt(DeltaSchedule::kPaused, paused);
}

}  // namespace storefront::seeder
