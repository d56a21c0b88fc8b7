// The rules of lint: their names, how bad a finding is, what it says and what to write instead.
// Source: names and meaning as in squawk 2.66, so that its comments and documents work; the cdc-
// rules and a few others are ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/migrator/script_judge.h"

namespace storefront::migrator {

enum class LintRule {
#define STOREFRONT_LINT_RULE(id, name, severity, trait, what, fix) id,
#include "services/migrator/lint_rules.inc"
#undef STOREFRONT_LINT_RULE
};

enum class LintTrait {
  kPlain,
  kLocking,  // rises a step on a large table; not applied to tables that the same script creates
  kCdc,      // about published tables
  kOptIn,    // off unless asked for
};

struct LintRuleInfo {
  LintRule rule;
  absl::string_view name;
  LintSeverity severity;
  LintTrait trait;
  absl::string_view what;  // sentences
  absl::string_view fix;
};

// All, in the order of the enum.
absl::Span<const LintRuleInfo> LintRules();
const LintRuleInfo& InfoOf(LintRule rule);

// By name or alias (prefer-timestamptz, require-timeout-settings for the two it stands for); empty
// when there is none.
std::vector<LintRule> FindLintRules(absl::string_view name);

// Which rules are applied.
class LintSelection {
 public:
  // All but the opt-in ones.
  LintSelection();
  // INVALID_ARGUMENT INVALID_FIELD on `enable_rules[i]` or `disable_rules[i]` for a name that is no
  // rule. What is in both is off.
  static absl::StatusOr<LintSelection> Make(const std::vector<std::string>& enable,
                                            const std::vector<std::string>& disable);

  bool Has(LintRule rule) const { return rules_.contains(rule); }

 private:
  std::set<LintRule> rules_;
};

// docs/lint.md.
std::string LintRulesMarkdown();

}  // namespace storefront::migrator
