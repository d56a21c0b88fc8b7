// A bounded pool of threads that bodies of RPCs run on, so that they may block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "libs/sync/mutex.h"

namespace storefront::grpcserver {

// Thread-safety: all methods.
class Pool {
 public:
  struct Limits {
    size_t running_max = 64;  // threads, made when needed
    size_t queued_max = 256;
  };

  explicit Pool(Limits limits) : limits_(limits) {}

  ~Pool() { Close(); }

  // Refuses what is submitted from now on, runs what is still queued, joins the threads.
  void Close();

  // False, without waiting, when running and queued bodies together reach the limits: one counter,
  // because a queue length alone refuses while threads are still waking up.
  [[nodiscard]] bool Submit(std::function<void()> body);

  // Running plus queued, for the metric.
  size_t load() const;

 private:
  void Run();

  const Limits limits_;
  mutable sync::Mutex mutex_;
  sync::CondVar wake_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  size_t load_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace storefront::grpcserver
