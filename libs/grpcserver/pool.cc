// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/pool.h"

#include <utility>

namespace storefront::grpcserver {

void Pool::Close() {
  std::vector<std::thread> threads;
  {
    sync::MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    wake_.NotifyAll();
  }
  for (std::thread& thread : threads) thread.join();
}

bool Pool::Submit(std::function<void()> body) {
  sync::MutexLock lock(mutex_);
  if (stopping_ || load_ >= limits_.running_max + limits_.queued_max) return false;
  ++load_;
  queue_.push_back(std::move(body));
  if (load_ > threads_.size() && threads_.size() < limits_.running_max) {
    threads_.emplace_back([this] { Run(); });
  }
  wake_.NotifyOne();
  return true;
}

size_t Pool::load() const {
  sync::MutexLock lock(mutex_);
  return load_;
}

void Pool::Run() {
  while (true) {
    std::function<void()> body;
    {
      sync::MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.Wait(mutex_);
      if (queue_.empty()) return;
      body = std::move(queue_.front());
      queue_.pop_front();
    }
    body();
    body = nullptr;  // what it captured ends before its place is free again
    sync::MutexLock lock(mutex_);
    --load_;
  }
}

}  // namespace storefront::grpcserver
