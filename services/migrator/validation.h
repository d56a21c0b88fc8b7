// Where files and history contradict each other, in Flyway's codes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/migration_state.h"

namespace storefront::migrator {

// What validation leaves out: `type:state`.
class IgnorePatterns {
 public:
  // Types versioned, repeatable, baseline, `*`; states missing, pending, ignored, future, `*`.
  // Empty takes `*:future`. INVALID_ARGUMENT INVALID_FIELD on `ignore_patterns[i]`.
  static absl::StatusOr<IgnorePatterns> Parse(const std::vector<std::string>& patterns);

  bool Ignores(const MigrationLine& line) const;
  bool operator==(const IgnorePatterns&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> patterns_;
};

struct ValidationOptions {
  bool allow_pending = false;  // before a run: what it will apply is no finding
  // Why the script no longer has the recorded checksum, as a clause; empty when it is not known.
  std::function<std::string(const Script&, int32_t)> explain_checksum = [](const Script&, int32_t) {
    return std::string();
  };
};

// Findings in the order of the table. Pure.
std::vector<Finding> Validate(const MigrationTable& table, const IgnorePatterns& ignore,
                              const ValidationOptions& options);

// FAILED_PRECONDITION DIRTY_HISTORY that names each row without success; also one above the newest
// file, which Flyway overlooks.
absl::Status CheckNotDirty(const History& history);

}  // namespace storefront::migrator
