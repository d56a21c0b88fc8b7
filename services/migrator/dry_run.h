// A plan carried out in one transaction that is rolled back, to see what it locks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <stop_token>

#include "absl/status/status.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/script_journal.h"

namespace storefront::migrator {

// Nobody else may wait long behind a lock that is only tried.
inline constexpr absl::Duration kDryRunLockTimeout = absl::Seconds(1);

// Runs baseline, callbacks and scripts up to the first script that refuses a transaction; event
// `locks` names what each statement newly locked, each step's detail what was locked at its end.
// Steps that ran become ROLLED_BACK, the others stay PENDING and their detail says why. The steps
// of the plan begin at `first_step` of the run's. Sequences stay advanced. Errors as ScriptJournal
// explains them; nothing is left in the database.
absl::Status TryOut(const MigratePlan& plan, const History& history, size_t first_step,
                    MigrationConnection& session, const ScriptJournal::Parts& parts,
                    const std::stop_token& stop);

}  // namespace storefront::migrator
