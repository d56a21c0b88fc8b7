// The database as lint pictures it while it reads scripts: what is there, and what they have
// changed so far.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/migrator/lint_catalog.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

// Pure; a value.
class LintModel {
 public:
  enum class Start {
    kLive,   // scripts come on top of what is there
    kEmpty,  // scripts build everything; of the catalog only sizes, functions and path count
  };
  LintModel(const LintCatalog& catalog, Start start);

  // With its schema: that of the first schema of the search path which has it, else the path's
  // first, where it would be made. Temporary tables are in "pg_temp".
  RelationName Resolve(const RelationName& name) const;

  // Where CREATE would make it.
  RelationName NewName(const RelationName& name) const;

  // By any name; null when there is none, or none that was asked for.
  const LintTable* FindTable(const RelationName& name) const;
  // The table of an index.
  const LintTable* FindTableOfIndex(const RelationName& index) const;
  bool HasPublication(const std::string& name) const { return publications_.contains(name); }
  // True when a table of this schema is published.
  bool PublishesIn(const std::string& schema) const;
  // Published tables with a column of this type.
  std::vector<const LintTable*> PublishedWithType(const RelationName& type) const;
  bool IsStable(const std::string& function) const { return stable_functions_.contains(function); }
  std::optional<int64_t> RowsOf(const RelationName& resolved) const;

  // What the statement changes.
  void Apply(const StatementFacts& facts);

 private:
  void Apply(const CreateTableFacts& facts);
  void Apply(const AlterTableFacts& facts);
  void Apply(const RenameFacts& facts);
  void Apply(const DropFacts& facts);
  void Apply(const PublicationFacts& facts);
  void Apply(const CreateIndexFacts& facts);
  void AddKey(LintTable& table, const ConstraintFacts& constraint) const;
  void AddColumn(LintTable& table, const ColumnFacts& column) const;
  // Publications that a new table of this name belongs to without being named.
  std::set<std::string> ImplicitPublications(const RelationName& name) const;
  LintTable* Find(const RelationName& name);

  std::vector<std::string> search_path_;
  std::map<RelationName, LintTable> tables_;
  std::map<RelationName, RelationName> indexes_;  // to their tables
  std::map<std::string, LintPublication> publications_;
  std::set<std::string> stable_functions_;
  std::map<RelationName, int64_t> rows_;
};

}  // namespace storefront::migrator
