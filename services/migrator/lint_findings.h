// Findings of one script: where they stand, how bad they are, which of them count.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/migrator/ignore_comments.h"
#include "services/migrator/lint_model.h"
#include "services/migrator/lint_rules.h"
#include "services/migrator/prepared_script.h"

namespace storefront::migrator {

// A script to judge.
struct LintScript {
  const PreparedScript* script = nullptr;
  std::string migration;                       // id; empty for a text
  bool is_mixed_refused = false;               // it would not run: MIXED_SCRIPT
  const Placeholders* placeholders = nullptr;  // null: none is secret
};

struct LintOptions {
  int64_t large_table_rows = 100'000;
  bool one_transaction = false;  // all scripts together, as `group` runs them
};

// What a rule found.
struct LintHit {
  LintRule rule;
  size_t statement = 0;                       // from 0
  size_t offset = 0;                          // in the statement, in bytes
  std::optional<RelationName> relation = {};  // resolved
  std::string message = {};                   // empty takes the rule's
};

// What rules may ask while they look at a statement.
struct StatementContext {
  const PreparedScript& script;
  size_t index;  // of the statement, from 0
  const StatementFacts& facts;
  absl::string_view text;
  bool in_transaction;                    // as far as the script's own BEGIN and COMMIT tell
  const LintModel& model;                 // as it stands before the statement
  const std::set<RelationName>& created;  // in this transaction, before the statement; resolved

  bool IsNew(const RelationName& name) const { return created.contains(model.Resolve(name)); }
};

class LintFindings {
 public:
  // The references outlive it. `model` is asked for sizes when a hit comes in.
  LintFindings(const LintScript& script, const LintModel& model, const LintSelection& selection,
               const LintOptions& options);

  bool Wants(LintRule rule) const { return selection_.Has(rule); }
  // Dropped when the rule is off or a comment covers the place.
  void Add(LintHit hit);
  // At a place of the file that need not be a statement's.
  void AddAt(LintRule rule, size_t file_offset);

  // By place, then rule.
  std::vector<LintFinding> Take();

 private:
  TextPosition PositionIn(size_t statement, size_t offset) const;
  void Keep(const LintHit& hit, const TextPosition& at, int statement);

  const LintScript& script_;
  const LintModel& model_;
  const LintSelection& selection_;
  const LintOptions& options_;
  const IgnoreComments ignored_;
  std::vector<LintFinding> findings_;
};

}  // namespace storefront::migrator
