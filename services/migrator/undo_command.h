// Takes applied migrations back, each with its U script and its row in one transaction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "services/migrator/history_command.h"
#include "services/migrator/script_catalog.h"
#include "services/migrator/undo_plan.h"

namespace storefront::migrator {

// What is undone is decided once, under the lock: a session that is lost later changes how much of
// it is done, never what it is. Lifetime: the catalog outlives it.
class UndoCommand final : public HistoryCommand {
 public:
  UndoCommand(ScriptCatalog& catalog, UndoTarget target);

  RunKind kind() const override { return RunKind::kUndo; }
  absl::Status Plan(MigrationConnection& session) override;
  StepRange Next() const override;
  const PreparedScript* ScriptOf(size_t step) const override {
    return plan_->items[step].script.get();
  }
  const PreparedScript* NextScript() const override;
  absl::Status Perform(MigrationConnection& session, ScriptObserver& observer,
                       const std::stop_token& stop) override;

 private:
  absl::Status PlanFirst(const ServerFacts& facts);
  absl::Status Settle();

  ScriptCatalog& catalog_;
  const UndoTarget target_;
  History history_;
  std::optional<UndoPlan> plan_;
  size_t undone_ = 0;
};

}  // namespace storefront::migrator
