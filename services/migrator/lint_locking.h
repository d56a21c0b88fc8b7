// Rules about locks that keep readers or writers waiting, and about statements that fail on a table
// with rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

// Existing relations that the statement locks so that not even readers pass (ACCESS EXCLUSIVE), by
// their resolved names, with the places where they are named.
std::vector<TouchedRelation> ExclusivelyLocked(const StatementContext& context);

// Of one script: statements in order, then the end of each transaction.
class LockingRules {
 public:
  void OnStatement(const StatementContext& context, LintFindings& findings);
  void OnTransactionEnd(LintFindings& findings);

 private:
  void OnAlterTable(const StatementContext& context, const AlterTableFacts& alter,
                    LintFindings& findings);
  void OnConstraint(const StatementContext& context, const AlterTableFacts& alter,
                    const AlterAction& action, LintFindings& findings);
  void OnNewColumn(const StatementContext& context, const AlterTableFacts& alter,
                   const AlterAction& action, LintFindings& findings);
  void NoteLocks(const StatementContext& context, LintFindings& findings);

  // Of the transaction under way:
  std::set<std::string> not_valid_;   // constraints that it added NOT VALID
  std::set<RelationName> locked_;     // exclusively
  bool changes_definitions_ = false;  // of an existing table
  std::vector<LintHit> backfills_;
};

}  // namespace storefront::migrator
