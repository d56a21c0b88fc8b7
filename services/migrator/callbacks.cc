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

const std::vector<std::shared_ptr<const PreparedScript>>& CallbacksOf(const Callbacks& callbacks,
                                                                      CallbackEvent event) {
  static const std::vector<std::shared_ptr<const PreparedScript>> none;
  const auto found = callbacks.find(event);
  return found == callbacks.end() ? none : found->second;
}

}  // namespace storefront::migrator
