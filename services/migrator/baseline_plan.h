// What the baseline command writes: a value, made from the history alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/migrator/history_row.h"

namespace storefront::migrator {

inline constexpr absl::string_view kBaselineDescription = "<< Flyway Baseline >>";

struct BaselineMark {
  Version version;
  std::string description = std::string(kBaselineDescription);
};

// The row to write; nothing when the history has this very baseline already.
//   ALREADY_BASELINED   (FAILED_PRECONDITION) it has another one
//   HISTORY_NOT_EMPTY   (FAILED_PRECONDITION) it has rows of scripts
absl::StatusOr<std::optional<HistoryRow>> PlanBaseline(const History& history,
                                                       const BaselineMark& mark);

}  // namespace storefront::migrator
