// Drops everything in the managed schemas.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "services/migrator/clean_plan.h"
#include "services/migrator/history_command.h"

namespace storefront::migrator {

class CleanCommand final : public HistoryCommand {
 public:
  RunKind kind() const override { return RunKind::kClean; }
  absl::Status Plan(MigrationConnection& session) override;
  absl::Status Perform(MigrationConnection& session, ScriptObserver& observer,
                       const std::stop_token& stop) override;

 private:
  std::optional<CleanPlan> plan_;
};

}  // namespace storefront::migrator
