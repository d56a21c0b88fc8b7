// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/callbacks.h"

namespace storefront::migrator {
namespace {

constexpr struct {
  CallbackEvent event;
  absl::string_view name;
} kEvents[] = {
    {CallbackEvent::kBeforeMigrate, "beforeMigrate"},
    {CallbackEvent::kBeforeEachMigrate, "beforeEachMigrate"},
    {CallbackEvent::kAfterEachMigrate, "afterEachMigrate"},
    {CallbackEvent::kAfterEachMigrateError, "afterEachMigrateError"},
    {CallbackEvent::kAfterVersioned, "afterVersioned"},
    {CallbackEvent::kBeforeRepeatables, "beforeRepeatables"},
    {CallbackEvent::kAfterMigrateApplied, "afterMigrateApplied"},
    {CallbackEvent::kAfterMigrate, "afterMigrate"},
    {CallbackEvent::kAfterMigrateError, "afterMigrateError"},
    {CallbackEvent::kBeforeUndo, "beforeUndo"},
    {CallbackEvent::kAfterUndo, "afterUndo"},
    {CallbackEvent::kBeforeClean, "beforeClean"},
    {CallbackEvent::kAfterClean, "afterClean"},
    {CallbackEvent::kBeforeRepair, "beforeRepair"},
    {CallbackEvent::kAfterRepair, "afterRepair"},
    {CallbackEvent::kBeforeBaseline, "beforeBaseline"},
    {CallbackEvent::kAfterBaseline, "afterBaseline"},
};

}  // namespace

absl::string_view CallbackEventName(CallbackEvent event) {
  for (const auto& row : kEvents) {
    if (row.event == event) return row.name;
  }
  return "";
}

std::optional<CallbackEvent> FindCallbackEvent(absl::string_view name) {
  for (const auto& row : kEvents) {
    if (row.name == name) return row.event;
  }
  return std::nullopt;
}

bool IsInMigration(CallbackEvent event) {
  return event == CallbackEvent::kBeforeEachMigrate || event == CallbackEvent::kAfterEachMigrate;
}

bool IsOfMigrate(CallbackEvent event, bool with_baseline) {
  switch (event) {
    case CallbackEvent::kBeforeMigrate:
    case CallbackEvent::kBeforeEachMigrate:
    case CallbackEvent::kAfterEachMigrate:
    case CallbackEvent::kAfterEachMigrateError:
    case CallbackEvent::kAfterVersioned:
    case CallbackEvent::kBeforeRepeatables:
    case CallbackEvent::kAfterMigrateApplied:
    case CallbackEvent::kAfterMigrate:
    case CallbackEvent::kAfterMigrateError:
      return true;
    case CallbackEvent::kBeforeBaseline:
    case CallbackEvent::kAfterBaseline:
      return with_baseline;
    case CallbackEvent::kBeforeUndo:
    case CallbackEvent::kAfterUndo:
    case CallbackEvent::kBeforeClean:
    case CallbackEvent::kAfterClean:
    case CallbackEvent::kBeforeRepair:
    case CallbackEvent::kAfterRepair:
      return false;
  }
  return false;
}

bool IsOfEmptyMigrate(CallbackEvent event) {
  return event == CallbackEvent::kBeforeMigrate || event == CallbackEvent::kAfterVersioned ||
         event == CallbackEvent::kAfterMigrate;
}

const std::vector<std::shared_ptr<const PreparedScript>>& CallbacksOf(const Callbacks& callbacks,
                                                                      CallbackEvent event) {
  static const std::vector<std::shared_ptr<const PreparedScript>> none;
  const auto found = callbacks.find(event);
  return found == callbacks.end() ? none : found->second;
}

}  // namespace storefront::migrator
