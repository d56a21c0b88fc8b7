// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_destructive.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

class Reporter {
 public:
  Reporter(const StatementContext& context, LintFindings& findings)
      : context_(context), findings_(findings) {}

  void Hit(LintRule rule, size_t offset, const RelationName* table = nullptr,
           std::string message = "") const {
    LintHit hit{.rule = rule, .statement = context_.index, .offset = offset};
    if (table != nullptr) hit.relation = context_.model.Resolve(*table);
    hit.message = std::move(message);
    findings_.Add(std::move(hit));
  }

 private:
  const StatementContext& context_;
  LintFindings& findings_;
};

void OnAlter(const AlterTableFacts& alter, const Reporter& report) {
  for (const AlterAction& action : alter.actions) {
    if (action.kind == AlterAction::Kind::kDropColumn) {
      report.Hit(LintRule::kBanDropColumn, action.offset, &alter.table,
                 absl::StrCat("Dropping column ", action.name,
                              " breaks clients that still name it, and its values are lost."));
    } else if (action.kind == AlterAction::Kind::kDropNotNull) {
      report.Hit(LintRule::kBanDropNotNull, action.option_offset, &alter.table);
    }
  }
}

void OnCreate(const CreateTableFacts& create, const Reporter& report) {
  std::map<std::string, std::vector<size_t>> places;
  for (const ColumnFacts& column : create.columns) places[column.name].push_back(column.offset);
  for (const auto& [name, offsets] : places) {
    if (offsets.size() < 2) continue;
    for (const size_t offset : offsets) {
      report.Hit(LintRule::kBanDuplicateColumnAssignments, offset, &create.table);
    }
  }
}

void OnRename(const RenameFacts& rename, const Reporter& report) {
  if (rename.kind != RelationKind::kTable) return;
  if (rename.what == RenameFacts::What::kColumn) {
    report.Hit(LintRule::kRenamingColumn, rename.offset, &rename.object);
  } else if (rename.what == RenameFacts::What::kRelation) {
    report.Hit(LintRule::kRenamingTable, rename.offset, &rename.object);
  }
}

}  // namespace

void LintDestructive(const StatementContext& context, LintFindings& findings) {
  const Reporter report(context, findings);
  const StatementFacts& facts = context.facts;
  if (const auto* alter = facts.As<AlterTableFacts>();
      alter != nullptr && alter->kind == RelationKind::kTable) {
    OnAlter(*alter, report);
  }
  if (const auto* create = facts.As<CreateTableFacts>()) OnCreate(*create, report);
  if (const auto* rename = facts.As<RenameFacts>()) OnRename(*rename, report);
  if (const auto* drop = facts.As<DropFacts>()) {
    if (drop->what == DropFacts::What::kDatabase) report.Hit(LintRule::kBanDropDatabase, 0);
    if (drop->what == DropFacts::What::kTable && !drop->names.empty()) {
      report.Hit(LintRule::kBanDropTable, 0, &drop->names.front());
    }
  }
  if (const auto* truncate = facts.As<TruncateFacts>();
      truncate != nullptr && truncate->cascade && !facts.relations.empty()) {
    report.Hit(LintRule::kBanTruncateCascade, truncate->cascade_offset,
               &facts.relations.front().name);
  }
  if (const auto* changes = facts.As<DataChangeFacts>()) {
    for (const size_t offset : changes->duplicates) {
      report.Hit(LintRule::kBanDuplicateColumnAssignments, offset, &changes->changes.front().table);
    }
  }
}

}  // namespace storefront::migrator
