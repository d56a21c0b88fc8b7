// Rules about transactions: of the script's own making, and what is left behind without one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

// Of one script: statements in order, then the end.
class TransactionRules {
 public:
  explicit TransactionRules(bool is_mixed_refused) : is_mixed_refused_(is_mixed_refused) {}

  void OnStatement(const StatementContext& context, LintFindings& findings);
  void OnEnd(LintFindings& findings);

 private:
  void CheckRobust(const StatementContext& context, LintFindings& findings);
  void CheckTimeouts(const StatementContext& context, LintFindings& findings);

  const bool is_mixed_refused_;
  std::optional<size_t> open_begin_;             // the statement
  std::map<std::string, bool> constraints_;      // that were dropped; true once added again
  std::map<LintRule, bool> timeout_is_settled_;  // set, or reported
};

}  // namespace storefront::migrator
