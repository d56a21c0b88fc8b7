// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/settled_memory.h"

#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

SettledInput Input() {
  HistoryRow row{.installed_rank = 1, .description = "a", .script = "V1__a.sql"};
  row.version = Version::Parse("1").value();
  return {.files = 7,
          .history = {.exists = true, .rows = {row}},
          .facts = {.database = "shop", .user = "postgres"},
          .options = {}};
}

TEST(SettledMemory, KnowsTheLastInputOnly) {
  SettledMemory memory;
  EXPECT_EQ(memory.Find(Input()), nullptr);
  memory.Keep(Input(), {.plan = {.final_version = "1"}, .findings = {.hash = "h"}});
  ASSERT_NE(memory.Find(Input()), nullptr);
  EXPECT_EQ(memory.Find(Input())->plan.final_version, "1");
  EXPECT_EQ(memory.Find(Input())->findings.hash, "h");
  SettledInput other = Input();
  other.files = 8;
  memory.Keep(other, {});
  EXPECT_EQ(memory.Find(Input()), nullptr);
  EXPECT_NE(memory.Find(other), nullptr);
}

TEST(SettledMemory, FilesWithoutAVersionAreNeverKnown) {
  SettledMemory memory;
  SettledInput input = Input();
  input.files.reset();
  memory.Keep(input, {});
  EXPECT_EQ(memory.Find(input), nullptr);
  memory.Keep(Input(), {});
  EXPECT_EQ(memory.Find(input), nullptr);
}

TEST(SettledMemory, EachPartOfTheInputCounts) {
  SettledMemory memory;
  memory.Keep(Input(), {});
  std::vector<SettledInput> others(9, Input());
  others[0].files = 8;
  others[1].facts.database = "other";
  others[2].facts.user = "other";
  others[3].options.plan_hash = "x";
  others[4].options.target.kind = Target::Kind::kNext;
  others[5].options.ignore = IgnorePatterns::Parse({"*:missing"}).value();
  others[6].history.rows[0].success = false;
  others[7].history.rows[0].version = Version::Parse("1.0").value();  // equal, written differently
  others[8].history.rows.clear();
  for (size_t i = 0; i < others.size(); ++i) EXPECT_EQ(memory.Find(others[i]), nullptr) << i;
  EXPECT_NE(memory.Find(Input()), nullptr);
}

}  // namespace
}  // namespace storefront::migrator
