// A command on the history as its run carries it out: plan, one transaction after the other,
// settle.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// Steps that one transaction does.
struct StepRange {
  size_t first = 0;
  size_t count = 0;  // 0: everything is done
};

// Thread-safety: none.
class HistoryCommand {
 public:
  virtual ~HistoryCommand() = default;

  virtual RunKind kind() const = 0;

  // Makes the steps from what the session sees. Called again after a session was lost, by then
  // under the lock: what a lost COMMIT did is APPLIED, what it did not do is PENDING again; nothing
  // is planned that was not planned before. Errors are those of the command's plan.
  virtual absl::Status Plan(MigrationConnection& session) = 0;

  // Those of the next transaction: all that are left, unless the command does them one by one.
  virtual StepRange Next() const {
    const auto first = std::find_if(steps_.begin(), steps_.end(), [](const RunStep& step) {
      return step.state != StepState::kApplied;
    });
    return {static_cast<size_t>(first - steps_.begin()), static_cast<size_t>(steps_.end() - first)};
  }

  // The script of a step; null where it has none.
  virtual const PreparedScript* ScriptOf(size_t /*step*/) const { return nullptr; }

  // The script that the next transaction runs; null when it runs none.
  virtual const PreparedScript* NextScript() const { return nullptr; }

  // Does the next transaction, whole or not at all, and notes ranks and times in its steps. Errors
  // are those of the session's method.
  virtual absl::Status Perform(MigrationConnection& session, ScriptObserver& observer,
                               const std::stop_token& stop) = 0;

  std::vector<RunStep>& steps() { return steps_; }

 protected:
  void MarkAllApplied() {
    for (RunStep& step : steps_) step.state = StepState::kApplied;
  }

  std::vector<RunStep> steps_;
};

}  // namespace storefront::migrator
