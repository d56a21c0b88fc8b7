// Makes the plan that a person reviews before a run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "services/migrator/catalog_reader.h"
#include "services/migrator/migration_plan.h"
#include "services/migrator/migrator.h"

namespace storefront::migrator {

// Thread-safety: all methods. Lifetime: the references outlive it.
class Planner {
 public:
  Planner(Migrator& migrator, CatalogReader& catalog) : migrator_(migrator), catalog_(catalog) {}

  // What a run with this request would do now. Takes no lock, changes nothing. Errors as those that
  // the run would begin with; lint never refuses, its findings are part of the plan.
  absl::StatusOr<MigrationPlan> Plan(const MigrateRequest& request);

 private:
  Migrator& migrator_;
  CatalogReader& catalog_;
};

}  // namespace storefront::migrator
