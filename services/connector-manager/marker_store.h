// The marker row whose change event proves that a pipeline moves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

class MarkerStore {
 public:
  virtual ~MarkerStore() = default;

  // Writes the row `id` (a UUID) of cdc_audit.marker with the next seq, commits and returns the
  // seq. Errors as in libs/pg. A repeat writes a higher seq.
  virtual absl::StatusOr<int64_t> Touch(const std::string& id, const CallLimits& limits) = 0;
};

}  // namespace storefront::connectors
