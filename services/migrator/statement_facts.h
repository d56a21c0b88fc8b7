// What a parsed statement says, in plain values: the relations it names and what it does to them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

// Offsets are bytes in the statement's text, where the thing that they belong to begins.

enum class Touch {
  kRead,
  kInsert,
  kUpdate,
  kDelete,
  kMerge,
  kCopyIn,
  kCreate,  // table, view, materialized view, sequence
  kAlter,   // ALTER TABLE and its kin; AlterTableFacts say what
  kRename,  // the relation, or a column or constraint of it
  kSetSchema,
  kDrop,  // of DROP INDEX the index
  kTruncate,
  kCreateIndex,  // the table that the index is on
  kParent,       // that a new table is a partition of or inherits from
  kReference,    // the target of a foreign key
  kLock,
  kReindex,  // table or index
  kCluster,
  kVacuum,
  kAnalyze,
  kRefresh,  // materialized view
  kPublish,  // named by CREATE or ALTER PUBLICATION
  kOther,    // trigger, rule, policy, comment, grant: the command says which
};

struct TouchedRelation {
  RelationName name;
  Touch touch = Touch::kRead;
  size_t offset = 0;
  bool operator==(const TouchedRelation&) const = default;
};

struct TypeFacts {
  std::string name;  // as Postgres names it, without pg_catalog: "int4", "varchar", "s.mood"
  bool is_array = false;
  bool has_modifiers = false;  // varchar(20)
  size_t offset = 0;
};

struct ConstraintFacts {
  enum class Kind { kNotNull, kCheck, kPrimaryKey, kUnique, kForeignKey, kExclusion, kOther };
  Kind kind = Kind::kOther;
  std::string name;                  // empty when the server chooses
  std::vector<std::string> columns;  // of keys
  std::string not_null_column;       // of a check that is exactly `column IS NOT NULL`
  RelationName references;           // of a foreign key
  bool not_valid = false;
  std::string using_index;
  size_t offset = 0;
};

struct ColumnFacts {
  std::string name;
  TypeFacts type;
  bool not_null = false;  // written, not implied by a key
  struct Default {
    std::vector<std::string> functions;  // that it calls, without pg_catalog: "now", "s.next_code"
    size_t offset = 0;                   // of the expression
  };
  std::optional<Default> default_value;
  enum class Generated { kNo, kIdentity, kStored };
  Generated generated = Generated::kNo;
  size_t generated_offset = 0;
  std::vector<ConstraintFacts> constraints;  // but for NOT NULL
  size_t offset = 0;
};

struct CreateTableFacts {
  RelationName table;
  enum class Persistence { kPermanent, kUnlogged, kTemporary };
  Persistence persistence = Persistence::kPermanent;
  bool drops_on_commit = false;
  bool if_not_exists = false;
  bool from_query = false;  // CREATE TABLE AS, SELECT INTO
  bool is_materialized_view = false;
  bool is_foreign = false;
  bool has_like = false;  // columns come from elsewhere too: LIKE, INHERITS, OF
  std::optional<RelationName> partition_of;
  std::vector<ColumnFacts> columns;
  std::vector<ConstraintFacts> constraints;
};

// One action of an ALTER TABLE.
struct AlterAction {
  enum class Kind {
    kAddColumn,
    kDropColumn,
    kSetType,
    kSetNotNull,
    kDropNotNull,
    kSetDefault,  // or drop it
    kAddIdentity,
    kAddConstraint,
    kDropConstraint,
    kValidateConstraint,
    kReplicaIdentity,
    kAttachPartition,
    kDetachPartition,
    kSetStatistics,
    kSetOptions,   // storage parameters of table or column
    kTriggerMode,  // ENABLE or DISABLE TRIGGER
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string subtype;                        // in the parser's words: "AT_SetTableSpace"
  std::string name;                           // column or constraint
  bool if_exists = false;                     // or, of ADD COLUMN, IF NOT EXISTS
  bool concurrently = false;                  // of DETACH PARTITION
  std::optional<ColumnFacts> column;          // of ADD COLUMN
  std::optional<TypeFacts> type;              // of SET DATA TYPE
  std::optional<ConstraintFacts> constraint;  // of ADD CONSTRAINT
  ReplicaIdentity replica_identity = ReplicaIdentity::kDefault;
  std::string index;         // of REPLICA IDENTITY USING INDEX
  RelationName partition;    // of ATTACH and DETACH
  size_t offset = 0;         // of the action's first word
  size_t option_offset = 0;  // of ALTER COLUMN: of what follows the column's name
};

struct AlterTableFacts {
  RelationName table;
  RelationKind kind = RelationKind::kTable;  // kOther: a composite type
  bool if_exists = false;
  std::vector<AlterAction> actions;
};

struct RenameFacts {
  enum class What { kRelation, kColumn, kConstraint, kSchemaOf, kType, kOther };
  What what = What::kOther;
  RelationKind kind = RelationKind::kOther;  // of the relation, or of that whose column it is
  RelationName object;                       // the relation or type
  std::string name;                          // column or constraint
  std::string new_name;                      // or the new schema
  size_t offset = 0;                         // of RENAME or SET
};

struct CreateIndexFacts {
  std::string index;  // empty when the server chooses
  RelationName table;
  bool is_unique = false;
  bool concurrently = false;
  bool if_not_exists = false;
};

struct DropFacts {
  enum class What {
    kTable,
    kIndex,
    kView,
    kMaterializedView,
    kForeignTable,
    kSequence,
    kType,
    kDomain,
    kSchema,
    kPublication,
    kDatabase,
    kOther
  };
  What what = What::kOther;
  std::vector<RelationName> names;
  bool if_exists = false;
  bool cascade = false;
  bool concurrently = false;
};

struct TruncateFacts {
  bool cascade = false;
  size_t cascade_offset = 0;
};

// INSERT, UPDATE, DELETE or MERGE, also inside WITH.
struct DataChangeFacts {
  struct Change {
    Touch touch = Touch::kInsert;
    RelationName table;
    bool has_condition = false;  // a WHERE that is not TRUE; of INSERT: always false
    bool has_query = false;      // rows come from a query, not from VALUES
    size_t offset = 0;           // of the table's name
  };
  std::vector<Change> changes;
  std::vector<size_t> duplicates;  // of assignments to a column that is assigned twice
};

struct ReindexFacts {
  bool concurrently = false;
};

struct LockTableFacts {
  int mode = 8;  // as Postgres numbers them: 1 is ACCESS SHARE, 8 ACCESS EXCLUSIVE
};

// VACUUM FULL and CLUSTER: rewrites under an exclusive lock.
struct RewriteFacts {};

struct SetFacts {
  std::string name;  // "lock_timeout"; of SET, SET LOCAL
};

struct PublicationFacts {
  enum class Action { kCreate, kAdd, kDrop, kSet, kOptions, kRename, kOwner };
  Action action = Action::kCreate;
  std::string name;
  std::string new_name;
  bool all_tables = false;
  std::vector<RelationName> tables;
  std::vector<std::string> schemas;  // TABLES IN SCHEMA; "" is CURRENT_SCHEMA
};

// CREATE or ALTER of a type or domain.
struct TypeChangeFacts {
  enum class What {
    kCreateDomain,
    kAddDomainConstraint,
    kAlterDomain,
    kAddEnumValue,
    kRenameEnumValue,
    kAlterComposite,
  };
  What what = What::kAlterDomain;
  RelationName type;
  bool has_neighbour = false;              // of an enum value: BEFORE or AFTER
  std::vector<size_t> constraint_offsets;  // of CREATE DOMAIN
  size_t offset = 0;                       // of ADD
};

using StatementDetail =
    std::variant<CreateTableFacts, AlterTableFacts, RenameFacts, CreateIndexFacts, DropFacts,
                 TruncateFacts, DataChangeFacts, ReindexFacts, LockTableFacts, RewriteFacts,
                 SetFacts, PublicationFacts, TypeChangeFacts>;

}  // namespace storefront::migrator
