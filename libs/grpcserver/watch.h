// A server stream of states with one slot: the newest state wins, and a slow reader never slows the
// one who publishes. A stream never holds a thread of the pool.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace storefront::grpcserver {

// Where the publisher puts messages. Thread-safety: all methods, none blocks. Lifetime: shared; it
// may outlive the stream, then does nothing.
template <typename Response>
class WatchSink {
 public:
  virtual ~WatchSink() = default;

  // Makes `message` the next one to be sent; replaces one that still waits.
  virtual void Publish(Response message) = 0;

  // As Publish, but the message is made when it is sent, so that it can tell what happened since
  // the one before was sent, however slow the reader is. `make` fills an empty message and says
  // whether more is left for another one at once; it is called again for heartbeats. It runs under
  // the stream's lock: it does not block, and calls nothing of this sink.
  virtual void PublishMade(std::function<bool(Response&)> make) = 0;

  // Sends what waits, then ends the stream with this status. Later calls do nothing.
  virtual void End(absl::Status status) = 0;

  // Messages that were replaced before they could be sent.
  virtual int64_t skipped() const = 0;
};

// What the edge does with a stream, whatever its message type.
class WatchControl {
 public:
  virtual ~WatchControl() = default;

  // As WatchSink::End.
  virtual void EndWith(absl::Status status) = 0;

  // Sends the last message again when nothing was sent for `heartbeat`; cancels the call when a
  // write is under way for `write_timeout`. Both are counted in ticks, so they are at least that.
  virtual void Tick(clock::SteadyTime now, absl::Duration heartbeat,
                    absl::Duration write_timeout) = 0;
};

// Hooks of one stream, made by the edge. None blocks.
struct WatchCall {
  // gRPC is done with the stream; called once.
  std::function<void(const absl::Status& status, int64_t sent, int64_t skipped)> done;
  // The client left, or the call was cancelled.
  std::function<void()> cancelled;
  // Makes gRPC cancel the call.
  std::function<void()> try_cancel;
};

}  // namespace storefront::grpcserver

#include "libs/grpcserver/watch_reactor.h"  // IWYU pragma: export
