// A server stream of states with one slot: the newest state wins, a slow reader never slows the
// one who publishes (foundations: a reactor with a locked slot, never a thread of the pool).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "libs/status/grpc_status.h"
#include "libs/sync/mutex.h"

namespace storefront::grpcserver {

// Where the publisher puts messages. Thread-safety: all methods, none blocks. Lifetime: shared; it
// may outlive the stream, then does nothing.
template <typename Response>
class WatchSink {
 public:
  virtual ~WatchSink() = default;

  // Makes `message` the next one to be sent; replaces one that still waits.
  virtual void Publish(Response message) = 0;

  // Sends what waits, then ends the stream with this status. Later calls do nothing.
  virtual void End(absl::Status status) = 0;

  // Messages that were replaced before they could be sent.
  virtual int64_t skipped() const = 0;
};

// What the edge does with a stream, whatever its message type.
class WatchControl {
 public:
  virtual ~WatchControl() = default;
  virtual void EndWith(absl::Status status) = 0;
  // Sends the last message again if nothing was written since the last call; ends the stream when a
  // write has been under way for `write_timeout`.
  virtual void Tick() = 0;
};

// Facts and hooks of one stream, made by the edge.
struct WatchCall {
  // Called once, when gRPC is done with the stream: ends the subscription, logs, counts.
  std::function<void(const absl::Status& status, int64_t sent, int64_t skipped)> done;
  // Called when the client left.
  std::function<void()> cancelled;
  // Keeps the control reachable for heartbeats until it returns from `done`.
  std::function<void(std::weak_ptr<WatchControl>)> registered;
  int64_t write_ticks_max = 2;  // ticks that a write may take
};

// (implementation in watch_reactor.h)
template <typename Response>
class WatchReactor;

}  // namespace storefront::grpcserver

#include "libs/grpcserver/watch_reactor.h"  // IWYU pragma: keep
