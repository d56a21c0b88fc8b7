// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_name.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

TEST(ParseScriptName, TakesWhatFlywayTakes) {
  const struct {
    absl::string_view file;
    ScriptKind kind;
    absl::string_view version, description, id;
  } cases[] = {
      {"V1__init.sql", ScriptKind::kVersioned, "1", "init", "V1"},
      {"V1.2__add_index.SQL", ScriptKind::kVersioned, "1.2", "add index", "V1.2"},
      {"V009_4__x.sql", ScriptKind::kVersioned, "009.4", "x", "V9.4"},
      {"V10.0__x.sql", ScriptKind::kVersioned, "10.0", "x", "V10"},
      {"V13___a_.SQL", ScriptKind::kVersioned, "13", " a ", "V13"},
      {"V12.sql", ScriptKind::kVersioned, "12", "", "V12"},
      {"V11__.sql", ScriptKind::kVersioned, "11", "", "V11"},
      {"V1__a__b.sql", ScriptKind::kVersioned, "1", "a  b", "V1"},
      {"B2__base.sql", ScriptKind::kBaseline, "2", "base", "B2"},
      {"U3__drop.sql", ScriptKind::kUndo, "3", "drop", "U3"},
      {"R__a_view.sql", ScriptKind::kRepeatable, "", "a view", "R__a_view"},
      {"R__B view.sql", ScriptKind::kRepeatable, "", "B view", "R__B_view"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    const auto name = ParseScriptName(c.file);
    ASSERT_THAT(name, testing::IsOk());
    EXPECT_EQ(name->kind, c.kind);
    EXPECT_EQ(name->version ? name->version->text() : "", c.version);
    EXPECT_EQ(name->description, c.description);
    EXPECT_EQ(MigrationId(*name), c.id);
  }
}

TEST(ParseScriptName, KnowsCallbacks) {
  const auto name = ParseScriptName("afterMigrate__tell_them.sql");
  ASSERT_THAT(name, testing::IsOk());
  EXPECT_EQ(name->kind, ScriptKind::kCallback);
  EXPECT_EQ(name->event, "afterMigrate");
  EXPECT_EQ(name->description, "tell them");
  EXPECT_EQ(ParseScriptName("beforeMigrate.sql")->event, "beforeMigrate");
}

TEST(ParseScriptName, RefusesTheRest) {
  for (const absl::string_view file :
       {"V1..2__x.sql", "V_8_0__x.sql", "V__x.sql", "R1__x.sql", "V3_one.sql", "v2__x.sql",
        "V1a__x.sql", "V1-2__x.sql", "notes.sql", ".V1__x.sql", ".sql", "__x.sql", "R.sql",
        "Rview.sql", "beforemigrate.sql", "V1__x.txt", "r__view.sql"}) {
    SCOPED_TRACE(file);
    EXPECT_THAT(ParseScriptName(file), testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                          status::Reason::kInvalidName));
  }
}

TEST(IsScriptFile, LooksAtTheSuffixOnly) {
  EXPECT_TRUE(IsScriptFile("x.sQl"));
  EXPECT_TRUE(IsScriptFile(".hidden.sql"));
  EXPECT_FALSE(IsScriptFile("V1__x.sql.conf"));
  EXPECT_TRUE(IsScriptConfigFile("V1__x.sql.conf"));
}

}  // namespace
}  // namespace storefront::migrator
