// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

constexpr char kTemporary[] = "pg_temp";

bool IsType(const RelationName& known, const RelationName& named) {
  return known.name == named.name && (named.schema.empty() || known.schema == named.schema);
}

RelationName TypeName(const std::string& text) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos) return {.name = text};
  return {.schema = text.substr(0, dot), .name = text.substr(dot + 1)};
}

}  // namespace

LintModel::LintModel(const LintCatalog& catalog, Start start)
    : search_path_(catalog.search_path), stable_functions_(catalog.stable_functions) {
  if (search_path_.empty()) search_path_ = {"public"};
  for (const LintTable& table : catalog.tables) {
    if (table.estimated_rows) rows_[table.name] = *table.estimated_rows;
    if (start == Start::kLive) tables_[table.name] = table;
  }
  for (const LintIndex& index : catalog.indexes) indexes_[index.name] = index.table;
  if (start == Start::kEmpty) return;
  for (const LintPublication& each : catalog.publications) publications_[each.name] = each;
}

RelationName LintModel::Resolve(const RelationName& name) const {
  if (!name.schema.empty()) return name;
  if (tables_.contains({kTemporary, name.name})) return {kTemporary, name.name};
  for (const std::string& schema : search_path_) {
    const RelationName resolved{schema, name.name};
    if (tables_.contains(resolved) || indexes_.contains(resolved) || rows_.contains(resolved)) {
      return resolved;
    }
  }
  return {search_path_.front(), name.name};
}

RelationName LintModel::NewName(const RelationName& name) const {
  return name.schema.empty() ? RelationName{search_path_.front(), name.name} : name;
}

const LintTable* LintModel::FindTable(const RelationName& name) const {
  const auto found = tables_.find(Resolve(name));
  return found == tables_.end() ? nullptr : &found->second;
}

LintTable* LintModel::Find(const RelationName& name) {
  const auto found = tables_.find(Resolve(name));
  return found == tables_.end() ? nullptr : &found->second;
}

const LintTable* LintModel::FindTableOfIndex(const RelationName& index) const {
  const auto found = indexes_.find(Resolve(index));
  return found == indexes_.end() ? nullptr : FindTable(found->second);
}

bool LintModel::PublishesIn(const std::string& schema) const {
  return std::any_of(tables_.begin(), tables_.end(), [&](const auto& item) {
    return item.first.schema == schema && !item.second.publications.empty();
  });
}

std::vector<const LintTable*> LintModel::PublishedWithType(const RelationName& type) const {
  std::vector<const LintTable*> found;
  for (const auto& [name, table] : tables_) {
    if (table.publications.empty()) continue;
    const bool has = std::any_of(table.types.begin(), table.types.end(),
                                 [&](const RelationName& known) { return IsType(known, type); });
    if (has) found.push_back(&table);
  }
  return found;
}

std::optional<int64_t> LintModel::RowsOf(const RelationName& resolved) const {
  const auto found = rows_.find(resolved);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

std::set<std::string> LintModel::ImplicitPublications(const RelationName& name) const {
  std::set<std::string> names;
  for (const auto& [publication, facts] : publications_) {
    if (facts.all_tables || facts.schemas.contains(name.schema)) names.insert(publication);
  }
  return names;
}

void LintModel::AddKey(LintTable& table, const ConstraintFacts& constraint) const {
  if (constraint.kind == ConstraintFacts::Kind::kPrimaryKey) {
    table.primary_key =
        constraint.name.empty() ? absl::StrCat(table.name.name, "_pkey") : constraint.name;
    table.primary_key_columns = constraint.columns;
  }
  if (!constraint.not_null_column.empty()) {
    table.not_null_checks.push_back({.constraint = constraint.name,
                                     .column = constraint.not_null_column,
                                     .validated = !constraint.not_valid});
  }
}

void LintModel::AddColumn(LintTable& table, const ColumnFacts& column) const {
  // Types of Postgres itself are kept too; nothing asks for them.
  table.types.insert(TypeName(column.type.name));
  for (ConstraintFacts constraint : column.constraints) {
    if (constraint.columns.empty()) constraint.columns = {column.name};
    AddKey(table, constraint);
  }
}

void LintModel::Apply(const CreateTableFacts& facts) {
  const bool is_temporary = facts.persistence == CreateTableFacts::Persistence::kTemporary;
  RelationName name = NewName(facts.table);
  if (is_temporary) name.schema = kTemporary;
  if (facts.if_not_exists && tables_.contains(name)) return;
  LintTable table{.name = name,
                  .is_partition = facts.partition_of.has_value(),
                  .is_unlogged = facts.persistence == CreateTableFacts::Persistence::kUnlogged};
  for (const ColumnFacts& column : facts.columns) AddColumn(table, column);
  for (const ConstraintFacts& constraint : facts.constraints) AddKey(table, constraint);
  const bool can_be_published =
      !is_temporary && !table.is_unlogged && !facts.is_materialized_view && !facts.is_foreign;
  if (can_be_published) table.publications = ImplicitPublications(name);
  if (facts.partition_of) {
    if (const LintTable* parent = FindTable(*facts.partition_of)) {
      table.publications.insert(parent->publications.begin(), parent->publications.end());
      table.primary_key_columns = parent->primary_key_columns;
      if (!parent->primary_key.empty()) table.primary_key = absl::StrCat(name.name, "_pkey");
    }
  }
  tables_[name] = std::move(table);
}

void LintModel::Apply(const AlterTableFacts& facts) {
  using Kind = AlterAction::Kind;
  LintTable* table = Find(facts.table);
  if (table == nullptr) {  // nobody told of it, but it must be there
    const RelationName name = Resolve(facts.table);
    table = &tables_[name];
    table->name = name;
  }
  for (const AlterAction& action : facts.actions) {
    if (action.column) AddColumn(*table, *action.column);
    if (action.constraint) AddKey(*table, *action.constraint);
    auto& checks = table->not_null_checks;
    auto& key = table->primary_key_columns;
    switch (action.kind) {
      case Kind::kDropConstraint:
        if (action.name == table->primary_key) {
          table->primary_key.clear();
          key.clear();
        }
        std::erase_if(checks, [&](const auto& check) { return check.constraint == action.name; });
        break;
      case Kind::kDropColumn:
        if (std::find(key.begin(), key.end(), action.name) != key.end()) {
          table->primary_key.clear();
          key.clear();
        }
        break;
      case Kind::kSetType:
        if (action.type) table->types.insert(TypeName(action.type->name));
        break;
      case Kind::kValidateConstraint:
        for (NotNullCheck& check : checks) {
          if (check.constraint == action.name) check.validated = true;
        }
        break;
      case Kind::kReplicaIdentity:
        table->replica_identity = action.replica_identity;
        break;
      case Kind::kAttachPartition:
        if (LintTable* partition = Find(action.partition)) {
          partition->is_partition = true;
          partition->publications.insert(table->publications.begin(), table->publications.end());
        }
        break;
      case Kind::kDetachPartition:
        if (LintTable* partition = Find(action.partition)) {
          partition->is_partition = false;
          partition->publications = ImplicitPublications(partition->name);
        }
        break;
      case Kind::kAddColumn:
      case Kind::kSetNotNull:
      case Kind::kDropNotNull:
      case Kind::kSetDefault:
      case Kind::kAddIdentity:
      case Kind::kAddConstraint:
      case Kind::kSetStatistics:
      case Kind::kSetOptions:
      case Kind::kTriggerMode:
      case Kind::kOther:
        break;
    }
  }
}

void LintModel::Apply(const RenameFacts& facts) {
  LintTable* table = Find(facts.object);
  if (table == nullptr) return;
  RelationName to = table->name;
  switch (facts.what) {
    case RenameFacts::What::kRelation:
      to.name = facts.new_name;
      break;
    case RenameFacts::What::kSchemaOf:
      to.schema = facts.new_name;
      break;
    case RenameFacts::What::kColumn:
      std::replace(table->primary_key_columns.begin(), table->primary_key_columns.end(), facts.name,
                   facts.new_name);
      for (NotNullCheck& check : table->not_null_checks) {
        if (check.column == facts.name) check.column = facts.new_name;
      }
      return;
    case RenameFacts::What::kConstraint:
      if (table->primary_key == facts.name) table->primary_key = facts.new_name;
      for (NotNullCheck& check : table->not_null_checks) {
        if (check.constraint == facts.name) check.constraint = facts.new_name;
      }
      return;
    case RenameFacts::What::kType:
    case RenameFacts::What::kOther:
      return;
  }
  LintTable moved = std::move(*table);
  const RelationName from = moved.name;
  moved.name = to;
  tables_.erase(from);
  if (const auto rows = rows_.find(from); rows != rows_.end()) {
    rows_[to] = rows->second;
    rows_.erase(from);
  }
  tables_[to] = std::move(moved);
}

void LintModel::Apply(const DropFacts& facts) {
  using What = DropFacts::What;
  for (const RelationName& name : facts.names) {
    switch (facts.what) {
      case What::kTable:
      case What::kMaterializedView:
      case What::kForeignTable: {
        const RelationName resolved = Resolve(name);
        tables_.erase(resolved);
        rows_.erase(resolved);
        break;
      }
      case What::kIndex:
        indexes_.erase(Resolve(name));
        break;
      case What::kPublication:
        publications_.erase(name.name);
        for (auto& [key, table] : tables_) table.publications.erase(name.name);
        break;
      case What::kSchema:
        std::erase_if(tables_, [&](const auto& item) { return item.first.schema == name.name; });
        break;
      case What::kView:
      case What::kSequence:
      case What::kType:
      case What::kDomain:
      case What::kDatabase:
      case What::kOther:
        break;
    }
  }
}

void LintModel::Apply(const PublicationFacts& facts) {
  using Action = PublicationFacts::Action;
  const auto each_table = [&](auto change) {
    for (const RelationName& name : facts.tables) {
      if (LintTable* table = Find(name)) change(*table);
    }
    for (auto& [key, table] : tables_) {
      const bool in_schema =
          std::any_of(facts.schemas.begin(), facts.schemas.end(), [&](const std::string& schema) {
            return (schema.empty() ? search_path_.front() : schema) == key.schema;
          });
      if ((in_schema || facts.all_tables) && key.schema != kTemporary && !table.is_unlogged) {
        change(table);
      }
    }
  };
  const auto add = [&](LintTable& table) { table.publications.insert(facts.name); };
  const auto remove = [&](LintTable& table) { table.publications.erase(facts.name); };
  switch (facts.action) {
    case Action::kSet:
      for (auto& [key, table] : tables_) remove(table);
      publications_[facts.name].schemas.clear();
      [[fallthrough]];
    case Action::kCreate:
    case Action::kAdd: {
      LintPublication& publication = publications_[facts.name];
      publication.name = facts.name;
      if (facts.action == Action::kCreate) publication.all_tables = facts.all_tables;
      publication.schemas.insert(facts.schemas.begin(), facts.schemas.end());
      each_table(add);
      break;
    }
    case Action::kDrop:
      for (const std::string& schema : facts.schemas) {
        publications_[facts.name].schemas.erase(schema);
      }
      each_table(remove);
      break;
    case Action::kRename: {
      LintPublication moved = publications_[facts.name];
      moved.name = facts.new_name;
      publications_.erase(facts.name);
      publications_[facts.new_name] = std::move(moved);
      for (auto& [key, table] : tables_) {
        if (table.publications.erase(facts.name) > 0) table.publications.insert(facts.new_name);
      }
      break;
    }
    case Action::kOptions:
    case Action::kOwner:
      break;
  }
}

void LintModel::Apply(const CreateIndexFacts& facts) {
  if (facts.index.empty()) return;
  const RelationName table = Resolve(facts.table);
  indexes_[{table.schema, facts.index}] = table;
}

void LintModel::Apply(const StatementFacts& facts) {
  if (const auto* create = facts.As<CreateTableFacts>()) Apply(*create);
  if (const auto* alter = facts.As<AlterTableFacts>()) Apply(*alter);
  if (const auto* rename = facts.As<RenameFacts>()) Apply(*rename);
  if (const auto* drop = facts.As<DropFacts>()) Apply(*drop);
  if (const auto* publication = facts.As<PublicationFacts>()) Apply(*publication);
  if (const auto* index = facts.As<CreateIndexFacts>()) Apply(*index);
}

}  // namespace storefront::migrator
