// What others want of a run that is at work.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "absl/time/time.h"
#include "libs/sync/mutex.h"

namespace storefront::seeder {

// Thread-safety: all methods.
class RunControl {
 public:
  enum class Wish {
    kRun,
    kPause,
    kStop,      // finish what is in flight, end well
    kShutdown,  // finish what is in flight, the process ends
    kCancel,    // roll back
  };

  // A wish to end is never taken back by a weaker one.
  void Set(Wish wish) {
    {
      sync::MutexLock lock(mutex_);
      if (wish_ >= Wish::kStop && wish < wish_) return;
      wish_ = wish;
    }
    changed_.NotifyAll();
    if (wish == Wish::kCancel) cancel_.request_stop();
  }
  Wish wish() const {
    sync::MutexLock lock(mutex_);
    return wish_;
  }
  bool ending() const { return wish() >= Wish::kStop; }

  // Requested by kCancel: statements under way are given up.
  std::stop_token cancelled() const { return cancel_.get_token(); }
  // Gives up what is in flight without being a wish: a run that could not finish in time.
  void GiveUp() { cancel_.request_stop(); }

  // Waits while paused; false when the run is to end.
  bool PassGate() {
    sync::MutexLock lock(mutex_);
    while (wish_ == Wish::kPause) changed_.Wait(mutex_);
    return wish_ == Wish::kRun;
  }

 private:
  mutable sync::Mutex mutex_;
  sync::CondVar changed_;
  Wish wish_ ABSL_GUARDED_BY(mutex_) = Wish::kRun;
  std::stop_source cancel_;
};

}  // namespace storefront::seeder
