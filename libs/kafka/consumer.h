// A reader of topics from their present end on, without a consumer group.
//
// It assigns partitions itself, commits nothing and leaves no trace on the broker: right for
// watching whether a record arrives, wrong for work that must not miss one.
//
// Thread-safety: none; one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace storefront::kafka {

struct Record {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;         // -1: none
  std::optional<std::string> key;    // nothing: a null key
  std::optional<std::string> value;  // nothing: a tombstone
};

struct ConsumerSettings {
  std::string bootstrap_servers;  // "host:port,host:port"
  std::string client_id;
  absl::Duration request_timeout = absl::Seconds(10);
};

class Consumer {
 public:
  // Needs no broker. INVALID_ARGUMENT for settings that librdkafka refuses.
  static absl::StatusOr<std::unique_ptr<Consumer>> Create(const ConsumerSettings& settings);
  virtual ~Consumer() = default;

  // Reads all partitions of these topics, from the offset that is the end when this call is made:
  // every record written after it returned is delivered. Replaces an earlier assignment.
  // NOT_FOUND: a topic does not exist (no topic is created); UNAVAILABLE: no broker answered.
  virtual absl::Status AssignAtEnd(const std::vector<std::string>& topics) = 0;

  // The next record; nothing when none came within `timeout` (at most that long). UNAVAILABLE when
  // no broker is reachable; polling goes on by itself once there is one. NOT_FOUND when a topic was
  // deleted.
  virtual absl::StatusOr<std::optional<Record>> Poll(absl::Duration timeout) = 0;
};

}  // namespace storefront::kafka
