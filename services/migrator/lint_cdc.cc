// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_cdc.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace storefront::migrator {
namespace {

using Kind = AlterAction::Kind;

// The table when its changes are published and it was there before the script.
const LintTable* Published(const StatementContext& context, const RelationName& name) {
  const LintTable* table = context.model.FindTable(name);
  if (table == nullptr || table->publications.empty()) return nullptr;
  return context.created.contains(table->name) ? nullptr : table;
}

LintHit Hit(LintRule rule, const StatementContext& context, size_t offset,
            const RelationName& table, std::string message = "") {
  return {.rule = rule,
          .statement = context.index,
          .offset = offset,
          .relation = context.model.Resolve(table),
          .message = std::move(message)};
}

bool IsPrimaryKey(const ConstraintFacts& constraint) {
  return constraint.kind == ConstraintFacts::Kind::kPrimaryKey;
}

}  // namespace

void CdcRules::OnStatement(const StatementContext& context, LintFindings& findings) {
  const StatementFacts& facts = context.facts;
  if (const auto* alter = facts.As<AlterTableFacts>();
      alter != nullptr && alter->kind == RelationKind::kTable) {
    OnAlterTable(context, *alter, findings);
  }
  OnTypeChange(context, findings);
  if (const auto* change = facts.As<PublicationFacts>()) OnPublication(context, *change, findings);
  OnRelations(context, findings);
  if (const auto* create = facts.As<CreateTableFacts>()) {
    const bool can_be_published =
        create->persistence == CreateTableFacts::Persistence::kPermanent && !create->is_foreign &&
        !create->is_materialized_view && !create->partition_of;
    RelationName name = context.model.NewName(create->table);
    const bool exists = create->if_not_exists && context.model.FindTable(name) != nullptr;
    if (can_be_published && !exists) {
      created_.emplace(name, Place{context.index, 0});
      needs_identity_.emplace(std::move(name), Place{context.index, 0});
    }
  }
}

void CdcRules::OnAlterTable(const StatementContext& context, const AlterTableFacts& alter,
                            LintFindings& findings) const {
  const LintTable* table = Published(context, alter.table);
  if (table == nullptr) return;
  const auto hit = [&](LintRule rule, size_t offset, std::string message = "") {
    findings.Add(Hit(rule, context, offset, alter.table, std::move(message)));
  };
  const auto& key = table->primary_key_columns;
  for (const AlterAction& action : alter.actions) {
    const bool adds_key =
        (action.constraint && IsPrimaryKey(*action.constraint)) ||
        (action.column && std::any_of(action.column->constraints.begin(),
                                      action.column->constraints.end(), IsPrimaryKey));
    const bool drops_key =
        (action.kind == Kind::kDropConstraint && action.name == table->primary_key) ||
        (action.kind == Kind::kDropColumn &&
         std::find(key.begin(), key.end(), action.name) != key.end());
    if (adds_key || drops_key) hit(LintRule::kCdcPrimaryKeyChanged, action.offset);
    if (action.kind == Kind::kDropColumn) {
      hit(LintRule::kCdcColumnDropped, action.offset,
          absl::StrCat("Published column ", action.name,
                       " goes: consumers of the change stream lose the field."));
    } else if (action.kind == Kind::kSetType) {
      hit(LintRule::kCdcColumnTypeChanged, action.option_offset);
    } else if (action.kind == Kind::kReplicaIdentity) {
      hit(LintRule::kCdcReplicaIdentityChanged, action.offset);
    }
  }
}

void CdcRules::OnTypeChange(const StatementContext& context, LintFindings& findings) const {
  using What = TypeChangeFacts::What;
  std::vector<RelationName> types;
  size_t offset = 0;
  if (const auto* change = context.facts.As<TypeChangeFacts>();
      change != nullptr && change->what != What::kCreateDomain) {
    types.push_back(change->type);
    offset = change->offset;
  } else if (const auto* alter = context.facts.As<AlterTableFacts>();
             alter != nullptr && alter->kind == RelationKind::kOther) {
    types.push_back(alter->table);
    if (!alter->actions.empty()) offset = alter->actions.front().offset;
  } else if (const auto* rename = context.facts.As<RenameFacts>();
             rename != nullptr && rename->what == RenameFacts::What::kType) {
    types.push_back(rename->object);
    offset = rename->offset;
  } else if (const auto* drop = context.facts.As<DropFacts>();
             drop != nullptr &&
             (drop->what == DropFacts::What::kType || drop->what == DropFacts::What::kDomain)) {
    types = drop->names;
  }
  for (const RelationName& type : types) {
    std::vector<std::string> tables;
    for (const LintTable* table : context.model.PublishedWithType(type)) {
      if (!context.created.contains(table->name)) tables.push_back(table->name.Text());
    }
    if (tables.empty()) continue;
    findings.Add(
        {.rule = LintRule::kCdcTypeChanged,
         .statement = context.index,
         .offset = offset,
         .relation = context.model.PublishedWithType(type).front()->name,
         .message = absl::StrCat("Type ", type.Text(), " changes, and published columns of ",
                                 absl::StrJoin(tables, ", "),
                                 " have it: consumers of the change stream meet values or "
                                 "a schema that they do not know.")});
  }
}

void CdcRules::OnPublication(const StatementContext& context, const PublicationFacts& change,
                             LintFindings& findings) {
  using Action = PublicationFacts::Action;
  if (change.action == Action::kCreate) publications_.insert(change.name);
  const bool is_ours = publications_.contains(change.name);
  if (change.action == Action::kRename && is_ours) publications_.insert(change.new_name);
  const bool only_adds = change.action == Action::kCreate || change.action == Action::kAdd ||
                         change.action == Action::kOwner;
  if (!only_adds && !is_ours) {
    findings.Add({.rule = LintRule::kCdcPublicationChanged,
                  .statement = context.index,
                  .message = absl::StrCat("Publication ", change.name,
                                          " changes in more than what it adds: consumers lose "
                                          "events without one that says so.")});
  }
  if (change.action == Action::kDrop) return;
  for (const TouchedRelation& each : context.facts.relations) {
    if (each.touch != Touch::kPublish) continue;
    needs_identity_.emplace(context.model.Resolve(each.name), Place{context.index, each.offset});
  }
}

void CdcRules::OnRelations(const StatementContext& context, LintFindings& findings) const {
  const StatementFacts& facts = context.facts;
  if (const auto* rename = facts.As<RenameFacts>();
      rename != nullptr && Published(context, rename->object) != nullptr) {
    const LintTable* table = Published(context, rename->object);
    if (rename->what == RenameFacts::What::kColumn) {
      findings.Add(
          Hit(LintRule::kCdcColumnRenamed, context, rename->offset, rename->object,
              absl::StrCat("Published column ", rename->name, " becomes ", rename->new_name,
                           ": in the change stream one field ends and another begins.")));
    } else if ((rename->what == RenameFacts::What::kRelation ||
                rename->what == RenameFacts::What::kSchemaOf) &&
               !table->is_partition) {
      findings.Add(Hit(LintRule::kCdcPublicationChanged, context, rename->offset, rename->object,
                       "A published table changes its name: its events go to another topic from "
                       "here on."));
    }
  }
  if (const auto* drop = facts.As<DropFacts>()) {
    if (drop->what == DropFacts::What::kTable) {
      for (const RelationName& name : drop->names) {
        const LintTable* table = Published(context, name);
        if (table == nullptr || table->is_partition) continue;
        findings.Add(Hit(LintRule::kCdcPublicationChanged, context, 0, name,
                         "A published table goes, and out of its publication with it; consumers "
                         "of the change stream see no event of that."));
      }
    }
    if (drop->what == DropFacts::What::kPublication) {
      for (const RelationName& name : drop->names) {
        if (publications_.contains(name.name)) continue;
        findings.Add({.rule = LintRule::kCdcPublicationChanged,
                      .statement = context.index,
                      .message = absl::StrCat("Publication ", name.name,
                                              " goes: every consumer of it stops.")});
      }
    }
  }
  if (facts.As<TruncateFacts>() != nullptr) {
    for (const TouchedRelation& each : facts.relations) {
      if (Published(context, each.name) == nullptr) continue;
      findings.Add(Hit(LintRule::kCdcTruncate, context, each.offset, each.name));
    }
  }
  if (const auto* changes = facts.As<DataChangeFacts>()) {
    for (const DataChangeFacts::Change& change : changes->changes) {
      const bool touches_all = (change.touch == Touch::kUpdate || change.touch == Touch::kDelete) &&
                               !change.has_condition;
      if (!touches_all || Published(context, change.table) == nullptr) continue;
      findings.Add(Hit(LintRule::kCdcLongTransaction, context, 0, change.table));
    }
  }
}

void CdcRules::OnEnd(const LintModel& model, LintFindings& findings) {
  for (const auto& [name, place] : created_) {
    const LintTable* table = model.FindTable(name);
    if (table == nullptr || table->is_partition || !table->publications.empty()) continue;
    if (!model.PublishesIn(name.schema)) continue;
    findings.Add({.rule = LintRule::kCdcTableNotPublished,
                  .statement = place.statement,
                  .offset = place.offset,
                  .relation = name});
  }
  for (const auto& [name, place] : needs_identity_) {
    const LintTable* table = model.FindTable(name);
    if (table == nullptr || table->publications.empty() || !table->primary_key.empty()) continue;
    const bool has_other = table->replica_identity == ReplicaIdentity::kFull ||
                           table->replica_identity == ReplicaIdentity::kIndex;
    if (has_other) continue;
    findings.Add({.rule = LintRule::kCdcTableWithoutIdentity,
                  .statement = place.statement,
                  .offset = place.offset,
                  .relation = name});
  }
}

}  // namespace storefront::migrator
