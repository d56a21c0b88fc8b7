// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/run_units.h"

#include <utility>

namespace storefront::migrator {
namespace {

bool IsRepeatable(const PlannedScript& script) {
  return script.prepared->script.name.kind == ScriptKind::kRepeatable;
}

}  // namespace

void UnitList::Add(ScriptUnit unit, Origin origin) {
  units_.push_back(std::move(unit));
  origins_.push_back(origin);
}

bool UnitList::AddCallbacks(const MigratePlan& plan, CallbackEvent event, bool only_transactional) {
  bool took_all = true;
  for (const auto& script : CallbacksOf(plan.callbacks, event)) {
    if (only_transactional && !script->transactional) {
      took_all = false;
      continue;
    }
    Add({.script = script.get()}, {.event = event});
  }
  return took_all;
}

void UnitList::AddScript(const MigratePlan& plan, size_t index, int installed_rank) {
  const PreparedScript& script = *plan.scripts[index].prepared;
  HistoryRow row = RowOf(script);
  row.installed_rank = installed_rank;
  const Origin own{.script = index};
  if (plan.skip_executing) {
    Add({.row = std::move(row)}, own);
    return;
  }
  for (const auto& before : CallbacksOf(plan.callbacks, CallbackEvent::kBeforeEachMigrate)) {
    Add({.script = before.get()}, {.script = index, .event = CallbackEvent::kBeforeEachMigrate});
  }
  Add({.script = &script}, own);
  for (const auto& after : CallbacksOf(plan.callbacks, CallbackEvent::kAfterEachMigrate)) {
    Add({.script = after.get()}, {.script = index, .event = CallbackEvent::kAfterEachMigrate});
  }
  if (origins_.back().event) {
    Add({.row = std::move(row)}, own);
  } else {
    units_.back().row = std::move(row);
  }
}

void UnitList::AddRow(HistoryRow row) { Add({.row = std::move(row)}, {}); }

std::vector<const PreparedScript*> UnitList::Scripts() const {
  std::vector<const PreparedScript*> scripts;
  scripts.reserve(units_.size());
  for (const ScriptUnit& unit : units_) scripts.push_back(unit.script);
  return scripts;
}

bool BeginsRepeatables(const MigratePlan& plan, size_t index) {
  return IsRepeatable(plan.scripts[index]) &&
         (index == 0 || !IsRepeatable(plan.scripts[index - 1]));
}

bool HasRepeatables(const MigratePlan& plan) {
  return !plan.scripts.empty() && IsRepeatable(plan.scripts.back());
}

}  // namespace storefront::migrator
