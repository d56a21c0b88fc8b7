// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/lint_policy.h"

namespace storefront::migrator {
namespace {

constexpr LintSeverity kNote = LintSeverity::kNote;
constexpr LintSeverity kWarning = LintSeverity::kWarning;
constexpr LintSeverity kError = LintSeverity::kError;
constexpr LintTrait kPlain = LintTrait::kPlain;
constexpr LintTrait kLocking = LintTrait::kLocking;
constexpr LintTrait kCdc = LintTrait::kCdc;
constexpr LintTrait kOptIn = LintTrait::kOptIn;

constexpr LintRuleInfo kRules[] = {
#define STOREFRONT_LINT_RULE(id, name, severity, trait, what, fix) \
  {LintRule::id, name, severity, trait, what, fix},
#include "services/migrator/lint_rules.inc"
#undef STOREFRONT_LINT_RULE
};

struct Alias {
  absl::string_view name;
  LintRule rule;
};
constexpr Alias kAliases[] = {
    {"prefer-timestamptz", LintRule::kPreferTimestampTz},
    {"require-timeout-settings", LintRule::kRequireLockTimeout},
    {"require-timeout-settings", LintRule::kRequireStatementTimeout},
};

absl::StatusOr<std::vector<LintRule>> FindAll(const std::vector<std::string>& names,
                                              absl::string_view field) {
  std::vector<LintRule> rules;
  std::vector<status::FieldViolation> wrong;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::vector<LintRule> found = FindLintRules(names[i]);
    if (found.empty()) {
      wrong.push_back({absl::StrCat(field, "[", i, "]"),
                       absl::StrCat("there is no rule \"", names[i], "\"; docs/lint.md has them")});
    }
    rules.insert(rules.end(), found.begin(), found.end());
  }
  RETURN_IF_ERROR(status::InvalidFields(std::move(wrong)));
  return rules;
}

absl::string_view TraitText(LintTrait trait) {
  switch (trait) {
    case LintTrait::kPlain:
      return "";
    case LintTrait::kLocking:
      return "locking";
    case LintTrait::kCdc:
      return "published tables";
    case LintTrait::kOptIn:
      return "off by default";
  }
  return "";
}

}  // namespace

absl::Span<const LintRuleInfo> LintRules() { return kRules; }

const LintRuleInfo& InfoOf(LintRule rule) { return kRules[static_cast<size_t>(rule)]; }

std::vector<LintRule> FindLintRules(absl::string_view name) {
  std::vector<LintRule> found;
  for (const LintRuleInfo& info : kRules) {
    if (info.name == name) found.push_back(info.rule);
  }
  for (const Alias& alias : kAliases) {
    if (alias.name == name) found.push_back(alias.rule);
  }
  return found;
}

LintSelection::LintSelection() {
  for (const LintRuleInfo& info : kRules) {
    if (info.trait != LintTrait::kOptIn) rules_.insert(info.rule);
  }
}

absl::StatusOr<LintSelection> LintSelection::Make(const std::vector<std::string>& enable,
                                                  const std::vector<std::string>& disable) {
  LintSelection selection;
  ASSIGN_OR_RETURN(const std::vector<LintRule> enabled, FindAll(enable, "enable_rules"));
  ASSIGN_OR_RETURN(const std::vector<LintRule> disabled, FindAll(disable, "disable_rules"));
  selection.rules_.insert(enabled.begin(), enabled.end());
  for (const LintRule rule : disabled) selection.rules_.erase(rule);
  return selection;
}

std::string LintRulesMarkdown() {
  std::string text =
      "# Lint rules\n"
      "Made from `services/migrator/lint_rules.inc`; edit that, then `make docs`.\n"
      "\n"
      "Names without `cdc-` are squawk's where squawk has the rule, so its comments work:\n"
      "`-- squawk-ignore rule[, rule] -- reason` on or above a statement, `-- squawk-ignore-file\n"
      "[rule, …]` anywhere in a file. With `lint_policy` error a finding of severity error stops\n"
      "Migrate before it starts; warnings and notes never do.\n"
      "\n"
      "*locking*: one step more severe on a table with more rows than `large_table_rows` (by the\n"
      "live catalog); not applied to tables that the same transaction creates. *published "
      "tables*:\n"
      "by the publications of the live catalog and what earlier pending files change about them.\n"
      "`prefer-timestamptz` is another name of `prefer-timestamp-tz`; `require-timeout-settings`\n"
      "stands for `require-lock-timeout` and `require-statement-timeout`.\n";
  for (const LintSeverity severity : {kError, kWarning, kNote}) {
    absl::StrAppend(&text, "\n## ", LintSeverityName(severity), "\n| rule | | what | fix |\n",
                    "|---|---|---|---|\n");
    std::vector<const LintRuleInfo*> rows;
    for (const LintRuleInfo& info : kRules) {
      if (info.severity == severity) rows.push_back(&info);
    }
    std::sort(rows.begin(), rows.end(),
              [](const LintRuleInfo* a, const LintRuleInfo* b) { return a->name < b->name; });
    for (const LintRuleInfo* info : rows) {
      absl::StrAppend(&text, "| `", info->name, "` | ", TraitText(info->trait), " | ", info->what,
                      " | ", info->fix, " |\n");
    }
  }
  return text;
}

}  // namespace storefront::migrator
