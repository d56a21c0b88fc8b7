// The conditions of consistency_conditions.h as SQL.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace storefront::seeder {

// A query with one row: checked, violations, up to ten samples by line. Empty for K11, which
// compares digests of rows.
std::string ConditionSql(absl::string_view id);

}  // namespace storefront::seeder
