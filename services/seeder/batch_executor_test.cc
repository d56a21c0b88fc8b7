// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/batch_executor.h"

#include <gtest/gtest.h>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/seeder/fake_delta_channel.h"
#include "services/seeder/fake_seed_ledger.h"

namespace storefront::seeder {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr int64_t kRun = 5;
constexpr int64_t kEvents = 60;
constexpr Micros kEventStep = kHour;

FakeStorefront SmallStorefront() {
  FakeStorefront storefront;
  for (int32_t id = 1; id <= 64; ++id) storefront.customers[id] = {};
  for (int32_t id = 1; id <= 64; ++id) storefront.products[id] = {500, 1000 + id};
  return storefront;
}

// Plans and sends events the way a worker does.
class Worker {
 public:
  explicit Worker(FakeStorefront& storefront, size_t depth = 8)
      : channel(storefront),
        storefront_(storefront),
        ledger_(storefront),
        planner_(kRun, 42, EventMix(), IdBases{.customer = 1600, .order = 1600}),
        executor_({.pipeline_depth = depth, .reconnect_wait = absl::Seconds(10)}, channel, ledger_,
                  clock_,
                  {.committed = [this](const Batch&, absl::Duration) { ++committed; },
                   .replan =
                       [this](int16_t shard, std::vector<Batch> failed) {
                         return Replan(shard, std::move(failed));
                       },
                   .reconnecting = [](bool) {}}) {
    for (int16_t shard = 0; shard < kShards; ++shard) {
      states_.emplace_back(shard, 42);
      states_.back().Load(storefront.Shard(shard));
      counters_.push_back(storefront.Counters(kRun, shard));
    }
  }

  absl::Status Run(int64_t events) {
    absl::Status status = executor_.Start(stop_);
    for (int64_t event = 0; status.ok() && event < events; ++event) {
      const auto shard = static_cast<size_t>(planner_.Shard(event));
      if (event <= counters_[shard].last_event) continue;
      status = executor_.MakeRoom(stop_);
      if (!status.ok()) break;
      status = executor_.Submit(
          planner_.Plan(event, kClockStart + event * kEventStep, states_[shard], counters_[shard]),
          stop_);
    }
    return status.ok() ? executor_.Drain(stop_) : status;
  }

  const BatchExecutor::Counts& counts() const { return executor_.counts(); }

  FakeDeltaChannel channel;
  int64_t committed = 0;

 private:
  absl::StatusOr<std::vector<Batch>> Replan(int16_t shard, std::vector<Batch> failed) {
    ShardState& state = states_[static_cast<size_t>(shard)];
    ShardCounters& counters = counters_[static_cast<size_t>(shard)];
    state.Load(storefront_.Shard(shard));
    counters = storefront_.Counters(kRun, shard);
    std::vector<Batch> again;
    for (const Batch& batch : failed) {
      again.push_back(planner_.Plan(batch.first_event, batch.business_time, state, counters));
    }
    return again;
  }

  FakeStorefront& storefront_;
  FakeSeedLedger ledger_;
  testing::FakeClock clock_;
  EventPlanner planner_;
  std::vector<ShardState> states_;
  std::vector<ShardCounters> counters_;
  std::stop_token stop_;
  BatchExecutor executor_;
};

FakeStorefront Undisturbed() {
  FakeStorefront storefront = SmallStorefront();
  Worker worker(storefront);
  EXPECT_THAT(worker.Run(kEvents), IsOk());
  EXPECT_EQ(worker.committed, kEvents);
  return storefront;
}

// Every cut point of the run, with four depths of the pipeline and both twins: 480 cuts.
TEST(BatchExecutor, S3BothTwinsAtEveryCutPointLoseAndDoubleNothing) {
  const FakeStorefront expected = Undisturbed();
  int64_t resolved = 0;
  for (const Loss loss : {Loss::kReply, Loss::kSync}) {
    for (const size_t depth : {size_t{1}, size_t{2}, size_t{8}, size_t{64}}) {
      for (int64_t cut = 1; cut <= kEvents; ++cut) {
        SCOPED_TRACE(::testing::Message()
                     << "loss " << static_cast<int>(loss) << " depth " << depth << " cut " << cut);
        FakeStorefront storefront = SmallStorefront();
        Worker worker(storefront, depth);
        worker.channel.CutAt(cut, loss);
        ASSERT_THAT(worker.Run(kEvents), IsOk());
        ASSERT_EQ(worker.counts().reconnects, 1);
        ASSERT_EQ(worker.committed, kEvents);
        ASSERT_TRUE(storefront == expected);
        if (loss == Loss::kReply) {
          ASSERT_GE(worker.counts().in_doubt_resolved, 1);
        }
        resolved += worker.counts().in_doubt_resolved;
      }
    }
  }
  EXPECT_GT(resolved, 240);
}

TEST(BatchExecutor, S4AKilledProcessLeavesNothingThatTheNextOneRepeats) {
  const FakeStorefront expected = Undisturbed();
  for (int64_t killed_after = 0; killed_after <= kEvents; killed_after += 7) {
    FakeStorefront storefront = SmallStorefront();
    ASSERT_THAT(Worker(storefront).Run(killed_after), IsOk());
    Worker next(storefront);
    ASSERT_THAT(next.Run(kEvents), IsOk());
    EXPECT_EQ(next.committed, kEvents - killed_after);
    EXPECT_TRUE(storefront == expected);
  }
}

TEST(BatchExecutor, S1GivesUpWhenTheDatabaseStaysAway) {
  FakeStorefront storefront = SmallStorefront();
  Worker worker(storefront);
  worker.channel.CutAt(10, Loss::kSync);
  worker.channel.before_apply = [&](const Batch&) { worker.channel.RefuseConnects(1000); };
  EXPECT_THAT(worker.Run(kEvents),
              HasReason(absl::StatusCode::kUnavailable, status::Reason::kBackendUnavailable));
}

TEST(BatchExecutor, ABatchOfAnotherWriterIsAConflict) {
  FakeStorefront storefront = SmallStorefront();
  Worker worker(storefront);
  bool written = false;
  worker.channel.before_apply = [&](const Batch& batch) {
    if (batch.first_event != 20 || written) return;
    written = true;
    storefront.batches[{batch.run_id, batch.shard, batch.batch_no}] = {.digest = "another"};
  };
  EXPECT_THAT(worker.Run(kEvents),
              HasReason(absl::StatusCode::kAborted, status::Reason::kLedgerConflict));
}

TEST(BatchExecutor, AcknowledgedBatchesThatACrashTookBackSendTheRunToItsLedger) {
  FakeStorefront storefront = SmallStorefront();
  Worker worker(storefront);
  const FakeStorefront before = storefront;
  worker.channel.CutAt(40, Loss::kSync);
  worker.channel.before_apply = [&](const Batch& batch) {
    if (batch.first_event == 38) storefront = before;  // everything since the start vanishes
  };
  EXPECT_THAT(
      worker.Run(kEvents),
      ::testing::AnyOf(HasReason(absl::StatusCode::kAborted, status::Reason::kLedgerBehind),
                       HasReason(absl::StatusCode::kAborted, status::Reason::kLedgerConflict)));
}

TEST(BatchExecutor, RowsThatSomeoneElseChangedArePlannedAnew) {
  FakeStorefront storefront = SmallStorefront();
  Worker worker(storefront);
  worker.channel.before_apply = [&](const Batch& batch) {
    if (batch.first_event == 30) storefront.orders.clear();
  };
  EXPECT_THAT(worker.Run(300), IsOk());
  EXPECT_GE(worker.counts().replans, 1);
  EXPECT_EQ(worker.committed, 300);
}

}  // namespace
}  // namespace storefront::seeder
