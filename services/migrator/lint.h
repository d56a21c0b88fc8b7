// Lint as a service: which scripts are judged, in front of which picture of the database.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/lint_scripts.h"
#include "services/migrator/migration_state.h"
#include "services/migrator/schema_history.h"
#include "services/migrator/script_catalog.h"
#include "services/migrator/script_judge.h"

namespace storefront::migrator {

struct LinterOptions {
  LintOptions lint;
  size_t max_text_bytes = size_t{4} << 20;
  bool out_of_order = false;
  bool mixed = false;  // scripts may be both; else it is a finding
  // Called for each finding that is given out, with its rule.
  std::function<void(absl::string_view rule)> on_finding = [](absl::string_view) {};
};

struct LintRequest {
  std::vector<std::string> migrations;  // ids; empty takes all pending ones, or the text
  std::optional<std::string> text;
  std::string script;  // file name of the text
  bool include_applied = false;
  LintSelection selection;
  bool is_counted = true;  // not when the same is asked for once more, for its next page
};

struct LintReport {
  std::vector<LintFinding> findings;  // by script, then place
  size_t script_count = 0;
};

// Pending scripts are judged in order on top of the live catalog, each after what those before it
// change. What is applied is judged as if it came to an empty database: only the sizes of tables
// are those of today. A text comes after all pending scripts.
//
// Thread-safety: all methods. Lifetime: the references outlive it.
class Linter final : public ScriptJudge {
 public:
  Linter(ScriptCatalog& scripts, SchemaHistory& history, LintCatalogReader& catalog,
         LinterOptions options);

  // FAILED_PRECONDITION with all findings when files cannot be used, or scripts to be judged cannot
  // be split; NOT_FOUND RESOURCE_NOT_FOUND for a migration without file; INVALID_ARGUMENT on `text`
  // and `script`; RESOURCE_EXHAUSTED LIMIT_EXCEEDED when the text is too long; UNAVAILABLE.
  absl::StatusOr<LintReport> Lint(const LintRequest& request);

  absl::StatusOr<std::vector<LintFinding>> Judge(const ScriptsToJudge& scripts) override;

 private:
  struct Folder;

  absl::Status LoadFolder(Folder& folder) const;
  absl::StatusOr<PreparedScript> PrepareText(const LintRequest& request,
                                             const ServerFacts& facts) const;
  // Ready scripts of the lines; one that is wanted and cannot be made ready is a finding.
  std::vector<PreparedScript> PrepareAll(const std::vector<const MigrationLine*>& lines,
                                         const std::set<std::string>& wanted,
                                         const ServerFacts& facts,
                                         std::vector<Finding>& findings) const;
  LintScript Describe(const PreparedScript& script, std::string migration) const;
  void Count(const std::vector<LintFinding>& findings) const;

  ScriptCatalog& scripts_;
  SchemaHistory& history_;
  LintCatalogReader& catalog_;
  const LinterOptions options_;
};

}  // namespace storefront::migrator
