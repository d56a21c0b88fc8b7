// Rules about what consumers of the change stream meet: by publications of the live catalog and of
// what scripts before have changed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

// Of one script: statements in order, then the end.
class CdcRules {
 public:
  void OnStatement(const StatementContext& context, LintFindings& findings);
  // `model` as it stands after the script: a table may be published, or get its key, statements
  // after it was made.
  void OnEnd(const LintModel& model, LintFindings& findings);

 private:
  struct Place {
    size_t statement = 0;
    size_t offset = 0;
  };

  void OnAlterTable(const StatementContext& context, const AlterTableFacts& alter,
                    LintFindings& findings) const;
  void OnTypeChange(const StatementContext& context, LintFindings& findings) const;
  void OnPublication(const StatementContext& context, const PublicationFacts& change,
                     LintFindings& findings);
  void OnRelations(const StatementContext& context, LintFindings& findings) const;

  std::set<std::string> publications_;     // that this script created
  std::map<RelationName, Place> created_;  // tables that could be published
  std::map<RelationName, Place> needs_identity_;
};

}  // namespace storefront::migrator
