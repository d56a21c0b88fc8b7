// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_types.h"

#include <algorithm>
#include <initializer_list>

namespace storefront::migrator {
namespace {

bool IsOneOf(absl::string_view name, std::initializer_list<absl::string_view> list) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void LintType(const StatementContext& context, const RelationName& table, const TypeFacts& type,
              LintFindings& findings) {
  const auto hit = [&](LintRule rule) {
    findings.Add({.rule = rule,
                  .statement = context.index,
                  .offset = type.offset,
                  .relation = context.model.Resolve(table)});
  };
  if (IsOneOf(type.name, {"bpchar", "char"})) hit(LintRule::kBanCharField);
  if (IsOneOf(type.name, {"int4", "serial", "serial4"})) hit(LintRule::kPreferBigintOverInt);
  if (IsOneOf(type.name, {"int2", "smallserial", "serial2"})) {
    hit(LintRule::kPreferBigintOverSmallint);
  }
  if (IsOneOf(type.name, {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})) {
    hit(LintRule::kPreferIdentity);
  }
  if (type.name == "varchar" && type.has_modifiers) hit(LintRule::kPreferTextField);
  if (type.name == "timestamp") hit(LintRule::kPreferTimestampTz);
}

}  // namespace

void LintTypes(const StatementContext& context, LintFindings& findings) {
  if (const auto* create = context.facts.As<CreateTableFacts>();
      create != nullptr && !create->is_foreign) {
    for (const ColumnFacts& column : create->columns) {
      LintType(context, create->table, column.type, findings);
    }
  }
  if (const auto* alter = context.facts.As<AlterTableFacts>();
      alter != nullptr && alter->kind == RelationKind::kTable) {
    for (const AlterAction& action : alter->actions) {
      if (action.column) LintType(context, alter->table, action.column->type, findings);
      if (action.type) LintType(context, alter->table, *action.type, findings);
    }
  }
  if (const auto* change = context.facts.As<TypeChangeFacts>()) {
    using What = TypeChangeFacts::What;
    const auto hit = [&](LintRule rule, size_t offset) {
      findings.Add({.rule = rule, .statement = context.index, .offset = offset});
    };
    if (change->what == What::kAddEnumValue && !change->has_neighbour) {
      hit(LintRule::kRequireEnumValueOrdering, change->offset);
    }
    if (!change->constraint_offsets.empty()) {
      hit(LintRule::kBanCreateDomainWithConstraint, change->constraint_offsets.front());
    }
    if (change->what == What::kAddDomainConstraint) {
      hit(LintRule::kBanAlterDomainWithAddConstraint, change->offset);
    }
  }
}

}  // namespace storefront::migrator
