// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_names.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator {
namespace {

constexpr size_t kNameBytesMax = 63;
constexpr size_t kPlaceholderNameBytesMax = 200;

void CheckLengths(const StatementContext& context, LintFindings& findings) {
  if (!findings.Wants(LintRule::kIdentifierTooLong)) return;
  SqlTokens tokens(context.text);
  for (SqlToken token; tokens.Next(token);) {
    const bool is_name =
        token.kind == SqlToken::Kind::kWord || token.kind == SqlToken::Kind::kQuotedName;
    if (!is_name || token.length <= kNameBytesMax) continue;
    const std::string name = NameOf(context.text, token);
    if (name.size() <= kNameBytesMax) continue;
    findings.Add({.rule = LintRule::kIdentifierTooLong,
                  .statement = context.index,
                  .offset = token.offset,
                  .message = absl::StrCat("The name ", name, " has ", name.size(),
                                          " bytes; Postgres cuts it after ", kNameBytesMax,
                                          " without an error.")});
  }
}

// CREATE, ALTER and DROP TABLE: one finding for each table that is named without schema.
void CheckSchemas(const StatementContext& context, LintFindings& findings) {
  if (!findings.Wants(LintRule::kRequireTableSchema)) return;
  const StatementFacts& facts = context.facts;
  const auto hit = [&](const RelationName& table, size_t offset) {
    if (!table.schema.empty()) return;
    findings.Add({.rule = LintRule::kRequireTableSchema,
                  .statement = context.index,
                  .offset = offset,
                  .relation = context.model.Resolve(table)});
  };
  const auto* create = facts.As<CreateTableFacts>();
  const bool creates = create != nullptr && !create->is_foreign && !create->is_materialized_view &&
                       create->persistence != CreateTableFacts::Persistence::kTemporary;
  const auto* alter = facts.As<AlterTableFacts>();
  const bool alters = alter != nullptr && alter->kind == RelationKind::kTable;
  const auto* rename = facts.As<RenameFacts>();
  const bool renames = rename != nullptr && rename->kind == RelationKind::kTable;
  for (const TouchedRelation& each : facts.relations) {
    const bool counts =
        (creates && each.touch == Touch::kCreate) ||
        (alters && each.touch == Touch::kAlter && each.name == alter->table) ||
        (renames && (each.touch == Touch::kRename || each.touch == Touch::kSetSchema));
    if (counts) hit(each.name, each.offset);
  }
  if (const auto* drop = facts.As<DropFacts>();
      drop != nullptr && drop->what == DropFacts::What::kTable) {
    for (const RelationName& table : drop->names) hit(table, 0);
  }
}

}  // namespace

void LintNames(const StatementContext& context, LintFindings& findings) {
  CheckLengths(context, findings);
  CheckSchemas(context, findings);
}

void LintPlaceholders(const LintScript& script, LintFindings& findings) {
  const PreparedScript& prepared = *script.script;
  const bool is_repeatable = prepared.script.name.kind == ScriptKind::kRepeatable;
  std::set<std::pair<LintRule, std::string>>
      reported;  // once per name: COPY data can have millions
  ForEachPlaceholder(*prepared.raw, [&](const PlaceholderUse& use) {
    if (use.name.size() > kPlaceholderNameBytesMax) return;
    const std::string name = absl::AsciiStrToLower(use.name);
    const auto hit = [&](LintRule rule) {
      if (reported.emplace(rule, name).second) findings.AddAt(rule, use.offset);
    };
    if (use.is_quoted) hit(LintRule::kPlaceholderNotPortable);
    if (!is_repeatable) return;
    // The moment, and the place where the process happened to be started.
    if (name == "flyway:timestamp" || name == "flyway:workingdirectory") {
      hit(LintRule::kVolatilePlaceholderInRepeatable);
    }
    if (script.placeholders != nullptr && script.placeholders->IsSecret(name)) {
      hit(LintRule::kSecretInRepeatable);
    }
  });
}

}  // namespace storefront::migrator
