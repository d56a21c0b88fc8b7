// The work of a run, on the threads of the caller and of its own, from where the ledger says it is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/seeder/delta_channel.h"
#include "services/seeder/delta_schedule.h"
#include "services/seeder/progress_board.h"
#include "services/seeder/run_control.h"
#include "services/seeder/seed_ledger.h"
#include "services/seeder/seed_run.h"
#include "services/seeder/slot_monitor.h"
#include "services/seeder/storefront_catalog.h"
#include "services/seeder/storefront_inspector.h"
#include "services/seeder/storefront_store.h"

namespace storefront::seeder {

// What the jobs work with. All outlive the jobs.
struct Ports {
  MakeStorefrontStore make_store;
  MakeDeltaChannel make_channel;
  SeedLedger& ledger;
  StorefrontCatalog& catalog;
  StorefrontInspector& inspector;
  SlotMonitor& slots;
  clock::Clock& clock;
};

struct JobOptions {
  int connections = 2;
  int64_t chunk_rows = 50'000;
  int64_t max_rows_per_run = 200'000'000;
  double max_events_per_second = 50'000;
  size_t pipeline_depth = 16;
  int batch_retries = 10;
  absl::Duration reconnect_wait = absl::Seconds(60);
  absl::Duration end_wait = absl::Seconds(6);     // for what is in flight, before it is given up
  int64_t max_slot_lag_bytes = int64_t{1} << 30;  // 0 = no limit
  absl::Duration watch_interval = absl::Seconds(1);
  bool auto_resume = true;
};

// OK with `*complete` false: a wish ended it before its end.
// Errors: as of ChunkExecutor and BatchExecutor.
absl::Status RunFullLoad(const SeedRun& run, const LoadPlan& plan, const Ports& ports,
                         const JobOptions& options, RunControl& control, ProgressBoard& board,
                         bool* complete);

// A deltas run at work, for those who pause it or change its rate.
class DeltasJob {
 public:
  DeltasJob(const SeedRun& run, const Ports& ports, const JobOptions& options, RunControl& control,
            ProgressBoard& board);
  ~DeltasJob();

  // Works until the last event or a wish ends it.
  absl::Status Run(bool* complete);

  // From any thread. Waits up to 5 s for the schedule to run; then ABORTED RUN_STATE.
  absl::Status ChangeRate(double events_per_second);
  void SetPaused(bool paused);

 private:
  class Attempt;
  absl::Status RunOnce(bool* complete);

  const SeedRun& run_;
  const Ports& ports_;
  const JobOptions& options_;
  RunControl& control_;
  ProgressBoard& board_;
  sync::Mutex mutex_;
  sync::CondVar scheduled_;
  std::shared_ptr<DeltaSchedule> schedule_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace storefront::seeder
