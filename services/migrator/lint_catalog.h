// What lint needs to know of the live database, read once, as a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

// A check constraint that is exactly `column IS NOT NULL`.
struct NotNullCheck {
  std::string constraint;
  std::string column;
  bool validated = false;
};

struct LintTable {
  RelationName name;                      // always with its schema
  std::optional<int64_t> estimated_rows;  // as RelationFacts has it
  bool is_partition = false;
  bool is_unlogged = false;
  std::string primary_key;  // the constraint's name; empty without one
  std::vector<std::string> primary_key_columns;
  ReplicaIdentity replica_identity = ReplicaIdentity::kDefault;
  std::set<std::string> publications;  // that its changes go to
  std::set<RelationName> types;        // enums, domains and composite types of its columns
  std::vector<NotNullCheck> not_null_checks;
};

struct LintIndex {
  RelationName name;
  RelationName table;
};

struct LintPublication {
  std::string name;
  bool all_tables = false;
  std::set<std::string> schemas;  // FOR TABLES IN SCHEMA
};

struct LintCatalog {
  std::vector<std::string> search_path;  // of names without a schema
  std::vector<LintTable> tables;
  std::vector<LintIndex> indexes;
  std::vector<LintPublication> publications;
  std::set<std::string> stable_functions;  // of those asked for: none of that name is volatile
};

struct LintCatalogRequest {
  std::set<RelationName> relations;  // as scripts write them
  std::set<std::string> functions;   // "now", "s.code"
};

// Thread-safety: all methods.
class LintCatalogReader {
 public:
  virtual ~LintCatalogReader() = default;

  // Tables and indexes that were asked for, the tables of those indexes, and every published table;
  // every publication. Names without schema are looked up as a script's are. Takes no lock on what
  // it describes. UNAVAILABLE BACKEND_UNAVAILABLE.
  virtual absl::StatusOr<LintCatalog> Read(const LintCatalogRequest& request) = 0;
};

}  // namespace storefront::migrator
