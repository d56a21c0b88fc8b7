// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pgquery_statement_facts.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "services/migrator/pgquery_tree.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator::pgquery {
namespace {

using Detail = std::shared_ptr<const StatementDetail>;
using Relations = std::vector<TouchedRelation>;

template <typename Facts>
Detail Make(Facts facts) {
  return std::make_shared<const StatementDetail>(std::move(facts));
}

// What the statement reads: every relation of a FROM, but for the names of WITH.
void ReadSources(const json& node, Relations& relations) {
  std::set<std::string> queries;
  ForEachNode(node, [&](const std::string& type, const json& found) {
    if (type == "CommonTableExpr") queries.insert(Text(found, "ctename"));
  });
  ForEachNode(node, [&](const std::string& type, const json& found) {
    if (type != "RangeVar") return;
    RelationName name = ReadRangeVar(found);
    if (name.schema.empty() && queries.contains(name.name)) return;
    relations.push_back({std::move(name), Touch::kRead, Offset(found)});
  });
}

void TouchField(const json& node, const char* field, Touch touch, Relations& relations) {
  const json& range_var = Field(node, field);
  if (!Has(range_var, "relname")) return;
  relations.push_back({ReadRangeVar(range_var), touch, Offset(range_var)});
}

void TouchList(const json& list, Touch touch, Relations& relations) {
  for (const json& item : list) {
    const json& range_var = As(item, "RangeVar");
    relations.push_back({ReadRangeVar(range_var), touch, Offset(range_var)});
  }
}

Detail ReadCreateFromQuery(const json& into, const std::string& kind, Relations& relations) {
  const json& range_var = Field(into, "rel");
  CreateTableFacts facts{.table = ReadRangeVar(range_var),
                         .drops_on_commit = Text(into, "onCommit") == "ONCOMMIT_DROP",
                         .from_query = true,
                         .is_materialized_view = kind == "OBJECT_MATVIEW"};
  const std::string persistence = Text(range_var, "relpersistence");
  if (persistence == "t") facts.persistence = CreateTableFacts::Persistence::kTemporary;
  if (persistence == "u") facts.persistence = CreateTableFacts::Persistence::kUnlogged;
  relations.push_back({facts.table, Touch::kCreate, Offset(range_var)});
  return Make(std::move(facts));
}

DropFacts::What DropKind(const std::string& type) {
  using What = DropFacts::What;
  static const auto* const kinds = new std::map<std::string, What>{
      {"OBJECT_TABLE", What::kTable},
      {"OBJECT_INDEX", What::kIndex},
      {"OBJECT_VIEW", What::kView},
      {"OBJECT_MATVIEW", What::kMaterializedView},
      {"OBJECT_FOREIGN_TABLE", What::kForeignTable},
      {"OBJECT_SEQUENCE", What::kSequence},
      {"OBJECT_TYPE", What::kType},
      {"OBJECT_DOMAIN", What::kDomain},
      {"OBJECT_SCHEMA", What::kSchema},
      {"OBJECT_PUBLICATION", What::kPublication},
  };
  const auto found = kinds->find(type);
  return found == kinds->end() ? What::kOther : found->second;
}

// The dotted name of a list's item, however the parser wraps it.
std::vector<std::string> NamesOfObject(const json& object) {
  if (Has(object, "String")) return {Text(As(object, "String"), "sval")};
  if (Has(object, "TypeName")) return Names(Field(As(object, "TypeName"), "names"));
  return Names(Field(As(object, "List"), "items"));
}

Detail ReadDrop(const json& node, Relations& relations) {
  using What = DropFacts::What;
  const std::string type = Text(node, "removeType");
  DropFacts facts{.what = DropKind(type),
                  .if_exists = Flag(node, "missing_ok"),
                  .cascade = Text(node, "behavior") == "DROP_CASCADE",
                  .concurrently = Flag(node, "concurrent")};
  const bool is_relation = facts.what == What::kTable || facts.what == What::kIndex ||
                           facts.what == What::kView || facts.what == What::kMaterializedView ||
                           facts.what == What::kForeignTable || facts.what == What::kSequence;
  const bool hangs_on_table =
      type == "OBJECT_TRIGGER" || type == "OBJECT_RULE" || type == "OBJECT_POLICY";
  for (const json& object : Field(node, "objects")) {
    std::vector<std::string> names = NamesOfObject(object);
    if (hangs_on_table && !names.empty()) names.pop_back();
    facts.names.push_back(QualifiedName(names));
    if (is_relation) relations.push_back({facts.names.back(), Touch::kDrop, 0});
    if (hangs_on_table) relations.push_back({facts.names.back(), Touch::kOther, 0});
  }
  return Make(std::move(facts));
}

RelationKind RelationKindOf(const std::string& type) {
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

Detail ReadRename(const json& node, absl::string_view text, Relations& relations) {
  using What = RenameFacts::What;
  const std::string type = Text(node, "renameType");
  const std::vector<std::string> object = NamesOfObject(Field(node, "object"));
  if (type == "OBJECT_PUBLICATION") {
    return Make(PublicationFacts{.action = PublicationFacts::Action::kRename,
                                 .name = object.empty() ? "" : object.back(),
                                 .new_name = Text(node, "newname")});
  }
  RenameFacts facts{.name = Text(node, "subname"), .new_name = Text(node, "newname")};
  const json& range_var = Field(node, "relation");
  if (Has(range_var, "relname")) {
    facts.object = ReadRangeVar(range_var);
    facts.offset = OffsetAfterName(text, Offset(range_var));
    TouchField(node, "relation", Touch::kRename, relations);
  } else {
    facts.object = QualifiedName(object);
  }
  if (type == "OBJECT_COLUMN") {
    facts.what = What::kColumn;
    facts.kind = RelationKindOf(Text(node, "relationType"));
  } else if (type == "OBJECT_TABCONSTRAINT") {
    facts.what = What::kConstraint;
    facts.kind = RelationKind::kTable;
  } else if (type == "OBJECT_TYPE" || type == "OBJECT_DOMAIN" || type == "OBJECT_ATTRIBUTE" ||
             type == "OBJECT_DOMCONSTRAINT") {
    facts.what = What::kType;
  } else if (RelationKindOf(type) != RelationKind::kOther) {
    facts.what = What::kRelation;
    facts.kind = RelationKindOf(type);
  }
  return Make(std::move(facts));
}

Detail ReadSetSchema(const json& node, absl::string_view text, Relations& relations) {
  const json& range_var = Field(node, "relation");
  if (!Has(range_var, "relname")) return nullptr;
  TouchField(node, "relation", Touch::kSetSchema, relations);
  return Make(RenameFacts{.what = RenameFacts::What::kSchemaOf,
                          .kind = RelationKindOf(Text(node, "objectType")),
                          .object = ReadRangeVar(range_var),
                          .new_name = Text(node, "newschema"),
                          .offset = OffsetAfterName(text, Offset(range_var))});
}

Detail ReadTruncate(const json& node, absl::string_view text, Relations& relations) {
  TouchList(Field(node, "relations"), Touch::kTruncate, relations);
  TruncateFacts facts{.cascade = Text(node, "behavior") == "DROP_CASCADE"};
  if (facts.cascade) {
    for (const SqlToken& token : TokensOf(text)) {
      if (IsWord(text, token, "cascade")) facts.cascade_offset = token.offset;
    }
  }
  return Make(facts);
}

// An option of (…) that may be switched off by a word.
bool OptionIsOn(const json& options, const char* name) {
  for (const json& item : options) {
    const json& option = As(item, "DefElem");
    if (Text(option, "defname") != name) continue;
    const std::string value = Text(As(Field(option, "arg"), "String"), "sval");
    const bool off = value == "false" || value == "off" ||
                     (Has(option, "arg") && Has(Field(option, "arg"), "Integer") &&
                      As(Field(option, "arg"), "Integer").value("ival", 0) == 0);
    return !off;
  }
  return false;
}

Detail ReadVacuum(const json& node, Relations& relations) {
  const Touch touch = Flag(node, "is_vacuumcmd") ? Touch::kVacuum : Touch::kAnalyze;
  for (const json& item : Field(node, "rels")) {
    TouchField(As(item, "VacuumRelation"), "relation", touch, relations);
  }
  return OptionIsOn(Field(node, "options"), "full") ? Make(RewriteFacts{}) : nullptr;
}

Detail ReadPublication(const json& node, PublicationFacts::Action action, Relations& relations) {
  PublicationFacts facts{
      .action = action, .name = Text(node, "pubname"), .all_tables = Flag(node, "for_all_tables")};
  for (const json& item : Field(node, "pubobjects")) {
    const json& object = As(item, "PublicationObjSpec");
    const std::string type = Text(object, "pubobjtype");
    if (type == "PUBLICATIONOBJ_TABLE") {
      const json& range_var = Field(Field(object, "pubtable"), "relation");
      facts.tables.push_back(ReadRangeVar(range_var));
      relations.push_back({facts.tables.back(), Touch::kPublish, Offset(range_var)});
    } else {
      facts.schemas.push_back(Text(object, "name"));
    }
  }
  return Make(std::move(facts));
}

PublicationFacts::Action PublicationAction(const json& node) {
  using Action = PublicationFacts::Action;
  if (Has(node, "options")) return Action::kOptions;
  const std::string action = Text(node, "action");
  if (action == "AP_DropObjects") return Action::kDrop;
  return action == "AP_SetObjects" ? Action::kSet : Action::kAdd;
}

Detail ReadCreateDomain(const json& node) {
  TypeChangeFacts facts{.what = TypeChangeFacts::What::kCreateDomain,
                        .type = QualifiedName(Names(Field(node, "domainname")))};
  for (const json& item : Field(node, "constraints")) {
    const json& constraint = As(item, "Constraint");
    const std::string type = Text(constraint, "contype");
    if (type == "CONSTR_CHECK" || type == "CONSTR_NOTNULL") {
      facts.constraint_offsets.push_back(Offset(constraint));
    }
  }
  return Make(std::move(facts));
}

// Where the first of these words stands after the beginning of the statement.
size_t OffsetOfWord(absl::string_view text, absl::string_view word) {
  for (const SqlToken& token : TokensOf(text)) {
    if (IsWord(text, token, word)) return token.offset;
  }
  return 0;
}

Detail ReadAlterDomain(const json& node, absl::string_view text) {
  TypeChangeFacts facts{.type = QualifiedName(Names(Field(node, "typeName")))};
  if (Text(node, "subtype") == "C") {
    facts.what = TypeChangeFacts::What::kAddDomainConstraint;
    facts.offset = OffsetOfWord(text, "add");
  }
  return Make(std::move(facts));
}

Detail ReadAlterEnum(const json& node, absl::string_view text) {
  const bool renames = Has(node, "oldVal");
  return Make(TypeChangeFacts{.what = renames ? TypeChangeFacts::What::kRenameEnumValue
                                              : TypeChangeFacts::What::kAddEnumValue,
                              .type = QualifiedName(Names(Field(node, "typeName"))),
                              .has_neighbour = Has(node, "newValNeighbor"),
                              .offset = OffsetOfWord(text, renames ? "rename" : "add")});
}

// COMMENT ON: the relation, or that of the column, trigger, rule, policy or constraint.
void ReadComment(const json& node, Relations& relations) {
  const std::string type = Text(node, "objtype");
  std::vector<std::string> names = NamesOfObject(Field(node, "object"));
  const bool is_part = type == "OBJECT_COLUMN" || type == "OBJECT_TRIGGER" ||
                       type == "OBJECT_RULE" || type == "OBJECT_POLICY" ||
                       type == "OBJECT_TABCONSTRAINT";
  if (!is_part && RelationKindOf(type) == RelationKind::kOther) return;
  if (is_part && !names.empty()) names.pop_back();
  if (!names.empty()) relations.push_back({QualifiedName(names), Touch::kOther, 0});
}

void ReadGrant(const json& node, Relations& relations) {
  for (const json& item : Field(node, "objects")) {
    const json& range_var = As(item, "RangeVar");
    if (!Has(range_var, "relname")) continue;
    relations.push_back({ReadRangeVar(range_var), Touch::kOther, Offset(range_var)});
  }
}

// Statements about one relation that need no more than its name.
bool ReadSimple(const std::string& type, const json& node, Relations& relations) {
  static const struct {
    const char* type;
    const char* field;
    Touch touch;
  } rows[] = {
      {"CreateTrigStmt", "relation", Touch::kOther},
      {"RuleStmt", "relation", Touch::kOther},
      {"CreatePolicyStmt", "table", Touch::kOther},
      {"AlterPolicyStmt", "table", Touch::kOther},
      {"CreateSeqStmt", "sequence", Touch::kCreate},
      {"AlterSeqStmt", "sequence", Touch::kAlter},
      {"RefreshMatViewStmt", "relation", Touch::kRefresh},
      {"CompositeTypeStmt", "typevar", Touch::kCreate},
  };
  for (const auto& row : rows) {
    if (type != row.type) continue;
    TouchField(node, row.field, row.touch, relations);
    return true;
  }
  return false;
}

Detail ReadDetail(const std::string& type, const json& node, absl::string_view text,
                  Relations& relations) {
  if (type == "CreateStmt" || type == "CreateForeignTableStmt") {
    StatementDetail detail;
    const bool is_foreign = type == "CreateForeignTableStmt";
    ReadCreateTable(is_foreign ? Field(node, "base") : node, is_foreign, detail, relations);
    return std::make_shared<const StatementDetail>(std::move(detail));
  }
  if (type == "AlterTableStmt") {
    StatementDetail detail;
    ReadAlterTable(node, text, detail, relations);
    return std::make_shared<const StatementDetail>(std::move(detail));
  }
  if (type == "CreateTableAsStmt") {
    ReadSources(node, relations);
    return ReadCreateFromQuery(Field(node, "into"), Text(node, "objtype"), relations);
  }
  if (type == "SelectStmt" && Has(node, "intoClause")) {
    ReadSources(node, relations);
    return ReadCreateFromQuery(Field(node, "intoClause"), "OBJECT_TABLE", relations);
  }
  if (type == "IndexStmt") {
    TouchField(node, "relation", Touch::kCreateIndex, relations);
    return Make(CreateIndexFacts{.index = Text(node, "idxname"),
                                 .table = ReadRangeVar(Field(node, "relation")),
                                 .is_unique = Flag(node, "unique"),
                                 .concurrently = Flag(node, "concurrent"),
                                 .if_not_exists = Flag(node, "if_not_exists")});
  }
  if (type == "DropStmt") return ReadDrop(node, relations);
  if (type == "DropdbStmt") return Make(DropFacts{.what = DropFacts::What::kDatabase});
  if (type == "RenameStmt") return ReadRename(node, text, relations);
  if (type == "AlterObjectSchemaStmt") return ReadSetSchema(node, text, relations);
  if (type == "TruncateStmt") return ReadTruncate(node, text, relations);
  if (type == "LockStmt") {
    TouchList(Field(node, "relations"), Touch::kLock, relations);
    return Make(LockTableFacts{.mode = node.value("mode", 8)});
  }
  if (type == "ReindexStmt") {
    TouchField(node, "relation", Touch::kReindex, relations);
    return Make(ReindexFacts{.concurrently = OptionIsOn(Field(node, "params"), "concurrently")});
  }
  if (type == "ClusterStmt") {
    TouchField(node, "relation", Touch::kCluster, relations);
    return Make(RewriteFacts{});
  }
  if (type == "VacuumStmt") return ReadVacuum(node, relations);
  if (type == "VariableSetStmt") {
    return Text(node, "kind") == "VAR_SET_VALUE" ? Make(SetFacts{.name = Text(node, "name")})
                                                 : nullptr;
  }
  if (type == "CreatePublicationStmt") {
    return ReadPublication(node, PublicationFacts::Action::kCreate, relations);
  }
  if (type == "AlterPublicationStmt") {
    return ReadPublication(node, PublicationAction(node), relations);
  }
  if (type == "AlterOwnerStmt" && Text(node, "objectType") == "OBJECT_PUBLICATION") {
    const std::vector<std::string> names = NamesOfObject(Field(node, "object"));
    return Make(PublicationFacts{.action = PublicationFacts::Action::kOwner,
                                 .name = names.empty() ? "" : names.back()});
  }
  if (type == "CreateDomainStmt") return ReadCreateDomain(node);
  if (type == "AlterDomainStmt") return ReadAlterDomain(node, text);
  if (type == "AlterEnumStmt") return ReadAlterEnum(node, text);
  if (type == "CopyStmt") {
    TouchField(node, "relation", Flag(node, "is_from") ? Touch::kCopyIn : Touch::kRead, relations);
    ReadSources(node, relations);
    return nullptr;
  }
  if (type == "ViewStmt") {
    TouchField(node, "view", Touch::kCreate, relations);
    ReadSources(node, relations);
    return nullptr;
  }
  if (type == "CommentStmt") {
    ReadComment(node, relations);
    return nullptr;
  }
  if (type == "GrantStmt") {
    ReadGrant(node, relations);
    return nullptr;
  }
  if (type == "CreateStatsStmt") {
    TouchList(Field(node, "relations"), Touch::kOther, relations);
    return nullptr;
  }
  if (ReadSimple(type, node, relations)) {
    ReadSources(node, relations);
    return nullptr;
  }
  // What is left reads, and may change data: also EXPLAIN, PREPARE, DECLARE.
  ReadSources(node, relations);
  DataChangeFacts changes;
  return ReadDataChanges(type, node, changes, relations) ? Make(std::move(changes)) : nullptr;
}

}  // namespace

void ReadStatement(const std::string& type, const json& node, absl::string_view text,
                   StatementFacts& facts) {
  facts.detail = ReadDetail(type, node, text, facts.relations);
}

}  // namespace storefront::migrator::pgquery
