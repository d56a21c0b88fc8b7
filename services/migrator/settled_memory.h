// Remembers that there was nothing to do, and from what that was seen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "libs/sync/mutex.h"
#include "services/migrator/history_row.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/plan_findings.h"

namespace storefront::migrator {

// Everything that a plan without steps is made from, where no script depends on the time.
struct SettledInput {
  std::optional<uint64_t> files;  // SourceListing::version
  History history;
  ServerFacts facts;
  MigrateOptions options;
};

struct SettledPlan {
  MigratePlan plan;  // without scripts
  PlanFindings findings;
};

// A plan is a pure function of its input, so with the same input a run need not make it again. The
// last one is kept: projects are migrated with the same options again and again.
//
// Thread-safety: all methods.
class SettledMemory {
 public:
  // Null when it is another input, or none was kept yet.
  std::shared_ptr<const SettledPlan> Find(const SettledInput& input) const;
  // Nothing to know again without a version of the files.
  void Keep(SettledInput input, SettledPlan plan);

 private:
  mutable sync::Mutex mutex_;
  std::optional<SettledInput> input_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const SettledPlan> plan_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
