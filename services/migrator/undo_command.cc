// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/undo_command.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "libs/status/macros.h"
#include "services/migrator/repair_plan.h"

namespace storefront::migrator {

UndoCommand::UndoCommand(ScriptCatalog& catalog, UndoTarget target)
    : catalog_(catalog), target_(std::move(target)) {}

absl::Status UndoCommand::Plan(MigrationConnection& session) {
  ASSIGN_OR_RETURN(history_, session.ReadHistory());
  return plan_ ? Settle() : PlanFirst(session.facts());
}

absl::Status UndoCommand::PlanFirst(const ServerFacts& facts) {
  ASSIGN_OR_RETURN(const ScriptSet set, catalog_.Load(facts));
  const auto prepare =
      [&](const Script& script) -> absl::StatusOr<std::shared_ptr<const PreparedScript>> {
    ASSIGN_OR_RETURN(PreparedScript made, catalog_.Prepare(script, facts));
    return std::make_shared<const PreparedScript>(std::move(made));
  };
  ASSIGN_OR_RETURN(plan_, PlanUndo(set, history_, target_, prepare));
  steps_ = StepsOf(*plan_);
  return absl::OkStatus();
}

absl::Status UndoCommand::Settle() {
  ASSIGN_OR_RETURN(undone_, CountUndone(*plan_, history_));
  for (size_t i = 0; i < steps_.size(); ++i) {
    steps_[i].state = i < undone_ ? StepState::kApplied : StepState::kPending;
    if (i >= undone_) continue;
    const HistoryRow& applied = plan_->items[i].applied;
    const auto deletion =
        std::find_if(history_.rows.begin(), history_.rows.end(), [&](const HistoryRow& row) {
          return row.installed_rank > applied.installed_rank && row.type == HistoryType::kDelete &&
                 row.version == applied.version;
        });
    if (deletion == history_.rows.end()) continue;
    steps_[i].installed_rank = deletion->installed_rank;
    steps_[i].execution_time = deletion->execution_time;
  }
  return absl::OkStatus();
}

StepRange UndoCommand::Next() const {
  return {undone_, plan_ && undone_ < plan_->items.size() ? 1U : 0U};
}

const PreparedScript* UndoCommand::NextScript() const {
  return Next().count == 0 ? nullptr : plan_->items[undone_].script.get();
}

absl::Status UndoCommand::Perform(MigrationConnection& session, ScriptObserver& observer,
                                  const std::stop_token& stop) {
  const UndoItem& item = plan_->items[undone_];
  HistoryRow row = DeletionOf(item.applied, NextRank(history_));
  ASSIGN_OR_RETURN(const AppliedScript applied,
                   session.Apply(*item.script, row, /*durable=*/true, observer, stop));
  steps_[undone_].installed_rank = applied.installed_rank;
  steps_[undone_].execution_time = applied.execution_time;
  history_.rows.push_back(std::move(row));
  ++undone_;
  return absl::OkStatus();
}

}  // namespace storefront::migrator
