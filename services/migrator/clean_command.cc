// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/clean_command.h"

#include <utility>

#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {

using status::Reason;

absl::Status CleanCommand::Plan(MigrationConnection& session) {
  auto history = session.ReadHistory();
  if (!history.ok()) {
    // A history that nobody can read is one of the reasons to clean; its schemas stay then.
    const Reason reason = status::ReasonOf(history.status());
    if (reason != Reason::kCorruptHistory && reason != Reason::kUnknownHistoryType) {
      return history.status();
    }
    history = History{};
  }
  ASSIGN_OR_RETURN(const SchemaContents contents, session.ReadContents());
  if (plan_ && IsCleaned(*plan_, contents)) {
    MarkAllApplied();  // the lost COMMIT took effect; what is there now is somebody else's
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(plan_, PlanClean(contents, *history));
  steps_ = plan_->steps;
  return absl::OkStatus();
}

absl::Status CleanCommand::Perform(MigrationConnection& session, ScriptObserver& observer,
                                   const std::stop_token& stop) {
  return session.Clean(*plan_, observer, stop);
}

}  // namespace storefront::migrator
