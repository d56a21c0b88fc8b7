// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migration_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/migrator/fake_catalog_reader.h"
#include "services/migrator/fake_script_source.h"
#include "services/migrator/pgquery_statement_parser.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<const PreparedScript> Prepared(const std::string& text) {
  PgQueryStatementParser parser;
  const Script script{ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, 42};
  return std::make_shared<const PreparedScript>(
      PrepareScript(script, MakeText(text),
                    Placeholders::Make({.secrets = {{"secret", "hunter2"}}}).value(), {}, parser,
                    100'000)
          .value());
}

class DescribeStepsTest : public ::testing::Test {
 protected:
  std::vector<PlanStep> Describe(const std::string& text) {
    return DescribeSteps({.scripts = {{.id = "V1", .prepared = Prepared(text)}}},
                         [this](const std::vector<RelationName>& names) {
                           ++lookups_;
                           return catalog_.Find(names);
                         })
        .value();
  }
  FakeCatalogReader catalog_;
  int lookups_ = 0;
};

TEST_F(DescribeStepsTest, LocksCarryTheSizeOfTheirTable) {
  catalog_.relations = {
      {.name = {"public", "orders"}, .estimated_rows = 5000, .size_bytes = 1 << 20},
      {.name = {"public", "orders_idx"},
       .kind = RelationKind::kIndex,
       .table = RelationName{"public", "orders"}}};
  const auto steps = Describe(
      "drop index orders_idx;\ncreate table fresh (i int);\n"
      "alter table fresh add column a int;\nselect 1 from orders;");
  ASSERT_THAT(steps, SizeIs(1));
  ASSERT_THAT(steps[0].statements, SizeIs(4));
  const PlanLock expected{.relation = "public.orders",
                          .mode = LockMode::kAccessExclusive,
                          .estimated_rows = 5000,
                          .size_bytes = 1 << 20};
  EXPECT_THAT(steps[0].statements[0].locks, ElementsAre(expected)) << "felt on the index's table";
  EXPECT_THAT(steps[0].statements[1].locks, IsEmpty());
  EXPECT_THAT(steps[0].statements[2].locks, IsEmpty()) << "the script makes it itself";
  EXPECT_EQ(steps[0].statements[3].locks.at(0).mode, LockMode::kAccessShare);
  EXPECT_EQ(steps[0].statements[2].line, 3);
  EXPECT_EQ(lookups_, 2) << "names, then tables of indexes";
}

TEST_F(DescribeStepsTest, TextsAreThoseOfTheFile) {
  const auto steps = Describe("alter role r\n\tpassword ${secret:literal};\nselect '" +
                              std::string(500, 'x') + "';");
  EXPECT_EQ(steps[0].statements[0].text, "alter role r password ${secret:literal}");
  EXPECT_EQ(steps[0].statements[0].command, "ALTER ROLE");
  EXPECT_LE(steps[0].statements[1].text.size(), kPlanTextCharacters + 3);
}

TEST_F(DescribeStepsTest, LongScriptsShowTheirBegin) {
  std::string text;
  for (int i = 0; i < 1500; ++i) absl::StrAppend(&text, "select ", i, ";\n");
  const auto steps = Describe(text);
  EXPECT_THAT(steps[0].statements, SizeIs(kPlanStatementsShown));
  EXPECT_EQ(steps[0].statement_count, 1500U);
}

TEST(OneLine, CutsAtCharacters) {
  EXPECT_EQ(OneLine(" a\n\n  b "), "a b");
  std::string long_text;
  for (int i = 0; i < 300; ++i) long_text += "ü";
  const std::string line = OneLine(long_text);
  EXPECT_EQ(line.size(), 2 * (kPlanTextCharacters - 1) + 3);
  EXPECT_EQ(line.substr(line.size() - 3), "…");
  std::string huge;
  for (int i = 0; i < 100'000; ++i) huge += "ü";
  EXPECT_EQ(OneLine(huge), line);
}

}  // namespace
}  // namespace storefront::migrator
