// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/seed_run_registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "libs/testing/poll.h"
#include "libs/testing/status_matchers.h"
#include "services/seeder/fake_delta_channel.h"
#include "services/seeder/fake_storefront_ports.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using testing::HasReason;
using testing::IsOk;
using testing::PollUntil;

class SeedRunRegistryTest : public ::testing::Test {
 protected:
  SeedRunRegistryTest() { Restart(); }

  // The end of the process and the begin of the next, on the same database.
  void Restart(bool auto_resume = true) {
    registry_.reset();
    registry_ = std::make_unique<SeedRunRegistry>(
        Ports{
            .make_store = [this] { return std::make_unique<FakeStorefrontStore>(ledger_, gate_); },
            .make_channel = [this] { return std::make_unique<FakeDeltaChannel>(storefront_); },
            .ledger = ledger_,
            .catalog = catalog_,
            .inspector = inspector_,
            .slots = slots_,
            .clock = clock::SystemClock()},
        JobOptions{.end_wait = absl::Milliseconds(50),
                   .watch_interval = absl::Milliseconds(5),
                   .auto_resume = auto_resume});
    registry_->Begin();
  }

  static FullLoadParameters Small() {
    return {.rows = {{Table::kCustomers, 20}, {Table::kProducts, 10}, {Table::kOrders, 0}},
            .chunk_rows = 10};
  }

  SeedRun Load(const StartOptions& options = {}) {
    const auto run = registry_->StartFullLoad(Small(), options);
    EXPECT_THAT(run, IsOk());
    return run.value_or(SeedRun());
  }

  // A load that the end of its process cut short.
  SeedRun CutLoad() {
    gate_.Close();
    const SeedRun run = Load();
    registry_->Shutdown();
    gate_.Open();
    return run;
  }

  RunState StateOf(const SeedRun& run) {
    const auto now = registry_->Get(RunName(run));
    EXPECT_THAT(now, IsOk());
    return now.value_or(SeedRun()).state;
  }
  bool Becomes(const SeedRun& run, RunState state) {
    return PollUntil([&] { return StateOf(run) == state; });
  }

  FakeStorefront storefront_;
  FakeSeedLedger ledger_{storefront_};
  FakeStorefrontCatalog catalog_{ledger_};
  FakeStorefrontInspector inspector_;
  FakeSlotMonitor slots_;
  Gate gate_;
  std::unique_ptr<SeedRunRegistry> registry_;  // last: its threads use the rest
};

TEST_F(SeedRunRegistryTest, ALoadRunsToItsEnd) {
  const SeedRun run = Load();
  ASSERT_TRUE(Becomes(run, RunState::kSucceeded));
  const auto ended = registry_->Get(RunName(run));
  EXPECT_EQ(ended->progress.rows(), 30);
  EXPECT_EQ(ended->progress.percent, 100);
  EXPECT_EQ((*ledger_.FindRun(run.id))->state, RunState::kSucceeded);
}

TEST_F(SeedRunRegistryTest, AValidationStoresNothing) {
  const SeedRun plan = Load({.request_id = "id", .validate_only = true});
  EXPECT_EQ(plan.id, 0);
  EXPECT_EQ(plan.plan.size(), kTables.size());
  EXPECT_THAT(ledger_.CountRuns(), testing::IsOkAndHolds(0));
}

TEST_F(SeedRunRegistryTest, OneRunWritesAtATime) {
  gate_.Close();
  const SeedRun run = Load();
  const auto second = registry_->StartFullLoad(Small(), {});
  EXPECT_THAT(second, HasReason(absl::StatusCode::kAborted, Reason::kRunActive));
  EXPECT_EQ(status::DetailsOf(second.status()).metadata.at("run"), RunName(run));
  gate_.Open();
  ASSERT_TRUE(Becomes(run, RunState::kSucceeded));
  EXPECT_NE(Load().id, run.id);
}

TEST_F(SeedRunRegistryTest, WhatAnotherProcessWritesIsNotDisturbed) {
  ASSERT_TRUE(Becomes(Load(), RunState::kSucceeded));
  ledger_.LetAnotherWrite(true);
  EXPECT_THAT(registry_->StartFullLoad(Small(), {}),
              HasReason(absl::StatusCode::kAborted, Reason::kRunActive));
  EXPECT_THAT(ledger_.CountRuns(), testing::IsOkAndHolds(1));
}

TEST_F(SeedRunRegistryTest, ARepeatedRequestGetsTheSameRun) {
  const SeedRun run = Load({.request_id = "once", .request_digest = "a"});
  EXPECT_EQ(Load({.request_id = "once", .request_digest = "a"}).id, run.id);
  EXPECT_THAT(registry_->StartFullLoad(Small(), {.request_id = "once", .request_digest = "b"}),
              HasReason(absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused));
}

TEST_F(SeedRunRegistryTest, ASecondLoadTakesIdsBehindTheFirst) {
  ASSERT_TRUE(Becomes(Load(), RunState::kSucceeded));
  EXPECT_EQ(Load().first_ids.customer, 21);
}

TEST_F(SeedRunRegistryTest, ALoadThatWantsEmptyTablesNamesTheFullOne) {
  ASSERT_TRUE(Becomes(Load(), RunState::kSucceeded));
  FullLoadParameters parameters = Small();
  parameters.on_existing = OnExisting::kFail;
  EXPECT_THAT(registry_->StartFullLoad(parameters, {}),
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kTablesNotEmpty));
}

TEST_F(SeedRunRegistryTest, ACancelledLoadGoesOnWhereItWas) {
  gate_.Close();
  const SeedRun run = Load();
  ASSERT_THAT(registry_->Cancel(RunName(run), {}), IsOk());
  ASSERT_TRUE(Becomes(run, RunState::kCancelled));
  EXPECT_TRUE(registry_->Get(RunName(run))->resumable);
  gate_.Open();
  ASSERT_THAT(registry_->Resume(RunName(run)), IsOk());
  ASSERT_TRUE(Becomes(run, RunState::kSucceeded));
  EXPECT_EQ(ledger_.ChunksDone(run.id)->size(), 3u);
}

TEST_F(SeedRunRegistryTest, S4ALoadGoesOnAfterTheEndOfTheProcess) {
  const SeedRun run = CutLoad();
  Restart();
  ASSERT_TRUE(Becomes(run, RunState::kSucceeded));
  EXPECT_EQ(ledger_.ChunksDone(run.id)->size(), 3u);
}

TEST_F(SeedRunRegistryTest, WithoutAutoResumeItWaitsToBeAsked) {
  const SeedRun run = CutLoad();
  Restart(/*auto_resume=*/false);
  ASSERT_TRUE(Becomes(run, RunState::kInterrupted));
  ASSERT_THAT(registry_->Resume(RunName(run)), IsOk());
  EXPECT_TRUE(Becomes(run, RunState::kSucceeded));
}

TEST_F(SeedRunRegistryTest, WhileItStopsNothingBegins) {
  registry_->Shutdown();
  EXPECT_THAT(registry_->StartFullLoad(Small(), {}),
              HasReason(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
}

TEST_F(SeedRunRegistryTest, ALoadCanBePaused) {
  gate_.Close();
  const SeedRun run = Load();
  ASSERT_THAT(registry_->Pause(RunName(run)), IsOk());
  EXPECT_EQ(StateOf(run), RunState::kPaused);
  EXPECT_THAT(registry_->Pause(RunName(run)), IsOk()) << "it is already";
  gate_.Open();
  EXPECT_EQ(StateOf(run), RunState::kPaused);
  ASSERT_THAT(registry_->Resume(RunName(run)), IsOk());
  EXPECT_TRUE(Becomes(run, RunState::kSucceeded));
  EXPECT_THAT(registry_->Pause(RunName(run)),
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
}

TEST_F(SeedRunRegistryTest, DeltasWaitForTheLoadInFront) {
  gate_.Close();
  const SeedRun load = Load();
  const auto deltas = registry_->StartDeltas({.max_events = 1}, {});
  ASSERT_THAT(deltas, IsOk());
  EXPECT_EQ(deltas->state, RunState::kPending);
  EXPECT_EQ(deltas->waiting_for, load.id);
  EXPECT_THAT(registry_->Resume(RunName(*deltas)),
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kRunState));
  ASSERT_THAT(registry_->Stop(RunName(*deltas), {}), IsOk());
  EXPECT_TRUE(Becomes(*deltas, RunState::kSucceeded)) << "nothing was asked of it any more";
  gate_.Open();
  EXPECT_TRUE(Becomes(load, RunState::kSucceeded));
}

TEST_F(SeedRunRegistryTest, DeltasNeedSomethingToChange) {
  EXPECT_THAT(registry_->StartDeltas({}, {}),
              HasReason(absl::StatusCode::kFailedPrecondition, Reason::kNothingToChange));
  EXPECT_THAT(registry_->StartDeltas({.events_per_second = 1e9}, {}),
              HasReason(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded));
}

TEST_F(SeedRunRegistryTest, AVerificationRunsBesideALoad) {
  gate_.Close();
  const SeedRun load = Load();
  const auto verify = registry_->StartVerify({.conditions = {"K1", "K4"}}, {});
  ASSERT_THAT(verify, IsOk());
  ASSERT_TRUE(Becomes(*verify, RunState::kSucceeded));
  EXPECT_EQ(registry_->Get(RunName(*verify))->verify.results.size(), 2u);
  EXPECT_EQ(StateOf(load), RunState::kRunning);
  gate_.Open();
}

TEST_F(SeedRunRegistryTest, AWatcherSeesTheEnd) {
  gate_.Close();
  const SeedRun run = Load();
  sync::Mutex mutex;
  std::vector<RunState> seen;
  const auto subscription = registry_->Watch(RunName(run), [&](const SeedRun& now) {
    sync::MutexLock lock(mutex);
    seen.push_back(now.state);
  });
  ASSERT_THAT(subscription, IsOk());
  gate_.Open();
  EXPECT_TRUE(PollUntil([&] {
    sync::MutexLock lock(mutex);
    return !seen.empty() && seen.back() == RunState::kSucceeded;
  }));
  sync::MutexLock lock(mutex);
  EXPECT_EQ(seen.front(), RunState::kRunning);
}

TEST_F(SeedRunRegistryTest, TheListIsNewestFirst) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    const SeedRun run = Load();
    ASSERT_TRUE(Becomes(run, RunState::kSucceeded));
    ids.insert(ids.begin(), run.id);
  }
  const auto page = registry_->List(1, 5);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->total, 3);
  ASSERT_EQ(page->runs.size(), 2u);
  EXPECT_EQ(page->runs.front().id, ids[1]);
}

}  // namespace
}  // namespace storefront::seeder
