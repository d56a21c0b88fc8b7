// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_locking.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace storefront::migrator {
namespace {

using Kind = AlterAction::Kind;
using Constraint = ConstraintFacts::Kind;

bool IsSerial(const std::string& type) {
  return type == "serial" || type == "bigserial" || type == "smallserial" || type == "serial2" ||
         type == "serial4" || type == "serial8";
}

// True for an ALTER TABLE action that lets not even readers through.
bool LocksOutReaders(const AlterAction& action) {
  switch (action.kind) {
    case Kind::kValidateConstraint:
    case Kind::kSetStatistics:
    case Kind::kSetOptions:
    case Kind::kTriggerMode:
    case Kind::kAttachPartition:
      return false;
    case Kind::kDetachPartition:
      return !action.concurrently;
    case Kind::kAddConstraint:
      return action.constraint->kind != Constraint::kForeignKey;
    case Kind::kAddColumn:
    case Kind::kDropColumn:
    case Kind::kSetType:
    case Kind::kSetNotNull:
    case Kind::kDropNotNull:
    case Kind::kSetDefault:
    case Kind::kAddIdentity:
    case Kind::kDropConstraint:
    case Kind::kReplicaIdentity:
    case Kind::kOther:
      return true;
  }
  return true;
}

}  // namespace

std::vector<TouchedRelation> ExclusivelyLocked(const StatementContext& context) {
  std::vector<TouchedRelation> locked;
  const StatementFacts& facts = context.facts;
  const auto add = [&](const RelationName& name, Touch touch, size_t offset) {
    if (!context.IsNew(name)) locked.push_back({context.model.Resolve(name), touch, offset});
  };
  if (const auto* alter = facts.As<AlterTableFacts>()) {
    const bool locks = std::any_of(alter->actions.begin(), alter->actions.end(), LocksOutReaders);
    if (alter->kind == RelationKind::kTable && locks) add(alter->table, Touch::kAlter, 0);
    return locked;
  }
  const auto* drop = facts.As<DropFacts>();
  const bool drops_tables = drop != nullptr && drop->what == DropFacts::What::kTable;
  if (drop != nullptr && drop->what == DropFacts::What::kIndex && !drop->concurrently) {
    for (const RelationName& index : drop->names) {
      if (const LintTable* table = context.model.FindTableOfIndex(index)) {
        add(table->name, Touch::kDrop, 0);
      }
    }
  }
  const auto* rename = facts.As<RenameFacts>();
  const bool renames_table = rename != nullptr && rename->kind == RelationKind::kTable;
  const bool rewrites = facts.As<RewriteFacts>() != nullptr;
  for (const TouchedRelation& each : facts.relations) {
    const bool locks =
        (each.touch == Touch::kDrop && drops_tables) || each.touch == Touch::kTruncate ||
        each.touch == Touch::kCluster || (each.touch == Touch::kVacuum && rewrites) ||
        (renames_table && (each.touch == Touch::kRename || each.touch == Touch::kSetSchema));
    if (locks) add(each.name, each.touch, each.offset);
  }
  return locked;
}

void LockingRules::OnStatement(const StatementContext& context, LintFindings& findings) {
  const StatementFacts& facts = context.facts;
  const LintModel& model = context.model;
  const auto hit = [&](LintRule rule, const RelationName& table, size_t offset = 0) {
    if (context.IsNew(table)) return;
    findings.Add({.rule = rule,
                  .statement = context.index,
                  .offset = offset,
                  .relation = model.Resolve(table)});
  };
  if (const auto* index = facts.As<CreateIndexFacts>(); index != nullptr && !index->concurrently) {
    hit(LintRule::kRequireConcurrentIndexCreation, index->table);
  }
  if (const auto* drop = facts.As<DropFacts>();
      drop != nullptr && drop->what == DropFacts::What::kIndex && !drop->concurrently) {
    // One finding: all indexes go at once. The largest table tells how bad it is.
    std::optional<RelationName> largest;
    bool all_new = true;
    for (const RelationName& name : drop->names) {
      const LintTable* table = model.FindTableOfIndex(name);
      if (table != nullptr && context.created.contains(table->name)) continue;
      all_new = false;
      if (table != nullptr && (!largest || model.RowsOf(table->name).value_or(0) >
                                               model.RowsOf(*largest).value_or(0))) {
        largest = table->name;
      }
    }
    if (!all_new) {
      findings.Add({.rule = LintRule::kRequireConcurrentIndexDeletion,
                    .statement = context.index,
                    .relation = largest});
    }
  }
  if (const auto* reindex = facts.As<ReindexFacts>();
      reindex != nullptr && !reindex->concurrently) {
    if (facts.relations.empty()) {
      findings.Add({.rule = LintRule::kRequireConcurrentReindex, .statement = context.index});
    } else {
      const RelationName& named = facts.relations.front().name;
      const LintTable* table = model.FindTableOfIndex(named);
      hit(LintRule::kRequireConcurrentReindex, table == nullptr ? named : table->name);
    }
  }
  if (facts.As<RewriteFacts>() != nullptr) {
    if (facts.relations.empty()) {
      findings.Add({.rule = LintRule::kPreferRepack, .statement = context.index});
    }
    for (const TouchedRelation& each : facts.relations) hit(LintRule::kPreferRepack, each.name);
  }
  if (const auto* alter = facts.As<AlterTableFacts>();
      alter != nullptr && alter->kind == RelationKind::kTable) {
    OnAlterTable(context, *alter, findings);
  }
  if (context.in_transaction) NoteLocks(context, findings);
}

void LockingRules::OnAlterTable(const StatementContext& context, const AlterTableFacts& alter,
                                LintFindings& findings) {
  const bool is_new = context.IsNew(alter.table);
  for (const AlterAction& action : alter.actions) {
    const auto hit = [&](LintRule rule, size_t offset) {
      if (is_new) return;
      findings.Add({.rule = rule,
                    .statement = context.index,
                    .offset = offset,
                    .relation = context.model.Resolve(alter.table)});
    };
    switch (action.kind) {
      case Kind::kAddColumn:
        if (!is_new) OnNewColumn(context, alter, action, findings);
        break;
      case Kind::kAddConstraint:
        OnConstraint(context, alter, action, findings);
        break;
      case Kind::kValidateConstraint:
        if (context.in_transaction && not_valid_.contains(action.name) && !is_new) {
          findings.Add({.rule = LintRule::kConstraintMissingNotValid,
                        .statement = context.index,
                        .offset = action.offset,
                        .relation = context.model.Resolve(alter.table),
                        .message = "The constraint is added NOT VALID and validated in one "
                                   "transaction: the lock of the first lasts through the second."});
        }
        break;
      case Kind::kSetNotNull: {
        const LintTable* table = context.model.FindTable(alter.table);
        const bool is_checked =
            table != nullptr &&
            std::any_of(table->not_null_checks.begin(), table->not_null_checks.end(),
                        [&](const NotNullCheck& check) {
                          return check.validated && check.column == action.name;
                        });
        if (!is_checked) hit(LintRule::kAddingNotNullableField, action.option_offset);
        break;
      }
      case Kind::kSetType:
        hit(LintRule::kChangingColumnType, action.option_offset);
        break;
      case Kind::kDetachPartition:
        if (!action.concurrently) hit(LintRule::kRequireConcurrentPartitionDetach, action.offset);
        break;
      case Kind::kDropColumn:
      case Kind::kDropNotNull:
      case Kind::kSetDefault:
      case Kind::kAddIdentity:
      case Kind::kDropConstraint:
      case Kind::kReplicaIdentity:
      case Kind::kAttachPartition:
      case Kind::kSetStatistics:
      case Kind::kSetOptions:
      case Kind::kTriggerMode:
      case Kind::kOther:
        break;
    }
  }
}

void LockingRules::OnConstraint(const StatementContext& context, const AlterTableFacts& alter,
                                const AlterAction& action, LintFindings& findings) {
  const ConstraintFacts& constraint = *action.constraint;
  if (constraint.not_valid) not_valid_.insert(constraint.name);
  const auto hit = [&](LintRule rule, size_t offset) {
    if (context.IsNew(alter.table)) return;
    findings.Add({.rule = rule,
                  .statement = context.index,
                  .offset = offset,
                  .relation = context.model.Resolve(alter.table)});
  };
  if (constraint.not_valid || !constraint.using_index.empty()) return;
  hit(LintRule::kConstraintMissingNotValid, action.offset);
  if (constraint.kind == Constraint::kForeignKey) {
    hit(LintRule::kAddingForeignKeyConstraint, constraint.offset);
  } else if (constraint.kind == Constraint::kUnique) {
    hit(LintRule::kDisallowedUniqueConstraint, constraint.offset);
  } else if (constraint.kind == Constraint::kPrimaryKey) {
    hit(LintRule::kAddingSerialPrimaryKeyField, constraint.offset);
  }
}

void LockingRules::OnNewColumn(const StatementContext& context, const AlterTableFacts& alter,
                               const AlterAction& action, LintFindings& findings) {
  using Generated = ColumnFacts::Generated;
  const ColumnFacts& column = *action.column;
  const auto hit = [&](LintRule rule, size_t offset, std::string message = "") {
    findings.Add({.rule = rule,
                  .statement = context.index,
                  .offset = offset,
                  .relation = context.model.Resolve(alter.table),
                  .message = std::move(message)});
  };
  const bool is_filled =
      column.default_value || column.generated != Generated::kNo || IsSerial(column.type.name);
  if (column.not_null && !is_filled) hit(LintRule::kAddingRequiredField, action.offset);
  if (column.generated != Generated::kNo) {
    hit(LintRule::kAddingFieldWithDefault, column.generated_offset);
  } else if (IsSerial(column.type.name)) {
    hit(LintRule::kAddingFieldWithDefault, column.type.offset);
  } else if (column.default_value) {
    std::vector<std::string> changing;
    for (const std::string& function : column.default_value->functions) {
      if (!context.model.IsStable(function)) changing.push_back(absl::StrCat(function, "()"));
    }
    if (!changing.empty()) {
      hit(LintRule::kAddingFieldWithDefault, column.default_value->offset,
          absl::StrCat("A default with ", absl::StrJoin(changing, ", "),
                       ", which is volatile, rewrites the table under an ACCESS EXCLUSIVE lock."));
    }
  }
  for (const ConstraintFacts& constraint : column.constraints) {
    if (constraint.kind == Constraint::kForeignKey) {
      hit(LintRule::kAddingForeignKeyConstraint, constraint.offset);
    } else if (constraint.kind == Constraint::kUnique) {
      hit(LintRule::kDisallowedUniqueConstraint, constraint.offset);
    } else if (constraint.kind == Constraint::kPrimaryKey) {
      hit(LintRule::kAddingSerialPrimaryKeyField, constraint.offset);
    }
  }
}

void LockingRules::NoteLocks(const StatementContext& context, LintFindings& findings) {
  for (const TouchedRelation& each : ExclusivelyLocked(context)) {
    changes_definitions_ = true;
    const bool is_second = locked_.insert(each.name).second && locked_.size() == 2;
    if (!is_second) continue;
    findings.Add({.rule = LintRule::kMultipleExclusiveLocks,
                  .statement = context.index,
                  .offset = each.offset,
                  .relation = each.name});
  }
  const auto* changes = context.facts.As<DataChangeFacts>();
  if (changes == nullptr) return;
  for (const DataChangeFacts::Change& change : changes->changes) {
    const bool is_backfill = change.touch != Touch::kInsert || change.has_query;
    if (!is_backfill || context.IsNew(change.table)) continue;
    backfills_.push_back({.rule = LintRule::kBackfillWithDdl,
                          .statement = context.index,
                          .offset = 0,
                          .relation = context.model.Resolve(change.table)});
  }
}

void LockingRules::OnTransactionEnd(LintFindings& findings) {
  if (changes_definitions_) {
    for (LintHit& hit : backfills_) findings.Add(std::move(hit));
  }
  *this = {};
}

}  // namespace storefront::migrator
