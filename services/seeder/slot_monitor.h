// How far the slowest reader of the change stream is behind.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace storefront::seeder {

class SlotMonitor {
 public:
  virtual ~SlotMonitor() = default;

  // Bytes from the confirmed position of the database's slowest logical slot to the end of the log,
  // inactive slots included; 0 without slots. UNAVAILABLE backend lost. Thread-safe.
  virtual absl::StatusOr<int64_t> LargestLagBytes() = 0;
};

}  // namespace storefront::seeder
