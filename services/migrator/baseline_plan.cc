// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/baseline_plan.h"

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::migrator {

using status::Reason;

absl::StatusOr<std::optional<HistoryRow>> PlanBaseline(const History& history,
                                                       const BaselineMark& mark) {
  const std::string description = ShortenDescription(mark.description);
  const HistoryRow* other = nullptr;
  for (const HistoryRow& row : history.rows) {
    if (row.type == HistoryType::kSchema) continue;
    if (row.type != HistoryType::kBaseline || !row.version) {
      if (other == nullptr) other = &row;
      continue;
    }
    if (*row.version == mark.version && row.description == description) return std::nullopt;
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kAlreadyBaselined,
         .message = absl::StrCat("The history has a baseline at version ", row.version->text(),
                                 " (", row.description, "), so it cannot get one at version ",
                                 mark.version.text(), " (", description, ")."),
         .metadata = {{"version", row.version->text()}, {"description", row.description}}});
  }
  if (other != nullptr) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kHistoryNotEmpty,
         .message = absl::StrCat("The history has rows of scripts already, ", other->script,
                                 " first. A baseline comes before all of them."),
         .metadata = {{"script", other->script}}});
  }
  return HistoryRow{.installed_rank = NextRank(history),
                    .version = mark.version,
                    .description = description,
                    .type = HistoryType::kBaseline,
                    .script = description};
}

}  // namespace storefront::migrator
