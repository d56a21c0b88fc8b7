// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/repair_command.h"

#include <utility>

#include "libs/status/macros.h"

namespace storefront::migrator {

RepairCommand::RepairCommand(ScriptCatalog& catalog, bool drop_invalid_indexes)
    : catalog_(catalog), drop_invalid_indexes_(drop_invalid_indexes) {}

absl::Status RepairCommand::Plan(MigrationConnection& session) {
  const ServerFacts& facts = session.facts();
  if (!set_) {
    ASSIGN_OR_RETURN(set_, catalog_.Load(facts));
  }
  ASSIGN_OR_RETURN(const History history, session.ReadHistory());
  std::vector<InvalidIndex> indexes;
  if (drop_invalid_indexes_) {
    ASSIGN_OR_RETURN(indexes, session.FindInvalidIndexes());
  }
  ASSIGN_OR_RETURN(
      plan_,
      PlanRepair(
          {.set = *set_,
           .history = history,
           .invalid_indexes = std::move(indexes),
           .raw_checksum = [&](const Script& script) { return catalog_.RawChecksum(script); },
           .prepare = [&](const Script& script) { return catalog_.Prepare(script, facts); }}));
  if (plan_.steps.empty()) {
    MarkAllApplied();  // what was planned is done: the lost COMMIT took effect
  } else {
    steps_ = std::move(plan_.steps);
    // The name of an index may be made from a secret.
    for (RunStep& step : steps_) step.detail = catalog_.placeholders().Mask(step.detail);
  }
  return absl::OkStatus();
}

absl::Status RepairCommand::Perform(MigrationConnection& session, ScriptObserver& observer,
                                    const std::stop_token& stop) {
  return session.Repair(plan_, observer, stop);
}

}  // namespace storefront::migrator
