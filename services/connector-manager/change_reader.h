// Change events of a topic, from now on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace storefront::connectors {

struct ChangeRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<std::string> value;  // nothing: a tombstone
};

// Thread-safety: none.
class ChangeStream {
 public:
  virtual ~ChangeStream() = default;
  // The next record; nothing when none came within `timeout`. UNAVAILABLE when Kafka is not
  // reached.
  virtual absl::StatusOr<std::optional<ChangeRecord>> Next(absl::Duration timeout) = 0;
};

// Thread-safety: all methods.
class ChangeReader {
 public:
  virtual ~ChangeReader() = default;
  // Every record written after this returned is delivered. NOT_FOUND when the topic does not exist;
  // UNAVAILABLE when Kafka is not reached.
  virtual absl::StatusOr<std::unique_ptr<ChangeStream>> OpenAtEnd(const std::string& topic) = 0;
};

}  // namespace storefront::connectors
