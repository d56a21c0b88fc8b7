// Which run may begin, what may be asked of it, where its ids begin and how it ends. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/seeder/run_control.h"
#include "services/seeder/seed_run.h"
#include "services/seeder/storefront_catalog.h"

namespace storefront::seeder {

// FAILED_PRECONDITION RUN_STATE: `verb` needs `allowed`, and the run is in another state.
absl::Status RunStateError(const SeedRun& run, absl::string_view verb, absl::string_view allowed);
// ABORTED RUN_ACTIVE with metadata `run`.
absl::Status RunActiveError(const SeedRun& holder);
// NOT_FOUND RESOURCE_NOT_FOUND.
absl::Status RunNotFoundError(absl::string_view name);
// UNAVAILABLE SHUTTING_DOWN for who asks this process for a run.
absl::Status StoppingError();
// UNAVAILABLE SHUTTING_DOWN as a run's own error.
absl::Status ProcessEndedError();

// INVALID_ARGUMENT INVALID_FIELD `field` unless above 0; RESOURCE_EXHAUSTED LIMIT_EXCEEDED over
// `rate_max`.
absl::Status CheckRate(absl::string_view field, double events_per_second, double rate_max);
// FAILED_PRECONDITION TABLES_NOT_EMPTY with metadata `table`.
absl::Status CheckEmpty(const std::map<Table, int64_t>& rows);
// FAILED_PRECONDITION NOTHING_TO_CHANGE without customers or products.
absl::Status CheckChangeable(const std::map<Table, int64_t>& rows);

// Behind all ids in use. Those of items and payments follow from their order's.
FirstIds FirstIdsAfter(const HighestIds& highest);
// The same, each at the begin of a block of one id per shard.
IdBases IdBasesAfter(const HighestIds& highest);

struct RunEnding {
  RunState state = RunState::kSucceeded;
  absl::Status error;
};

// How a run ends whose work returned `result`; `complete` when nothing of it was left to do.
RunEnding EndingOf(RunKind kind, RunControl::Wish wish, const absl::Status& result, bool complete);

}  // namespace storefront::seeder
