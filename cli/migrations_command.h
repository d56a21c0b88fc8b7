// migrations plan, lint, drift and force-unlock: answers that a person reads as a review.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

// Shows what a run would do, with locks, sizes and findings, and ends with the command that applies
// exactly that.
Command MigrationsPlanCommand(bool with_docs);

// Judges files of the service, or the text of a local file or of stdin. Exit code 1 when something
// of --fail-on or worse is found.
Command MigrationsLintCommand(bool with_docs);

// Also notes what stops no run. Exit code 3 with --exit-code when there is a finding.
Command MigrationsValidateCommand(bool with_docs);

// Shows both definitions of each difference.
Command MigrationsDriftCommand(bool with_docs);

// Ends the session that holds the history lock. Without --pid it is the one that holds it now,
// shown before a person types the database's name.
Command MigrationsForceUnlockCommand(bool with_docs);

}  // namespace storefront::cli
