// Records a baseline.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "services/migrator/baseline_plan.h"
#include "services/migrator/history_command.h"

namespace storefront::migrator {

class BaselineCommand final : public HistoryCommand {
 public:
  explicit BaselineCommand(BaselineMark mark);

  RunKind kind() const override { return RunKind::kBaseline; }
  absl::Status Plan(MigrationConnection& session) override;
  absl::Status Perform(MigrationConnection& session, ScriptObserver& observer,
                       const std::stop_token& stop) override;

 private:
  const BaselineMark mark_;
  std::optional<HistoryRow> row_;
};

}  // namespace storefront::migrator
