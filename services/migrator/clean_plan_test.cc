// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/clean_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

SchemaObject Object(const char* schema, const char* kind, const char* identity, uint32_t oid = 1) {
  return {.schema = schema, .kind = kind, .identity = identity, .catalog = 1259, .oid = oid};
}

History CreatedSchemas(const char* names) {
  return {.exists = true,
          .rows = {{.installed_rank = 0, .type = HistoryType::kSchema, .script = names}}};
}

TEST(PlanClean, EmptySchemasAreNothingToDo) {
  EXPECT_THAT(PlanClean({.schemas = {"public"}}, {})->steps, IsEmpty());
  EXPECT_THAT(PlanClean({.schemas = {"public"}}, {})->Statements(), IsEmpty());
}

TEST(PlanClean, DropsByKindAndKeepsTheSchema) {
  const SchemaContents contents{
      .schemas = {"public", "sales"},
      .objects = {Object("public", "type", "public.mood"), Object("public", "table", "public.t"),
                  Object("public", "procedure", "public.p(integer)"),
                  Object("sales", "table", "sales.\"T\""), Object("public", "table", "public.u"),
                  Object("public", "extension", "hstore"),
                  Object("sales", "operator class", "sales.oc USING btree")}};
  const auto plan = PlanClean(contents, {});
  ASSERT_THAT(plan, testing::IsOk());
  EXPECT_THAT(plan->Statements(),
              ElementsAre("DROP EXTENSION IF EXISTS hstore CASCADE",
                          "DROP TABLE IF EXISTS public.t CASCADE",
                          "DROP TABLE IF EXISTS sales.\"T\" CASCADE",
                          "DROP TABLE IF EXISTS public.u CASCADE",
                          "DROP ROUTINE IF EXISTS public.p(integer) CASCADE",
                          "DROP OPERATOR CLASS IF EXISTS sales.oc USING btree CASCADE",
                          "DROP TYPE IF EXISTS public.mood CASCADE"));
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(plan->steps[0].detail, "public: 1 extension, 2 tables, 1 procedure, 1 type");
  EXPECT_EQ(plan->steps[1].detail, "sales: 1 table, 1 operator class");
  EXPECT_EQ(plan->steps[1].description, "sales");
}

TEST(PlanClean, SchemasThatTheHistoryCreatedGoToo) {
  const SchemaContents contents{.schemas = {"public", "a\"b", "gone"},
                                .objects = {Object("public", "table", "public.t")}};
  const auto plan = PlanClean(contents, CreatedSchemas("\"a\"\"b\",\"x,y\""));
  ASSERT_THAT(plan, testing::IsOk());
  EXPECT_THAT(plan->dropped_schemas, ElementsAre("a\"b"));
  EXPECT_THAT(plan->Statements(), ElementsAre("DROP TABLE IF EXISTS public.t CASCADE",
                                              "DROP SCHEMA IF EXISTS \"a\"\"b\""));
  EXPECT_EQ(plan->steps[1].detail, "a\"b: the schema itself");
}

TEST(PlanClean, WhatOtherSchemasHaveOnItIsNamedAndKept) {
  const SchemaContents contents{.schemas = {"public"},
                                .objects = {Object("public", "table", "public.t")},
                                .outside = {"view r.a", "view r.b", "view r.c", "view r.d"}};
  const auto refused = PlanClean(contents, {});
  EXPECT_THAT(refused,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kCleanBlocked));
  EXPECT_EQ(status::DetailsOf(refused.status()).preconditions.size(), 4U);
}

TEST(PlanClean, AKindWithoutAStatementIsNotLeftOutSilently) {
  EXPECT_FALSE(
      PlanClean({.schemas = {"public"}, .objects = {Object("public", "cast", "c")}}, {}).ok());
}

TEST(IsCleaned, AnyObjectThatIsLeftMeansThatNothingWasDropped) {
  const CleanPlan plan{.objects = {Object("public", "table", "public.t", 7),
                                   Object("public", "table", "public.u", 8)}};
  EXPECT_TRUE(IsCleaned(plan, {}));
  EXPECT_TRUE(IsCleaned(plan, {.objects = {Object("public", "table", "public.t", 9)}}))
      << "another table of the same name";
  EXPECT_FALSE(IsCleaned(plan, {.objects = {Object("public", "table", "public.renamed", 8)}}));
}

}  // namespace
}  // namespace storefront::migrator
