// What must hold between the stored rows, and between them and the ledger, in profile CORE.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::seeder {

struct Condition {
  absl::string_view id, description;
};

// The ids are those of all profiles; K5, K7 and K9 concern columns that CORE does not have.
inline constexpr std::array<Condition, 8> kConditions = {{
    {"K1", "An order's total is the sum of its items' quantity times price."},
    {"K2", "A payment's amount is its order's total; an order has at most one paid payment."},
    {"K3", "A shipped or delivered order is paid; a cancelled one has no pending payment."},
    {"K4", "No row points at a row that does not exist."},
    {"K6", "A customer is there before the order, the order before its payment."},
    {"K8", "Rows stored are rows at the start plus inserts minus deletes of the ledger."},
    {"K10", "Chunks and batches are numbered without gaps; sequences are not behind the ids."},
    {"K11", "Digests of loaded chunks equal those of the stored rows, where only loads wrote."},
}};

// All ids for an empty list. INVALID_ARGUMENT INVALID_FIELD `conditions` for unknown ones.
absl::StatusOr<std::vector<std::string>> ResolveConditions(const std::vector<std::string>& asked);
absl::string_view ConditionDescription(absl::string_view id);

}  // namespace storefront::seeder
