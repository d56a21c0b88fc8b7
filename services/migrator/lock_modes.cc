// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_modes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"

namespace storefront::migrator {
namespace {

using enum LockMode;

struct Need {
  LockMode mode = kAccessShare;
  bool scans = false;
};

// Functions that give one value for the whole statement: a default made of them needs no rewrite.
constexpr absl::string_view kStableFunctions[] = {
    "now",          "transaction_timestamp", "statement_timestamp", "current_database",
    "current_user", "session_user",          "current_schema",      "to_timestamp",
};

bool IsStable(const std::string& function) {
  return std::find(std::begin(kStableFunctions), std::end(kStableFunctions), function) !=
         std::end(kStableFunctions);
}

Need NeedOf(const ConstraintFacts& constraint) {
  switch (constraint.kind) {
    case ConstraintFacts::Kind::kForeignKey:
      return {kShareRowExclusive, !constraint.not_valid};
    case ConstraintFacts::Kind::kPrimaryKey:
    case ConstraintFacts::Kind::kUnique:
      return {kAccessExclusive, constraint.using_index.empty()};
    case ConstraintFacts::Kind::kCheck:
    case ConstraintFacts::Kind::kNotNull:
      return {kAccessExclusive, !constraint.not_valid};
    case ConstraintFacts::Kind::kExclusion:
      return {kAccessExclusive, true};
    case ConstraintFacts::Kind::kOther:
      break;
  }
  return {kAccessExclusive, false};
}

// True when every row must be written, or read, before the column can be there.
bool FillsEachRow(const ColumnFacts& column) {
  if (column.generated != ColumnFacts::Generated::kNo) return true;
  if (absl::EndsWith(column.type.name, "serial")) return true;
  if (column.default_value) {
    const auto& functions = column.default_value->functions;
    if (!std::all_of(functions.begin(), functions.end(), IsStable)) return true;
  }
  return std::any_of(
      column.constraints.begin(), column.constraints.end(), [](const ConstraintFacts& constraint) {
        return constraint.kind != ConstraintFacts::Kind::kForeignKey && NeedOf(constraint).scans;
      });
}

Need NeedOfOther(const std::string& subtype) {
  if (subtype == "AT_ClusterOn" || subtype == "AT_DropCluster" || subtype == "AT_SetOptions" ||
      subtype == "AT_ResetOptions" || subtype == "AT_DetachPartitionFinalize") {
    return {kShareUpdateExclusive, false};
  }
  const bool rewrites = subtype == "AT_SetTableSpace" || subtype == "AT_SetLogged" ||
                        subtype == "AT_SetUnLogged" || subtype == "AT_SetAccessMethod" ||
                        subtype == "AT_SetExpression";
  return {kAccessExclusive, rewrites};
}

Need NeedOf(const AlterAction& action, RelationKind kind) {
  using Kind = AlterAction::Kind;
  switch (action.kind) {
    case Kind::kAddColumn:
      return {kAccessExclusive, action.column && FillsEachRow(*action.column)};
    case Kind::kSetType:
    case Kind::kSetNotNull:
      return {kAccessExclusive, true};
    case Kind::kDropColumn:
    case Kind::kDropNotNull:
    case Kind::kSetDefault:
    case Kind::kAddIdentity:
    case Kind::kDropConstraint:
    case Kind::kReplicaIdentity:
      return {kAccessExclusive, false};
    case Kind::kAddConstraint:
      return action.constraint ? NeedOf(*action.constraint) : Need{kAccessExclusive, true};
    case Kind::kValidateConstraint:
      return {kShareUpdateExclusive, true};
    case Kind::kAttachPartition:
      return {kShareUpdateExclusive, false};
    case Kind::kDetachPartition:
      return {action.concurrently ? kShareUpdateExclusive : kAccessExclusive, false};
    case Kind::kSetStatistics:
      return {kShareUpdateExclusive, false};
    case Kind::kSetOptions:
      return {kind == RelationKind::kView ? kAccessExclusive : kShareUpdateExclusive, false};
    case Kind::kTriggerMode:
      return {kShareRowExclusive, false};
    case Kind::kOther:
      return NeedOfOther(action.subtype);
  }
  return {kAccessExclusive, false};
}

class Locks {
 public:
  void Add(const RelationName& relation, Need need) {
    if (relation.name.empty()) return;
    StatementLock& lock =
        by_name_.try_emplace(relation, StatementLock{.relation = relation}).first->second;
    lock.mode = std::max(lock.mode, need.mode);
    lock.scans_table = lock.scans_table || need.scans;
  }

  std::vector<StatementLock> Take() const {
    std::vector<StatementLock> locks;
    for (const auto& [name, lock] : by_name_) locks.push_back(lock);
    return locks;
  }

 private:
  std::map<RelationName, StatementLock> by_name_;
};

void AddAlter(const AlterTableFacts& alter, Locks& locks) {
  for (const AlterAction& action : alter.actions) {
    locks.Add(alter.table, NeedOf(action, alter.kind));
    if (action.constraint && action.constraint->kind == ConstraintFacts::Kind::kForeignKey) {
      locks.Add(action.constraint->references, {kShareRowExclusive, false});
    }
    if (action.kind == AlterAction::Kind::kAttachPartition) {
      locks.Add(action.partition, {kAccessExclusive, true});
    }
    if (action.kind == AlterAction::Kind::kDetachPartition) {
      locks.Add(action.partition, {kAccessExclusive, false});
    }
  }
}

// UPDATE or DELETE of every row.
bool ChangesAll(const StatementFacts& facts, const TouchedRelation& touched) {
  const auto* changes = facts.As<DataChangeFacts>();
  if (changes == nullptr) return false;
  return std::any_of(changes->changes.begin(), changes->changes.end(),
                     [&](const DataChangeFacts::Change& change) {
                       return change.table == touched.name && change.touch == touched.touch &&
                              !change.has_condition;
                     });
}

LockMode ModeOf(int number) { return static_cast<LockMode>(std::clamp(number, 1, 8) - 1); }

// For commands whose name alone says it.
std::optional<Need> NeedOfCommand(absl::string_view command) {
  if (command == "CREATE TRIGGER") return Need{kShareRowExclusive, false};
  if (command == "COMMENT ON" || command == "COMMENT" || command == "CREATE STATISTICS" ||
      command == "SECURITY LABEL") {
    return Need{kShareUpdateExclusive, false};
  }
  for (const absl::string_view object : {"TRIGGER", "RULE", "POLICY"}) {
    if (absl::EndsWith(command, object)) return Need{kAccessExclusive, false};
  }
  return std::nullopt;
}

std::optional<Need> NeedOf(const StatementFacts& facts, const TouchedRelation& touched) {
  const auto* drop = facts.As<DropFacts>();
  const auto* reindex = facts.As<ReindexFacts>();
  const auto* index = facts.As<CreateIndexFacts>();
  const auto* lock = facts.As<LockTableFacts>();
  const auto* create = facts.As<CreateTableFacts>();
  switch (touched.touch) {
    case Touch::kRead:
      return Need{kAccessShare, false};
    case Touch::kInsert:
    case Touch::kMerge:
    case Touch::kCopyIn:
      return Need{kRowExclusive, false};
    case Touch::kUpdate:
    case Touch::kDelete:
      return Need{kRowExclusive, ChangesAll(facts, touched)};
    case Touch::kCreate:
    case Touch::kAlter:  // its actions say it
      return std::nullopt;
    case Touch::kRename:
    case Touch::kSetSchema:
    case Touch::kTruncate:
      return Need{kAccessExclusive, false};
    case Touch::kDrop:
      return Need{drop != nullptr && drop->concurrently ? kShareUpdateExclusive : kAccessExclusive,
                  false};
    case Touch::kCreateIndex:
      return Need{index != nullptr && index->concurrently ? kShareUpdateExclusive : kShare, true};
    case Touch::kParent:
      return Need{
          create != nullptr && create->partition_of ? kAccessExclusive : kShareUpdateExclusive,
          false};
    case Touch::kReference:
      return Need{kShareRowExclusive, false};
    case Touch::kLock:
      return Need{lock == nullptr ? kAccessExclusive : ModeOf(lock->mode), false};
    case Touch::kReindex:
      return Need{reindex != nullptr && reindex->concurrently ? kShareUpdateExclusive : kShare,
                  true};
    case Touch::kCluster:
      return Need{kAccessExclusive, true};
    case Touch::kVacuum:
      return Need{facts.As<RewriteFacts>() != nullptr ? kAccessExclusive : kShareUpdateExclusive,
                  true};
    case Touch::kAnalyze:
    case Touch::kPublish:
      return Need{kShareUpdateExclusive, false};
    case Touch::kRefresh:
      return Need{kAccessExclusive, true};
    case Touch::kOther:
      return NeedOfCommand(facts.command);
  }
  return std::nullopt;
}

}  // namespace

absl::string_view LockModeName(LockMode mode) {
  switch (mode) {
    case kAccessShare:
      return "ACCESS SHARE";
    case kRowShare:
      return "ROW SHARE";
    case kRowExclusive:
      return "ROW EXCLUSIVE";
    case kShareUpdateExclusive:
      return "SHARE UPDATE EXCLUSIVE";
    case kShare:
      return "SHARE";
    case kShareRowExclusive:
      return "SHARE ROW EXCLUSIVE";
    case kExclusive:
      return "EXCLUSIVE";
    case kAccessExclusive:
      return "ACCESS EXCLUSIVE";
  }
  return "";
}

absl::string_view LockModeBlocks(LockMode mode) {
  switch (mode) {
    case kAccessShare:
    case kRowShare:
    case kRowExclusive:
    case kShareUpdateExclusive:
      return "schema changes";
    case kShare:
    case kShareRowExclusive:
    case kExclusive:
      return "writes";
    case kAccessExclusive:
      return "reads and writes";
  }
  return "";
}

std::vector<StatementLock> LocksOf(const StatementFacts& facts) {
  Locks locks;
  if (const auto* alter = facts.As<AlterTableFacts>(); alter != nullptr) AddAlter(*alter, locks);
  for (const TouchedRelation& touched : facts.relations) {
    if (const std::optional<Need> need = NeedOf(facts, touched); need) {
      locks.Add(touched.name, *need);
    }
  }
  return locks.Take();
}

}  // namespace storefront::migrator
