// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/baseline_command.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"

namespace storefront::migrator {

BaselineCommand::BaselineCommand(BaselineMark mark) : mark_(std::move(mark)) {}

absl::Status BaselineCommand::Plan(MigrationConnection& session) {
  ASSIGN_OR_RETURN(const History history, session.ReadHistory());
  ASSIGN_OR_RETURN(row_, PlanBaseline(history, mark_));
  if (!row_) {
    MarkAllApplied();  // planned and there: the lost COMMIT took effect
    return absl::OkStatus();
  }
  steps_ = {{.migration = absl::StrCat("B", row_->version->Canonical()),
             .script = row_->script,
             .description = row_->description,
             .installed_rank = row_->installed_rank,
             .action = StepAction::kRecord,
             .detail = absl::StrCat("baseline at version ", row_->version->text())}};
  return absl::OkStatus();
}

absl::Status BaselineCommand::Perform(MigrationConnection& session, ScriptObserver& observer,
                                      const std::stop_token& stop) {
  return session.WriteBaseline(*row_, observer, stop);
}

}  // namespace storefront::migrator
