// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/consistency_conditions.h"

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::seeder {

absl::string_view ConditionDescription(absl::string_view id) {
  for (const Condition& condition : kConditions) {
    if (condition.id == id) return condition.description;
  }
  return "";
}

absl::StatusOr<std::vector<std::string>> ResolveConditions(const std::vector<std::string>& asked) {
  std::vector<std::string> ids;
  if (asked.empty()) {
    for (const Condition& condition : kConditions) ids.emplace_back(condition.id);
    return ids;
  }
  std::vector<status::FieldViolation> wrong;
  for (size_t i = 0; i < asked.size(); ++i) {
    if (ConditionDescription(asked[i]).empty()) {
      wrong.push_back({absl::StrCat("conditions[", i, "]"),
                       "is not a condition of profile CORE; there are K1 to K4, K6, K8, K10, K11"});
    }
    ids.push_back(asked[i]);
  }
  if (!wrong.empty()) return status::InvalidFields(std::move(wrong));
  return ids;
}

}  // namespace storefront::seeder
