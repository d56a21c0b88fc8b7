// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/migrator/pgquery_tree.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator::pgquery {
namespace {

using Kind = AlterAction::Kind;

std::string WithoutCatalog(std::vector<std::string> names) {
  if (names.size() > 1 && names.front() == "pg_catalog") names.erase(names.begin());
  return absl::StrJoin(names, ".");
}

TypeFacts ReadType(const json& node) {
  return {.name = WithoutCatalog(Names(Field(node, "names"))),
          .is_array = Has(node, "arrayBounds"),
          .has_modifiers = Has(node, "typmods"),
          .offset = Offset(node)};
}

std::vector<std::string> FunctionsIn(const json& expression) {
  std::vector<std::string> functions;
  ForEachNode(expression, [&](const std::string& type, const json& node) {
    if (type == "FuncCall") functions.push_back(WithoutCatalog(Names(Field(node, "funcname"))));
  });
  std::sort(functions.begin(), functions.end());
  return functions;
}

// Of the check `column IS NOT NULL`.
std::string NotNullColumn(const json& expression) {
  const json& test = As(expression, "NullTest");
  if (Text(test, "nulltesttype") != "IS_NOT_NULL") return "";
  const std::vector<std::string> names =
      Names(Field(As(Field(test, "arg"), "ColumnRef"), "fields"));
  return names.empty() ? "" : names.back();
}

ConstraintFacts::Kind ConstraintKind(const std::string& type) {
  using Constraint = ConstraintFacts::Kind;
  static const auto* const kinds = new std::map<std::string, Constraint>{
      {"CONSTR_NOTNULL", Constraint::kNotNull},    {"CONSTR_CHECK", Constraint::kCheck},
      {"CONSTR_PRIMARY", Constraint::kPrimaryKey}, {"CONSTR_UNIQUE", Constraint::kUnique},
      {"CONSTR_FOREIGN", Constraint::kForeignKey}, {"CONSTR_EXCLUSION", Constraint::kExclusion}};
  const auto found = kinds->find(type);
  return found == kinds->end() ? Constraint::kOther : found->second;
}

ColumnFacts ReadColumn(const json& node, absl::string_view text) {
  ColumnFacts column{.name = Text(node, "colname"),
                     .type = ReadType(Field(node, "typeName")),
                     .offset = Offset(node)};
  for (const json& item : Field(node, "constraints")) {
    const json& constraint = As(item, "Constraint");
    const std::string type = Text(constraint, "contype");
    if (type == "CONSTR_NOTNULL") {
      column.not_null = true;
    } else if (type == "CONSTR_DEFAULT") {
      // What follows the word DEFAULT: the tree has the place of an operator, not of its operand.
      size_t at = Offset(constraint);
      SqlTokens tokens(text);
      tokens.SeekTo(at);
      SqlToken token;
      bool after = false;
      while (tokens.Next(token)) {
        if (token.kind == SqlToken::Kind::kComment) continue;
        at = token.offset;
        if (after) break;
        after = IsWord(text, token, "default");
      }
      column.default_value = {.functions = FunctionsIn(Field(constraint, "raw_expr")),
                              .offset = at};
    } else if (type == "CONSTR_IDENTITY" || type == "CONSTR_GENERATED") {
      column.generated = type == "CONSTR_IDENTITY" ? ColumnFacts::Generated::kIdentity
                                                   : ColumnFacts::Generated::kStored;
      column.generated_offset = Offset(constraint);
    } else if (ConstraintKind(type) != ConstraintFacts::Kind::kOther) {
      column.constraints.push_back(ReadConstraint(constraint));
    }
  }
  return column;
}

void TouchReferences(const std::vector<ConstraintFacts>& constraints,
                     std::vector<TouchedRelation>& relations) {
  for (const ConstraintFacts& constraint : constraints) {
    if (constraint.kind != ConstraintFacts::Kind::kForeignKey) continue;
    relations.push_back({constraint.references, Touch::kReference, constraint.offset});
  }
}

Kind KindOfAction(const std::string& subtype) {
  static const auto* const kinds = new std::map<std::string, Kind>{
      {"AT_AddColumn", Kind::kAddColumn},
      {"AT_DropColumn", Kind::kDropColumn},
      {"AT_AlterColumnType", Kind::kSetType},
      {"AT_SetNotNull", Kind::kSetNotNull},
      {"AT_DropNotNull", Kind::kDropNotNull},
      {"AT_ColumnDefault", Kind::kSetDefault},
      {"AT_AddIdentity", Kind::kAddIdentity},
      {"AT_AddConstraint", Kind::kAddConstraint},
      {"AT_DropConstraint", Kind::kDropConstraint},
      {"AT_ValidateConstraint", Kind::kValidateConstraint},
      {"AT_ReplicaIdentity", Kind::kReplicaIdentity},
      {"AT_AttachPartition", Kind::kAttachPartition},
      {"AT_DetachPartition", Kind::kDetachPartition},
      {"AT_SetStatistics", Kind::kSetStatistics},
      {"AT_SetOptions", Kind::kSetOptions},
      {"AT_ResetOptions", Kind::kSetOptions},
      {"AT_SetRelOptions", Kind::kSetOptions},
      {"AT_ResetRelOptions", Kind::kSetOptions},
  };
  const auto found = kinds->find(subtype);
  if (found != kinds->end()) return found->second;
  const bool is_trigger = absl::StartsWith(subtype, "AT_EnableTrig") ||
                          absl::StartsWith(subtype, "AT_DisableTrig") ||
                          absl::EndsWith(subtype, "Trig");
  return is_trigger ? Kind::kTriggerMode : Kind::kOther;
}

ReplicaIdentity IdentityOf(const std::string& letter) {
  if (letter == "n") return ReplicaIdentity::kNothing;
  if (letter == "f") return ReplicaIdentity::kFull;
  return letter == "i" ? ReplicaIdentity::kIndex : ReplicaIdentity::kDefault;
}

AlterAction ReadAction(const json& node, absl::string_view text) {
  AlterAction action{.subtype = Text(node, "subtype"), .name = Text(node, "name")};
  action.kind = KindOfAction(action.subtype);
  action.if_exists = Flag(node, "missing_ok");
  const json& definition = Field(node, "def");
  switch (action.kind) {
    case Kind::kAddColumn:
      action.column = ReadColumn(As(definition, "ColumnDef"), text);
      action.name = action.column->name;
      break;
    case Kind::kSetType:
      action.type = ReadType(Field(As(definition, "ColumnDef"), "typeName"));
      break;
    case Kind::kAddConstraint:
      action.constraint = ReadConstraint(As(definition, "Constraint"));
      action.name = action.constraint->name;
      break;
    case Kind::kReplicaIdentity: {
      const json& identity = As(definition, "ReplicaIdentityStmt");
      action.replica_identity = IdentityOf(Text(identity, "identity_type"));
      action.index = Text(identity, "name");
      break;
    }
    case Kind::kAttachPartition:
    case Kind::kDetachPartition: {
      const json& partition = As(definition, "PartitionCmd");
      action.partition = ReadRangeVar(Field(partition, "name"));
      action.concurrently = Flag(partition, "concurrent");
      break;
    }
    case Kind::kDropColumn:
    case Kind::kSetNotNull:
    case Kind::kDropNotNull:
    case Kind::kSetDefault:
    case Kind::kAddIdentity:
    case Kind::kDropConstraint:
    case Kind::kValidateConstraint:
    case Kind::kSetStatistics:
    case Kind::kSetOptions:
    case Kind::kTriggerMode:
    case Kind::kOther:
      break;
  }
  return action;
}

// The tree has no place for actions: they begin after the table's name and after each comma that
// stands in no parenthesis.
void PlaceActions(absl::string_view text, size_t name, std::vector<AlterAction>& actions) {
  SqlTokens tokens(text);
  tokens.SeekTo(OffsetAfterName(text, name));
  size_t index = 0;
  int depth = 0;
  int position = 0;  // of the token in its action
  bool skipped_keyword = false;
  for (SqlToken token; index < actions.size() && tokens.Next(token);) {
    if (token.kind == SqlToken::Kind::kComment) continue;
    AlterAction& action = actions[index];
    const char symbol = token.kind == SqlToken::Kind::kSymbol ? text[token.offset] : '\0';
    if (symbol == '(' || symbol == '[') ++depth;
    if (symbol == ')' || symbol == ']') --depth;
    if (symbol == ',' && depth == 0) {
      ++index;
      position = 0;
      skipped_keyword = false;
      continue;
    }
    if (position == 0) action.offset = action.option_offset = token.offset;
    // ALTER [COLUMN] name …
    if (position == 1) {
      skipped_keyword = IsWord(text, token, "column") || IsWord(text, token, "attribute");
    }
    if (position == (skipped_keyword ? 3 : 2)) action.option_offset = token.offset;
    ++position;
  }
}

RelationKind KindOfObject(const std::string& type) {
  static const auto* const kinds = new std::map<std::string, RelationKind>{
      {"OBJECT_TABLE", RelationKind::kTable},
      {"OBJECT_INDEX", RelationKind::kIndex},
      {"OBJECT_VIEW", RelationKind::kView},
      {"OBJECT_MATVIEW", RelationKind::kMaterializedView},
      {"OBJECT_SEQUENCE", RelationKind::kSequence},
      {"OBJECT_FOREIGN_TABLE", RelationKind::kForeignTable}};
  const auto found = kinds->find(type);
  return found == kinds->end() ? RelationKind::kOther : found->second;
}

}  // namespace

std::vector<std::string> Names(const json& list) {
  std::vector<std::string> names;
  for (const json& item : list) {
    if (Has(item, "String")) names.push_back(Text(As(item, "String"), "sval"));
  }
  return names;
}

RelationName QualifiedName(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return {.schema = names.size() > 1 ? names[names.size() - 2] : "", .name = names.back()};
}

RelationName ReadRangeVar(const json& range_var) {
  return {.schema = Text(range_var, "schemaname"), .name = Text(range_var, "relname")};
}

size_t OffsetAfterName(absl::string_view text, size_t name) {
  SqlTokens tokens(text);
  tokens.SeekTo(name);
  bool wants_name = true;
  for (SqlToken token; tokens.Next(token);) {
    if (token.kind == SqlToken::Kind::kComment) continue;
    if (wants_name) {
      wants_name = false;
    } else if (tokens.Text(token) == ".") {
      wants_name = true;
    } else if (tokens.Text(token) != "*") {
      return token.offset;
    }
  }
  return text.size();
}

ConstraintFacts ReadConstraint(const json& node) {
  ConstraintFacts facts{.kind = ConstraintKind(Text(node, "contype")),
                        .name = Text(node, "conname"),
                        .columns = Names(Field(node, "keys")),
                        .not_valid = Flag(node, "skip_validation"),
                        .using_index = Text(node, "indexname"),
                        .offset = Offset(node)};
  if (facts.kind == ConstraintFacts::Kind::kForeignKey) {
    facts.columns = Names(Field(node, "fk_attrs"));
    facts.references = ReadRangeVar(Field(node, "pktable"));
  }
  if (facts.kind == ConstraintFacts::Kind::kCheck) {
    facts.not_null_column = NotNullColumn(Field(node, "raw_expr"));
  }
  return facts;
}

void ReadCreateTable(const json& node, bool is_foreign, StatementDetail& detail,
                     std::vector<TouchedRelation>& relations) {
  const json& range_var = Field(node, "relation");
  CreateTableFacts facts{.table = ReadRangeVar(range_var),
                         .drops_on_commit = Text(node, "oncommit") == "ONCOMMIT_DROP",
                         .if_not_exists = Flag(node, "if_not_exists"),
                         .is_foreign = is_foreign,
                         .has_like = Has(node, "ofTypename")};
  const std::string persistence = Text(range_var, "relpersistence");
  if (persistence == "t") facts.persistence = CreateTableFacts::Persistence::kTemporary;
  if (persistence == "u") facts.persistence = CreateTableFacts::Persistence::kUnlogged;
  relations.push_back({facts.table, Touch::kCreate, Offset(range_var)});
  for (const json& item : Field(node, "inhRelations")) {
    const json& parent = As(item, "RangeVar");
    relations.push_back({ReadRangeVar(parent), Touch::kParent, Offset(parent)});
    if (Has(node, "partbound")) {
      facts.partition_of = ReadRangeVar(parent);
    } else {
      facts.has_like = true;
    }
  }
  for (const json& item : Field(node, "tableElts")) {
    if (Has(item, "ColumnDef")) {
      facts.columns.push_back(ReadColumn(As(item, "ColumnDef"), ""));
      TouchReferences(facts.columns.back().constraints, relations);
    } else if (Has(item, "Constraint")) {
      facts.constraints.push_back(ReadConstraint(As(item, "Constraint")));
    } else if (Has(item, "TableLikeClause")) {
      const json& like = Field(As(item, "TableLikeClause"), "relation");
      relations.push_back({ReadRangeVar(like), Touch::kRead, Offset(like)});
      facts.has_like = true;
    }
  }
  TouchReferences(facts.constraints, relations);
  detail = std::move(facts);
}

void ReadAlterTable(const json& node, absl::string_view text, StatementDetail& detail,
                    std::vector<TouchedRelation>& relations) {
  const json& range_var = Field(node, "relation");
  AlterTableFacts facts{.table = ReadRangeVar(range_var),
                        .kind = KindOfObject(Text(node, "objtype")),
                        .if_exists = Flag(node, "missing_ok")};
  for (const json& item : Field(node, "cmds")) {
    facts.actions.push_back(ReadAction(As(item, "AlterTableCmd"), text));
  }
  PlaceActions(text, Offset(range_var), facts.actions);
  relations.push_back({facts.table, Touch::kAlter, Offset(range_var)});
  for (const AlterAction& action : facts.actions) {
    if (action.column) TouchReferences(action.column->constraints, relations);
    if (action.constraint) TouchReferences({*action.constraint}, relations);
    if (!action.partition.name.empty()) {
      relations.push_back({action.partition, Touch::kAlter, action.offset});
    }
  }
  detail = std::move(facts);
}

}  // namespace storefront::migrator::pgquery
