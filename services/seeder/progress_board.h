// Where the workers of a run write how far they are, and the watchers read it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/seeder/seed_run.h"

namespace storefront::seeder {

// Thread-safety: all methods. `clock` must outlive it.
class ProgressBoard {
 public:
  explicit ProgressBoard(clock::Clock& clock);

  void Update(const std::function<void(Progress&)>& change);
  // A committed batch: its counts, and how long it took.
  void Committed(const Batch& batch, absl::Duration commit_lag);
  void Sent(absl::Duration schedule_lag);

  // The present state with rates, percentiles, percent and time left; raises the sequence.
  Progress Snapshot();

 private:
  // The newest so many samples.
  class Samples {
   public:
    void Add(absl::Duration sample);
    Percentiles Read() const;

   private:
    static constexpr size_t kSize = 2048;
    std::vector<absl::Duration> ring_;
    size_t next_ = 0;
  };
  struct Mark {
    clock::SteadyTime at;
    int64_t rows = 0;
  };

  clock::Clock& clock_;
  sync::Mutex mutex_;
  Progress progress_ ABSL_GUARDED_BY(mutex_);
  Samples schedule_lag_ ABSL_GUARDED_BY(mutex_), commit_lag_ ABSL_GUARDED_BY(mutex_);
  std::deque<Mark> marks_ ABSL_GUARDED_BY(mutex_);  // of the last seconds
  Mark first_ ABSL_GUARDED_BY(mutex_);
};

// Adds rows of a ledger code.
void AddRows(Progress& progress, int16_t code, int64_t rows);

}  // namespace storefront::seeder
