// The newest value of something that changes, and those who want to hear of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "libs/sync/mutex.h"

namespace storefront::sync {

// Ends a subscription when destroyed; no call of the listener is under way or follows after that.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
  Subscription(Subscription&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      End();
      end_ = std::exchange(other.end_, nullptr);
    }
    return *this;
  }
  ~Subscription() { End(); }

 private:
  void End() {
    if (end_) std::exchange(end_, nullptr)();
  }
  std::function<void()> end_;
};

// Thread-safety: all methods. Listeners are called under the lock: they hand the value over and
// return; they do not block and do not call back into this object.
// Lifetime: subscriptions may outlive the object.
template <typename T>
class Published {
 public:
  Published() : state_(std::make_shared<State>()) {}
  explicit Published(T value) : Published() { Publish(std::move(value)); }

  void Publish(T value) {
    MutexLock lock(state_->mutex);
    state_->value = std::move(value);
    for (const auto& [id, listener] : state_->listeners) listener(*state_->value);
  }

  // Nothing before the first Publish.
  std::optional<T> Get() const {
    MutexLock lock(state_->mutex);
    return state_->value;
  }

  // Calls `listener` with the present value, if there is one, before it returns; then with each
  // value published.
  [[nodiscard]] Subscription Subscribe(std::function<void(const T&)> listener) {
    MutexLock lock(state_->mutex);
    if (state_->value) listener(*state_->value);
    const int64_t id = ++state_->last_id;
    state_->listeners.emplace(id, std::move(listener));
    return Subscription([state = state_, id] {
      MutexLock end_lock(state->mutex);
      state->listeners.erase(id);
    });
  }

 private:
  struct State {
    Mutex mutex;
    std::optional<T> value ABSL_GUARDED_BY(mutex);
    std::map<int64_t, std::function<void(const T&)>> listeners ABSL_GUARDED_BY(mutex);
    int64_t last_id ABSL_GUARDED_BY(mutex) = 0;
  };
  std::shared_ptr<State> state_;
};

}  // namespace storefront::sync
