// The parts of a transaction of a run, in order: callbacks, scripts, rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "services/migrator/callbacks.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/migration_connection.h"

namespace storefront::migrator {

// Lifetime: the plan outlives the list.
class UnitList {
 public:
  // What a unit is for.
  struct Origin {
    std::optional<size_t> script;        // of the plan; also of its callbacks and of its row
    std::optional<CallbackEvent> event;  // of a callback
  };

  // Callbacks of an event, each a unit. With `only_transactional` those that refuse a transaction
  // are left out; false when there were some.
  bool AddCallbacks(const MigratePlan& plan, CallbackEvent event, bool only_transactional = false);

  // The script with its callbacks and its row, which comes last: what the callbacks do counts
  // for its time, and they do not see it.
  void AddScript(const MigratePlan& plan, size_t index, int installed_rank);

  void AddRow(HistoryRow row);

  const std::vector<ScriptUnit>& units() const { return units_; }
  const Origin& origin(size_t unit) const { return origins_[unit]; }
  // By unit; null for rows.
  std::vector<const PreparedScript*> Scripts() const;

 private:
  void Add(ScriptUnit unit, Origin origin);

  std::vector<ScriptUnit> units_;
  std::vector<Origin> origins_;
};

// True when the script is the first repeatable one of the plan: afterVersioned and
// beforeRepeatables come before it.
bool BeginsRepeatables(const MigratePlan& plan, size_t index);
bool HasRepeatables(const MigratePlan& plan);

}  // namespace storefront::migrator
