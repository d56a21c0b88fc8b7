// Test side: a small database to lint against, and scripts made ready by the real parser.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/migrator/lint_scripts.h"
#include "services/migrator/pgquery_statement_parser.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {

// public.t is small, public.big is large, shop.orders and shop.items are published; shop.items has
// a column of type public.mood, shop.bare has no key.
inline LintCatalog TestLintCatalog() {
  return {
      .search_path = {"public"},
      .tables = {{.name = {"public", "t"},
                  .estimated_rows = 10,
                  .primary_key = "t_pkey",
                  .primary_key_columns = {"id"},
                  .not_null_checks = {{.constraint = "x_set", .column = "x", .validated = true},
                                      {.constraint = "y_set", .column = "y"}}},
                 {.name = {"public", "u"}, .primary_key = "u_pkey", .primary_key_columns = {"id"}},
                 {.name = {"public", "big"},
                  .estimated_rows = 1'000'000,
                  .primary_key = "big_pkey",
                  .primary_key_columns = {"id"}},
                 {.name = {"shop", "orders"},
                  .estimated_rows = 10,
                  .primary_key = "orders_pkey",
                  .primary_key_columns = {"id"},
                  .publications = {"p"}},
                 {.name = {"shop", "items"},
                  .primary_key = "items_pkey",
                  .primary_key_columns = {"id"},
                  .publications = {"p"},
                  .types = {{"public", "mood"}}},
                 {.name = {"shop", "bare"}}},
      .indexes = {{.name = {"public", "t_a"}, .table = {"public", "t"}},
                  {.name = {"public", "big_a"}, .table = {"public", "big"}}},
      .publications = {{.name = "p"}},
      .stable_functions = {"lower", "now"}};
}

struct TestScript {
  std::string file = "V1__a.sql";
  std::string text;
};

// Findings of scripts on top of the catalog, as they would run one after the other.
inline std::vector<LintFinding> LintForTest(const std::vector<TestScript>& files,
                                            const LintSelection& selection = LintSelection(),
                                            const LintCatalog& catalog = TestLintCatalog()) {
  PgQueryStatementParser parser;
  const Placeholders placeholders =
      Placeholders::Make({.values = {{"plain", "v"}}, .secrets = {{"password", "hunter2"}}})
          .value();
  std::vector<std::unique_ptr<PreparedScript>> prepared;
  std::vector<LintScript> scripts;
  for (const TestScript& file : files) {
    const Script script{ParseScriptName(file.file).value(), {"m", file.file}, {}};
    prepared.push_back(std::make_unique<PreparedScript>(
        PrepareScript(script, {TextInMemory(file.text), ScriptChecksum(file.text)}, placeholders,
                      {{"timestamp", "2026-01-01"}}, parser, 1000)
            .value()));
    scripts.push_back({.script = prepared.back().get(),
                       .migration = MigrationId(script.name),
                       .placeholders = &placeholders});
  }
  LintModel model(catalog, LintModel::Start::kLive);
  return LintScripts(scripts, selection, {.large_table_rows = 100'000}, model);
}

// "rule 1:2" for each finding of one script.
inline std::vector<std::string> PlacesForTest(const std::string& text,
                                              const LintSelection& selection = LintSelection()) {
  std::vector<std::string> places;
  for (const LintFinding& each : LintForTest({{.text = text}}, selection)) {
    places.push_back(absl::StrCat(each.rule, " ", each.line, ":", each.column));
  }
  return places;
}

}  // namespace storefront::migrator
