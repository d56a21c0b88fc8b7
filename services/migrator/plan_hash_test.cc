// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/plan_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "services/migrator/fake_prepared_script.h"

namespace storefront::migrator {
namespace {

struct Input {
  std::string text = "select 1;";
  std::string path = "V1__a.sql";
  MigrateOptions options = {};
  History history = {.exists = true, .rows = {}};
  ServerFacts facts = {.database = "shop", .user = "owner"};
  PlaceholderValues placeholders = {.values = {{"a", "1"}}, .secrets = {{"s", "hunter2"}}};
  bool one_transaction = false;
  Callbacks callbacks = {};
};

std::string Hash(const Input& input) {
  const auto script = std::make_shared<const PreparedScript>(Prepared(input.path, input.text));
  const MigratePlan plan{.scripts = {{.id = "V1", .prepared = script}},
                         .callbacks = input.callbacks,
                         .one_transaction = input.one_transaction};
  return PlanHash(plan, input.options, input.history, input.facts,
                  Placeholders::Make(input.placeholders).value());
}

TEST(PlanHash, IsTheSameForTheSameAndOtherForAnythingElse) {
  const std::string first = Hash({});
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(Hash({}), first);
  std::vector<Input> others(10);
  others[0].text = "select 2;";
  others[1].path = "V1__b.sql";
  others[2].options.out_of_order = true;
  others[3].options.target = Target::Parse("1").value();
  others[4].history.rows = {{.installed_rank = 1, .description = "x", .script = "y"}};
  others[5].facts.database = "other";
  others[6].placeholders.values["a"] = "2";
  others[7].one_transaction = true;
  others[8].callbacks[CallbackEvent::kAfterMigrate] = {
      std::make_shared<const PreparedScript>(Prepared("afterMigrate.sql", "select 1;"))};
  others[9].placeholders.secrets["t"] = "x";
  std::set<std::string> hashes = {first};
  for (const Input& other : others) hashes.insert(Hash(other));
  EXPECT_EQ(hashes.size(), others.size() + 1);
}

TEST(PlanHash, SaysNothingAboutASecret) {
  Input other;
  other.placeholders.secrets["s"] = "correct horse";
  EXPECT_EQ(Hash(other), Hash({}));
}

TEST(PlanHash, LatestIsTheDefault) {
  Input other;
  other.options.target = Target::Parse("latest").value();
  other.options.target_text = "latest";
  EXPECT_EQ(Hash(other), Hash({}));
}

}  // namespace
}  // namespace storefront::migrator
