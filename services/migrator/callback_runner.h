// Runs callbacks that are no part of a migration's transaction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "absl/status/status.h"
#include "services/migrator/callbacks.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/script_journal.h"

namespace storefront::migrator {

// Each script of the event in turn, in a transaction of its own, or outside one if it refuses one.
// The first that fails ends it; one that met a lock timeout or a deadlock is repeated
// `lock_retries` times. The journal gets an event `callback` for each.
//   SCRIPT_FAILED, LOCK_TIMEOUT and others as ScriptJournal explains them
//   UNAVAILABLE BACKEND_UNAVAILABLE  the session was lost; whether the script took effect is
//   unknown
absl::Status RunCallbacks(const Callbacks& callbacks, CallbackEvent event, int lock_retries,
                          MigrationConnection& session, const ScriptJournal::Parts& parts,
                          const std::stop_token& stop);

}  // namespace storefront::migrator
