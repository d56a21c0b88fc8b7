// Runs as the ledger has them, for those that no process works on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/seeder/seed_ledger.h"
#include "services/seeder/seed_run.h"

namespace storefront::seeder {

// The run with its progress and whether it can go on. INVALID_ARGUMENT INVALID_FIELD `name`;
// NOT_FOUND RESOURCE_NOT_FOUND; others as of SeedLedger.
absl::StatusOr<SeedRun> ReadStoredRun(SeedLedger& ledger, absl::string_view name);

// The run that an earlier request with this id began; nothing for an empty id.
// ALREADY_EXISTS REQUEST_ID_REUSED when that was another request.
absl::StatusOr<std::optional<SeedRun>> FindRepeatedRun(SeedLedger& ledger,
                                                       const std::string& request_id,
                                                       const std::string& request_digest);

// What the committed chunks say about a full load. Needs its parameters and first ids.
void SetLoadProgress(const std::vector<ChunkDone>& chunks, SeedRun& run);
// What the committed batches say about deltas.
void SetDeltaProgress(const BatchTotals& totals, SeedRun& run);

}  // namespace storefront::seeder
