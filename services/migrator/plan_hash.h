// One number for everything that decides what a run does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "services/migrator/history_row.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/placeholders.h"

namespace storefront::migrator {

// SHA-256 in hexadecimal over the texts, checksums and modes of the scripts and callbacks, the
// options, the history's rows, the database and the placeholders; of secret ones the names only, so
// that the number says nothing about them. Pure: the same input gives the same number on every
// machine.
std::string PlanHash(const MigratePlan& plan, const MigrateOptions& options, const History& history,
                     const ServerFacts& facts, const Placeholders& placeholders);

}  // namespace storefront::migrator
