// Brings the history in line with the files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "services/migrator/history_command.h"
#include "services/migrator/repair_plan.h"
#include "services/migrator/script_catalog.h"

namespace storefront::migrator {

// Lifetime: the catalog outlives it.
class RepairCommand final : public HistoryCommand {
 public:
  RepairCommand(ScriptCatalog& catalog, bool drop_invalid_indexes);

  RunKind kind() const override { return RunKind::kRepair; }
  absl::Status Plan(MigrationConnection& session) override;
  absl::Status Perform(MigrationConnection& session, ScriptObserver& observer,
                       const std::stop_token& stop) override;

 private:
  ScriptCatalog& catalog_;
  const bool drop_invalid_indexes_;
  std::optional<ScriptSet> set_;
  RepairPlan plan_;
};

}  // namespace storefront::migrator
