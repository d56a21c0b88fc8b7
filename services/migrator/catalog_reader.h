// What the live catalog says about relations: sizes, kinds, publications.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace storefront::migrator {

// As written in a statement: an empty schema leaves it to the search path.
struct RelationName {
  std::string schema;
  std::string name;
  auto operator<=>(const RelationName&) const = default;

  std::string Text() const { return schema.empty() ? name : schema + "." + name; }
};

enum class RelationKind {
  kTable,
  kPartitionedTable,
  kIndex,
  kView,
  kMaterializedView,
  kSequence,
  kForeignTable,
  kOther,  // a composite type, a TOAST table
};

enum class ReplicaIdentity {
  kDefault,  // the primary key
  kNothing,
  kFull,
  kIndex,
};

struct RelationFacts {
  RelationName name;  // always with its schema
  RelationKind kind = RelationKind::kTable;
  // reltuples; empty while the table was never analyzed. Of a partitioned table: all its partitions
  // together, empty when one of them has none.
  std::optional<int64_t> estimated_rows;
  int64_t size_bytes = 0;  // with indexes and TOAST; of a partitioned table all partitions together
  std::optional<RelationName> table;   // of an index
  std::vector<RelationName> children;  // all partitions and inheriting tables below it, by name
  bool has_primary_key = false;
  ReplicaIdentity replica_identity = ReplicaIdentity::kDefault;
  std::vector<std::string> publications;  // that its changes go to, by name
};

// Thread-safety: all methods.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE. Takes no lock on what it describes.
class CatalogReader {
 public:
  virtual ~CatalogReader() = default;

  // Facts by the position of the name; nothing for what does not exist. Names without schema are
  // looked up as a script's are: default schema first, then the server's search path.
  virtual absl::StatusOr<std::vector<std::optional<RelationFacts>>> Find(
      const std::vector<RelationName>& names) = 0;

  // Every table whose changes some publication carries, by name.
  virtual absl::StatusOr<std::vector<RelationName>> PublishedTables() = 0;
};

}  // namespace storefront::migrator
