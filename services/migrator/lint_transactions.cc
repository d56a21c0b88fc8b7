// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_transactions.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator {
namespace {

using Kind = AlterAction::Kind;

size_t OffsetOfWord(absl::string_view text, absl::string_view word) {
  for (const SqlToken& token : TokensOf(text)) {
    if (IsWord(text, token, word)) return token.offset;
  }
  return 0;
}

// Statements that may wait for a lock, or work long: all that define something but for a plain new
// table.
bool MayBeSlow(const StatementFacts& facts) {
  if (const auto* create = facts.As<CreateTableFacts>()) {
    return create->from_query || create->is_foreign ||
           std::any_of(facts.relations.begin(), facts.relations.end(),
                       [](const auto& each) { return each.touch == Touch::kReference; });
  }
  for (const absl::string_view verb : {"CREATE", "ALTER", "DROP", "TRUNCATE", "LOCK", "REINDEX",
                                       "CLUSTER", "VACUUM", "REFRESH", "COMMENT", "IMPORT"}) {
    if (facts.command == verb || absl::StartsWith(facts.command, absl::StrCat(verb, " "))) {
      return true;
    }
  }
  return false;
}

}  // namespace

void TransactionRules::OnStatement(const StatementContext& context, LintFindings& findings) {
  const StatementFacts& facts = context.facts;
  if (!facts.parsed) findings.Add({.rule = LintRule::kParseError, .statement = context.index});
  if (facts.kind == StatementFacts::Kind::kTransactionControl) {
    findings.Add({.rule = LintRule::kTransactionNesting, .statement = context.index});
    const bool begins = facts.command == "BEGIN" || facts.command == "START";
    if (begins && !open_begin_) open_begin_ = context.index;
    if (!begins) open_begin_.reset();
  }
  if (const auto* index = facts.As<CreateIndexFacts>();
      index != nullptr && index->concurrently && (context.in_transaction || is_mixed_refused_)) {
    findings.Add({.rule = LintRule::kBanConcurrentIndexCreationInTransaction,
                  .statement = context.index,
                  .offset = OffsetOfWord(context.text, "concurrently"),
                  .relation = context.model.Resolve(index->table)});
  }
  CheckRobust(context, findings);
  CheckTimeouts(context, findings);
}

void TransactionRules::OnEnd(LintFindings& findings) {
  if (!open_begin_) return;
  findings.Add({.rule = LintRule::kBanUncommittedTransaction, .statement = *open_begin_});
}

void TransactionRules::CheckRobust(const StatementContext& context, LintFindings& findings) {
  const StatementFacts& facts = context.facts;
  const auto hit = [&](size_t offset) {
    findings.Add(
        {.rule = LintRule::kPreferRobustStmts, .statement = context.index, .offset = offset});
  };
  if (const auto* alter = facts.As<AlterTableFacts>();
      alter != nullptr && alter->kind == RelationKind::kTable) {
    for (const AlterAction& action : alter->actions) {
      bool is_robust = false;
      if (action.kind == Kind::kDropConstraint) {
        constraints_[action.name] = false;
        is_robust = action.if_exists;
      } else if (action.kind == Kind::kAddColumn || action.kind == Kind::kDropColumn) {
        is_robust = action.if_exists;
      } else if (action.kind == Kind::kValidateConstraint) {
        is_robust = constraints_.contains(action.name);
      } else if (action.kind == Kind::kAddConstraint) {
        const auto dropped = constraints_.find(action.name);
        is_robust = dropped != constraints_.end() && !dropped->second;
        if (is_robust) dropped->second = true;
      }
      if (!is_robust && !context.in_transaction) hit(action.offset);
    }
  }
  if (const auto* index = facts.As<CreateIndexFacts>();
      index != nullptr && !index->if_not_exists && !index->index.empty() &&
      (index->concurrently || !context.in_transaction)) {
    hit(0);
  }
  if (context.in_transaction) return;
  if (const auto* rename = facts.As<RenameFacts>();
      rename != nullptr && rename->kind == RelationKind::kTable) {
    hit(rename->offset);
  }
  if (const auto* create = facts.As<CreateTableFacts>();
      create != nullptr && !create->if_not_exists && !create->from_query && !create->is_foreign &&
      !create->drops_on_commit) {
    hit(0);
  }
  if (const auto* drop = facts.As<DropFacts>(); drop != nullptr && !drop->if_exists) {
    using What = DropFacts::What;
    const bool counts =
        drop->what == What::kTable || drop->what == What::kIndex || drop->what == What::kType;
    if (counts) hit(0);
  }
}

void TransactionRules::CheckTimeouts(const StatementContext& context, LintFindings& findings) {
  if (const auto* set = context.facts.As<SetFacts>()) {
    if (set->name == "lock_timeout") timeout_is_settled_[LintRule::kRequireLockTimeout] = true;
    if (set->name == "statement_timeout") {
      timeout_is_settled_[LintRule::kRequireStatementTimeout] = true;
    }
    return;
  }
  if (!MayBeSlow(context.facts)) return;
  for (const LintRule rule : {LintRule::kRequireLockTimeout, LintRule::kRequireStatementTimeout}) {
    bool& is_settled = timeout_is_settled_[rule];
    if (!is_settled) findings.Add({.rule = rule, .statement = context.index});
    is_settled = true;
  }
}

}  // namespace storefront::migrator
