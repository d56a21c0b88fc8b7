// Plans as files in a folder of this process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/topic-admin/plan_store.h"

namespace storefront::topics {

// One file per plan, `plan-ID.json`; written beside, synced and renamed, the folder synced after.
// A lock on the folder is held for the life of the result.
// Makes the folder if it is missing. FAILED_PRECONDITION: STATE_DIR_IN_USE another process has it,
// STATE_DIR_UNUSABLE it cannot be made, opened or locked.
absl::StatusOr<std::unique_ptr<PlanStore>> OpenFilePlanStore(const std::string& folder);

}  // namespace storefront::topics
