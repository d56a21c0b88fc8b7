// Which lock a statement takes on which table, as Postgres documents it for each command.
//
// Source: PostgreSQL 17 manual, 13.3 "Explicit Locking" and the reference page of each command; for
// the forms of ALTER TABLE also AlterTableGetLockLevel in its sources.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "services/migrator/catalog_reader.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

// From the weakest to the strongest.
enum class LockMode {
  kAccessShare,
  kRowShare,
  kRowExclusive,
  kShareUpdateExclusive,
  kShare,
  kShareRowExclusive,
  kExclusive,
  kAccessExclusive,
};

// "ACCESS EXCLUSIVE".
absl::string_view LockModeName(LockMode mode);
// What others cannot do meanwhile: "reads and writes", "writes", "schema changes".
absl::string_view LockModeBlocks(LockMode mode);

struct StatementLock {
  RelationName relation;  // as the statement names it; of DROP INDEX and REINDEX the index
  LockMode mode = LockMode::kAccessShare;
  bool scans_table = false;  // reads or rewrites all of it under the lock
  bool operator==(const StatementLock&) const = default;
};

// One lock for each relation that the statement names, the strongest; by name. What it creates is
// left out. A lock that depends on the catalog is the stronger one: SET DATA TYPE counts as a
// rewrite. Empty for what the parser rejects. Pure.
std::vector<StatementLock> LocksOf(const StatementFacts& facts);

}  // namespace storefront::migrator
