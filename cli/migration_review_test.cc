// SPDX-License-Identifier: Apache-2.0
#include "cli/migration_review.h"

#include <gmock/gmock.h>

#include "cli/json_message.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <typename Message>
Message From(const std::string& json) {
  Message message;
  EXPECT_TRUE(FromJson(json, message).ok()) << json;
  return message;
}

constexpr char kPlan[] = R"json({"planHash": "abc", "database": "shop", "currentVersion": "3",
  "finalVersion": "5", "lintCounts": {"errors": 0, "warnings": 1, "notes": 0},
  "steps": [
    {"migration": "migrations/V4", "script": "V4__points.sql", "description": "points",
     "reason": "pending", "transactional": true, "statementCount": 1,
     "statements": [{"ordinal": 1, "line": 12, "command": "ALTER TABLE",
       "text": "alter table customers add points int not null",
       "locks": [{"relation": "public.customers", "mode": "ACCESS EXCLUSIVE",
                  "blocks": "reads and writes", "estimatedRows": "1234567",
                  "sizeBytes": "325058560", "scansTable": true}]}],
     "findings": [{"rule": "adding-required-field", "severity": "WARNING", "line": 12, "column": 23,
                   "message": "Old rows have no value.", "fix": "Add a default."}]},
    {"migration": "migrations/V5", "script": "V5__index.sql", "reason": "pending",
     "transactional": false, "statementCount": 3,
     "statements": [{"ordinal": 1, "line": 1, "text": "create index concurrently i on t (j)"}]}]})json";

TEST(PlanText, ReadsLikeAReview) {
  EXPECT_EQ(
      PlanText(From<migrator::v1::MigrationPlan>(kPlan), /*color=*/false),
      "Database shop, version 3 → 5: 2 scripts, 1 of them outside a transaction\n"
      "\n"
      "1. V4__points.sql  points\n"
      "   pending, one transaction with its history row, 1 statement\n"
      "   12  alter table customers add points int not null\n"
      "       - locks public.customers (about 1.2 million rows, 310 MiB) in ACCESS EXCLUSIVE: "
      "keeps out reads and writes; goes through the whole table\n"
      "   ! warning 12:23 adding-required-field: Old rows have no value.\n"
      "     fix: Add a default.\n"
      "\n"
      "2. V5__index.sql\n"
      "   pending, outside a transaction: what it did stays when it fails, 3 statements\n"
      "   1  create index concurrently i on t (j)\n"
      "   … and 2 more\n"
      "\n"
      "Lint: 0 errors, 1 warning, 0 notes.\n");
}

TEST(PlanText, NothingPendingIsOneLine) {
  EXPECT_EQ(PlanText(From<migrator::v1::MigrationPlan>(
                         R"({"database": "shop", "currentVersion": "3", "finalVersion": "3"})"),
                     false),
            "Nothing to apply: database shop is at version 3.\n");
  EXPECT_EQ(PlanText(From<migrator::v1::MigrationPlan>(R"({"database": "shop"})"), false),
            "Nothing to apply: database shop has no version and nothing is pending.\n");
}

TEST(PlanText, AStatementCannotDriveTheTerminal) {
  const auto plan = From<migrator::v1::MigrationPlan>(
      R"({"database": "shop", "steps": [{"script": "V1__a.sql", "statementCount": 1,
          "statements": [{"line": 1, "text": "select '\u001b[2J'"}]}]})");
  EXPECT_THAT(PlanText(plan, false), Not(HasSubstr("\x1b")));
}

TEST(TableSizeText, HasHumanUnits) {
  struct Case {
    const char* lock;
    const char* text;
  };
  constexpr Case kCases[] = {
      {R"({"estimatedRows": "0", "sizeBytes": "8192"})", "about 0 rows, 8 KiB"},
      {R"({"estimatedRows": "1", "sizeBytes": "0"})", "about 1 row"},
      {R"({"estimatedRows": "456789", "sizeBytes": "1"})", "about 457 thousand rows, 1 B"},
      {R"({"estimatedRows": "3000000000"})", "about 3.0 billion rows"},
      {R"({"sizeBytes": "1536"})", "1.5 KiB"},
      {"{}", ""},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(TableSizeText(From<migrator::v1::PlanLock>(c.lock)), c.text);
  }
}

TEST(FindingText, IsALineAsCompilersPrintIt) {
  const auto finding = From<migrator::v1::LintFinding>(
      R"({"rule": "ban-drop-table", "severity": "ERROR", "script": "V7__x.sql", "line": 3,
          "column": 1, "message": "Readers fail.", "fix": "Drop it later."})");
  EXPECT_EQ(FindingText(finding, "", false),
            "V7__x.sql:3:1: error: Readers fail. [ban-drop-table]\n    fix: Drop it later.\n");
  EXPECT_THAT(FindingText(finding, "new/x.sql", true),
              HasSubstr("new/x.sql:3:1: \x1b[31merror\x1b[0m: Readers fail."));
}

TEST(DriftText, ShowsBothDefinitions) {
  const auto drift = From<migrator::v1::Drift>(R"({"drifted": true, "changeCount": 3,
      "capture": {"captureTime": "2026-01-02T03:04:05Z", "migrationRun": "migrationRuns/m1"},
      "changes": [
        {"action": "CHANGED", "objectKind": "view", "object": "public.v",
         "capturedDefinition": "select 1\nfrom t", "currentDefinition": "select 2\nfrom t"},
        {"action": "ADDED", "objectKind": "table", "object": "public.x",
         "currentDefinition": "table x"}]})");
  EXPECT_EQ(DriftText(drift, false),
            "~ view public.v\n"
            "--- captured 2026-01-02 03:04:05 by migrationRuns/m1\n+++ now\n"
            "@@ -1,2 +1,2 @@\n-select 1\n+select 2\n from t\n"
            "\n"
            "+ table public.x\n"
            "--- captured 2026-01-02 03:04:05 by migrationRuns/m1\n+++ now\n"
            "@@ -0,0 +1 @@\n+table x\n"
            "\n… and 1 more\n");
  EXPECT_EQ(DriftText(migrator::v1::Drift(), false), "");
}

}  // namespace
}  // namespace storefront::cli
