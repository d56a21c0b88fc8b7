// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/callbacks.h"

#include <gtest/gtest.h>

#include "services/migrator/script_name.h"

namespace storefront::migrator {
namespace {

TEST(CallbackEvent, NamesAreThoseOfFiles) {
  for (int i = 0; i <= static_cast<int>(CallbackEvent::kAfterBaseline); ++i) {
    const auto event = static_cast<CallbackEvent>(i);
    const std::string name(CallbackEventName(event));
    SCOPED_TRACE(name);
    EXPECT_EQ(FindCallbackEvent(name), event);
    const auto file = ParseScriptName(name + "__x.sql");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file->kind, ScriptKind::kCallback);
    EXPECT_EQ(file->event, name);
  }
}

TEST(CallbackEvent, OthersOfFlywayAreNotRun) {
  EXPECT_FALSE(FindCallbackEvent("beforeInfo").has_value());
  EXPECT_FALSE(FindCallbackEvent("createSchema").has_value());
  EXPECT_FALSE(FindCallbackEvent("beforeEachMigrateStatement").has_value());
}

TEST(CallbackEvent, AMigrateRunHasNothingToDoWithThoseOfCommands) {
  EXPECT_TRUE(IsOfMigrate(CallbackEvent::kBeforeMigrate, false));
  EXPECT_TRUE(IsOfMigrate(CallbackEvent::kAfterMigrateError, false));
  EXPECT_FALSE(IsOfMigrate(CallbackEvent::kAfterClean, true));
  EXPECT_FALSE(IsOfMigrate(CallbackEvent::kBeforeBaseline, false));
  EXPECT_TRUE(IsOfMigrate(CallbackEvent::kBeforeBaseline, true));
}

TEST(CallbacksOf, AnEventWithoutScriptsIsEmpty) {
  EXPECT_TRUE(CallbacksOf({}, CallbackEvent::kAfterMigrate).empty());
}

}  // namespace
}  // namespace storefront::migrator
