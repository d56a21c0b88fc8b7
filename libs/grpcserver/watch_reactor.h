// The reactor behind Edge::Watch. Include watch.h, not this file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpcserver/watch.h"
#include "libs/status/grpc_status.h"
#include "libs/sync/mutex.h"

namespace storefront::grpcserver {

// The slot. gRPC operations are started under its lock: their completions come on other threads.
template <typename Response>
class WatchState final : public WatchSink<Response>, public WatchControl {
 public:
  explicit WatchState(WatchCall call) : call_(std::move(call)) {}

  void Publish(Response message) override {
    sync::MutexLock lock(mutex_);
    if (end_ || reactor_ == nullptr) return;
    if (pending_ || make_pending_) ++skipped_;
    pending_ = std::move(message);
    make_pending_ = false;
    Advance();
  }

  void PublishMade(std::function<bool(Response&)> make) override {
    sync::MutexLock lock(mutex_);
    if (end_ || reactor_ == nullptr) return;
    if (pending_ || make_pending_) ++skipped_;
    pending_.reset();
    make_ = std::move(make);
    make_pending_ = true;
    Advance();
  }

  void End(absl::Status status) override { EndWith(std::move(status)); }

  void EndWith(absl::Status status) override {
    sync::MutexLock lock(mutex_);
    if (end_ || reactor_ == nullptr) return;
    end_ = std::move(status);
    Advance();
  }

  int64_t skipped() const override {
    sync::MutexLock lock(mutex_);
    return skipped_;
  }

  void Tick(clock::SteadyTime now, absl::Duration heartbeat,
            absl::Duration write_timeout) override {
    sync::MutexLock lock(mutex_);
    if (reactor_ == nullptr || finished_) return;
    if (now < last_change_) last_change_ = now;
    if (ticked_writes_ != writes_started_ + writes_done_) {
      ticked_writes_ = writes_started_ + writes_done_;
      last_change_ = now;
      return;
    }
    if (writing_) {
      if (now - last_change_ >= write_timeout) call_.try_cancel();
    } else if (writes_done_ > 0 && !pending_ && !make_pending_ && now - last_change_ >= heartbeat) {
      if (make_) {
        make_pending_ = true;
      } else {
        pending_ = current_;
      }
      Advance();
    }
  }

 private:
  template <typename>
  friend class WatchReactor;

  // What comes next: the newest message, or the end.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (pending_ || make_pending_) {
      if (make_pending_) {
        current_.Clear();
        make_pending_ = make_(current_);
      } else {
        current_ = *std::move(pending_);
        pending_.reset();
      }
      writing_ = true;
      ++writes_started_;
      reactor_->StartWrite(&current_);
    } else if (end_) {
      finished_ = true;
      reactor_->Finish(status::ToGrpc(*end_));
    }
  }

  void WriteDone(bool ok) {
    sync::MutexLock lock(mutex_);
    writing_ = false;
    ++writes_done_;
    if (!ok) Leave();
    Advance();
  }

  void Cancelled() {
    call_.cancelled();
    sync::MutexLock lock(mutex_);
    Leave();
    Advance();
  }

  void Leave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    pending_.reset();
    make_pending_ = false;
    if (!end_) end_ = absl::CancelledError("the client left the stream");
  }

  void Done() {
    absl::Status status;
    int64_t sent = 0, skipped = 0;
    std::function<bool(Response&)> make;  // what it holds goes outside the lock
    {
      sync::MutexLock lock(mutex_);
      reactor_ = nullptr;
      pending_.reset();
      make_pending_ = false;
      make = std::exchange(make_, nullptr);
      status = end_.value_or(absl::OkStatus());
      sent = writes_done_;
      skipped = skipped_;
    }
    call_.done(status, sent, skipped);
  }

  const WatchCall call_;
  mutable sync::Mutex mutex_;
  grpc::ServerWriteReactor<Response>* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::optional<Response> pending_ ABSL_GUARDED_BY(mutex_);
  std::function<bool(Response&)> make_ ABSL_GUARDED_BY(mutex_);
  bool make_pending_ ABSL_GUARDED_BY(mutex_) = false;
  Response
      current_;  // gRPC reads it while a write is under way; written to under the lock only then
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t writes_started_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t writes_done_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t ticked_writes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t skipped_ ABSL_GUARDED_BY(mutex_) = 0;
  clock::SteadyTime last_change_ ABSL_GUARDED_BY(mutex_){absl::Hours(24 * 365 * 100)};
};

// Hands gRPC's events to the state and deletes itself when gRPC is done.
template <typename Response>
class WatchReactor final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit WatchReactor(WatchCall call)
      : state_(std::make_shared<WatchState<Response>>(std::move(call))) {
    sync::MutexLock lock(state_->mutex_);
    state_->reactor_ = this;
  }

  std::shared_ptr<WatchState<Response>> state() const { return state_; }

  void OnWriteDone(bool ok) override { state_->WriteDone(ok); }
  void OnCancel() override { state_->Cancelled(); }
  void OnDone() override {
    state_->Done();
    delete this;
  }

 private:
  const std::shared_ptr<WatchState<Response>> state_;
};

}  // namespace storefront::grpcserver
