// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_scripts.h"

#include <iterator>
#include <utility>

#include "services/migrator/lint_cdc.h"
#include "services/migrator/lint_destructive.h"
#include "services/migrator/lint_locking.h"
#include "services/migrator/lint_names.h"
#include "services/migrator/lint_transactions.h"
#include "services/migrator/lint_types.h"

namespace storefront::migrator {
namespace {

// Which tables the transaction under way has created.
class TransactionState {
 public:
  // With `goes_on` in the transaction of the script before.
  void OnScript(bool transactional, bool goes_on) {
    if (!goes_on) created_.clear();
    transactional_ = transactional;
    explicit_ = false;
  }

  bool is_open() const { return transactional_ || explicit_; }
  const std::set<RelationName>& created() const { return created_; }

  // `before` is the picture before the statement.
  void NoteCreated(const StatementFacts& facts, const LintModel& before) {
    if (!is_open()) return;
    if (const auto* create = facts.As<CreateTableFacts>()) {
      RelationName name = before.NewName(create->table);
      const bool is_temporary = create->persistence == CreateTableFacts::Persistence::kTemporary;
      if (is_temporary) name.schema = "pg_temp";
      if (create->if_not_exists && before.FindTable(name) != nullptr) return;
      created_.insert(std::move(name));
    }
    if (const auto* rename = facts.As<RenameFacts>()) {
      const RelationName from = before.Resolve(rename->object);
      if (!created_.contains(from)) return;
      RelationName to = from;
      if (rename->what == RenameFacts::What::kRelation) to.name = rename->new_name;
      if (rename->what == RenameFacts::What::kSchemaOf) to.schema = rename->new_name;
      created_.erase(from);
      created_.insert(std::move(to));
    }
  }

  // True when this statement ended the transaction.
  bool NoteControl(const StatementFacts& facts) {
    if (facts.kind != StatementFacts::Kind::kTransactionControl) return false;
    explicit_ = facts.command == "BEGIN" || facts.command == "START";
    if (!explicit_) created_.clear();
    return !explicit_;
  }

 private:
  bool transactional_ = true;
  bool explicit_ = false;
  std::set<RelationName> created_;
};

std::vector<LintFinding> LintOne(const LintScript& script, const LintSelection& selection,
                                 const LintOptions& options, LintModel& model,
                                 TransactionState& state) {
  LintFindings findings(script, model, selection, options);
  LockingRules locking;
  CdcRules cdc;
  TransactionRules transactions(script.is_mixed_refused);
  state.OnScript(script.script->transactional, options.one_transaction);
  const auto& statements = script.script->statements;
  const ScriptText& text = script.script->replaced.script_text();
  size_t released = 0;
  for (size_t i = 0; i < statements.size(); ++i) {
    // What was judged need not stay in memory; scripts can be large.
    if (const size_t begin = statements[i].place.offset;
        begin - released >= ScriptText::kPieceBytes) {
      text.Release(released, begin);
      released = begin;
    }
    const StatementFacts& facts = statements[i].facts;
    const StatementContext context{.script = *script.script,
                                   .index = i,
                                   .facts = facts,
                                   .text = script.script->Text(statements[i]),
                                   .in_transaction = state.is_open(),
                                   .model = model,
                                   .created = state.created()};
    transactions.OnStatement(context, findings);
    locking.OnStatement(context, findings);
    cdc.OnStatement(context, findings);
    LintTypes(context, findings);
    LintDestructive(context, findings);
    LintNames(context, findings);
    if (state.NoteControl(facts)) locking.OnTransactionEnd(findings);
    state.NoteCreated(facts, model);
    model.Apply(facts);
  }
  locking.OnTransactionEnd(findings);
  transactions.OnEnd(findings);
  cdc.OnEnd(model, findings);
  LintPlaceholders(script, findings);
  text.Release(0, text.view().size());
  script.script->raw->Release(0, script.script->raw->view().size());
  return findings.Take();
}

void AskForFunctions(const std::vector<AlterAction>& actions, std::set<std::string>& functions) {
  for (const AlterAction& action : actions) {
    if (!action.column || !action.column->default_value) continue;
    const auto& called = action.column->default_value->functions;
    functions.insert(called.begin(), called.end());
  }
}

}  // namespace

std::vector<LintFinding> LintScripts(const std::vector<LintScript>& scripts,
                                     const LintSelection& selection, const LintOptions& options,
                                     LintModel& model) {
  std::vector<LintFinding> all;
  TransactionState state;
  for (const LintScript& script : scripts) {
    std::vector<LintFinding> found = LintOne(script, selection, options, model, state);
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

LintCatalogRequest CatalogRequestFor(const std::vector<LintScript>& scripts) {
  LintCatalogRequest request;
  for (const LintScript& script : scripts) {
    for (const PreparedStatement& statement : script.script->statements) {
      for (const TouchedRelation& each : statement.facts.relations) {
        request.relations.insert(each.name);
      }
      if (const auto* alter = statement.facts.As<AlterTableFacts>()) {
        AskForFunctions(alter->actions, request.functions);
      }
    }
  }
  return request;
}

}  // namespace storefront::migrator
