// Scripts that run around migrations: `beforeMigrate.sql`, `afterEachMigrate__notify.sql`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

struct PreparedScript;

// The events that are run, in the order of a run. Flyway has more; those are only warned about.
enum class CallbackEvent {
  kBeforeMigrate,          // before anything of the run, but after its checks
  kBeforeEachMigrate,      // in the migration's transaction
  kAfterEachMigrate,       // in the migration's transaction
  kAfterEachMigrateError,  // after the rollback
  kAfterVersioned,         // after the last versioned migration, also when there was none
  kBeforeRepeatables,      // before the first repeatable one, if there is one
  kAfterMigrateApplied,    // at the end, when something was applied
  kAfterMigrate,           // at the end of a good run, also of one without scripts
  kAfterMigrateError,      // at the end of a run that failed after beforeMigrate
  kBeforeUndo,
  kAfterUndo,
  kBeforeClean,
  kAfterClean,
  kBeforeRepair,
  kAfterRepair,
  kBeforeBaseline,
  kAfterBaseline,
};

// Flyway's word: "afterEachMigrate".
absl::string_view CallbackEventName(CallbackEvent event);
// Nothing for a word of Flyway's whose callbacks are not run here.
std::optional<CallbackEvent> FindCallbackEvent(absl::string_view name);

// True for callbacks that are part of a migration's transaction.
bool IsInMigration(CallbackEvent event);

// True for events of a migrate run; those of a baseline are when it writes one.
bool IsOfMigrate(CallbackEvent event, bool with_baseline);

// True for events of a good migrate run without scripts.
bool IsOfEmptyMigrate(CallbackEvent event);

// Callbacks ready to run, by description.
using Callbacks = std::map<CallbackEvent, std::vector<std::shared_ptr<const PreparedScript>>>;

// Those of one event; empty when it has none.
const std::vector<std::shared_ptr<const PreparedScript>>& CallbacksOf(const Callbacks& callbacks,
                                                                      CallbackEvent event);

}  // namespace storefront::migrator
