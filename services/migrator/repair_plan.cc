// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/repair_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/macros.h"
#include "services/migrator/statement_names.h"

namespace storefront::migrator {
namespace {

using enum MigrationState;

class RepairPlanner {
 public:
  explicit RepairPlanner(const RepairInputs& inputs) : inputs_(inputs) {}

  absl::StatusOr<RepairPlan> Make() {
    RETURN_IF_ERROR(FindingsToStatus(inputs_.set.findings));
    ASSIGN_OR_RETURN(const MigrationTable before, MakeTable(inputs_.set, inputs_.history, {}));
    for (const MigrationLine& line : before.lines) {
      if (line.row != nullptr && !line.row->success) Remove(line);
    }
    History kept{.exists = inputs_.history.exists};
    std::copy_if(inputs_.history.rows.begin(), inputs_.history.rows.end(),
                 std::back_inserter(kept.rows), [](const HistoryRow& row) { return row.success; });
    ASSIGN_OR_RETURN(const MigrationTable table, MakeTable(inputs_.set, kept, {}));
    int rank = NextRank(kept);
    for (const MigrationLine& line : table.lines) {
      if (line.state == kMissing) MarkDeleted(line, rank++);
    }
    for (const MigrationLine& line : table.lines) RETURN_IF_ERROR(Align(line));
    DropIndexes();
    return std::move(plan_);
  }

 private:
  void Remove(const MigrationLine& line) {
    plan_.removed_ranks.push_back(line.row->installed_rank);
    RunStep step = StepOf(line, StepAction::kRemoveFailed);
    if (!inputs_.invalid_indexes.empty()) {
      if (line.script == nullptr) {
        step.detail = "its file is gone, so no index can be told to be of it";
      } else if (auto script = inputs_.prepare(*line.script); script.ok()) {
        failed_.push_back(*std::move(script));
      } else {
        step.detail = absl::StrCat("no index can be told to be of it: ", script.status().message());
      }
    }
    plan_.steps.push_back(std::move(step));
  }

  void MarkDeleted(const MigrationLine& line, int rank) {
    plan_.deletions.push_back(DeletionOf(*line.row, rank));
    RunStep step = StepOf(line, StepAction::kMarkDeleted);
    step.installed_rank = rank;
    step.detail = absl::StrCat("applied as rank ", line.row->installed_rank, "; its file is gone");
    plan_.steps.push_back(std::move(step));
  }

  absl::Status Align(const MigrationLine& line) {
    if (line.row == nullptr || line.script == nullptr) return absl::OkStatus();
    const HistoryRow& row = *line.row;
    if (row.type == HistoryType::kDelete) return absl::OkStatus();
    const Script& file = *line.script;
    RowAlignment wanted{.installed_rank = row.installed_rank,
                        .description = ShortenDescription(file.name.description),
                        .type = file.name.kind == ScriptKind::kBaseline ? HistoryType::kSqlBaseline
                                                                        : HistoryType::kSql,
                        .checksum = file.checksum};
    if (row.version) {
      if (line.state != kSuccess && line.state != kOutOfOrder && line.state != kBaseline) {
        return absl::OkStatus();
      }
    } else {
      if (line.state != kOutdated || !row.checksum) return absl::OkStatus();
      ASSIGN_OR_RETURN(const int32_t raw, inputs_.raw_checksum(file));
      if (raw != *row.checksum) return absl::OkStatus();
    }
    std::vector<std::string> changes;
    if (row.checksum != wanted.checksum) {
      changes.push_back(
          absl::StrCat("checksum ", Text(row.checksum), " to ", Text(wanted.checksum)));
    }
    if (row.description != wanted.description) {
      changes.push_back(
          absl::StrCat("description \"", row.description, "\" to \"", wanted.description, "\""));
    }
    if (row.type != wanted.type) {
      changes.push_back(
          absl::StrCat("type ", HistoryTypeName(row.type), " to ", HistoryTypeName(wanted.type)));
    }
    if (changes.empty()) return absl::OkStatus();
    RunStep step = StepOf(line, StepAction::kAlign);
    step.detail = absl::StrJoin(changes, ", ");
    plan_.steps.push_back(std::move(step));
    plan_.alignments.push_back(std::move(wanted));
    return absl::OkStatus();
  }

  void DropIndexes() {
    for (const InvalidIndex& index : inputs_.invalid_indexes) {
      const auto owner =
          std::find_if(failed_.begin(), failed_.end(),
                       [&](const PreparedScript& script) { return LeftBehind(script, index); });
      if (owner == failed_.end()) continue;
      plan_.dropped_indexes.push_back(index);
      plan_.steps.push_back(
          {.migration = MigrationId(owner->script.name),
           .script = owner->script.file.path,
           .description = owner->script.name.description,
           .action = StepAction::kDropIndex,
           .detail = absl::StrCat(index.schema, ".", index.name, " on ", index.table)});
    }
  }

  static bool LeftBehind(const PreparedScript& script, const InvalidIndex& index) {
    for (const PreparedStatement& statement : script.statements) {
      const absl::string_view text = script.Text(statement);
      const std::set<std::string> names = NamesIn(text);
      if (names.contains(index.name) || names.contains(index.table)) return true;
      // REINDEX of a whole schema or database names neither.
      const bool is_wide =
          names.contains("schema") || names.contains("database") || names.contains("system");
      const bool is_copy =
          absl::StrContains(index.name, "_ccnew") || absl::StrContains(index.name, "_ccold");
      if (statement.facts.command == "REINDEX" && is_wide && is_copy) return true;
    }
    return false;
  }

  static std::string Text(const std::optional<int32_t>& checksum) {
    return checksum ? absl::StrCat(*checksum) : "none";
  }

  static RunStep StepOf(const MigrationLine& line, StepAction action) {
    return {.migration = line.id,
            .script = line.row->script,
            .description = line.row->description,
            .installed_rank = line.row->installed_rank,
            .action = action};
  }

  const RepairInputs& inputs_;
  RepairPlan plan_;
  std::vector<PreparedScript> failed_;
};

}  // namespace

absl::StatusOr<RepairPlan> PlanRepair(const RepairInputs& inputs) {
  return RepairPlanner(inputs).Make();
}

HistoryRow DeletionOf(const HistoryRow& applied, int installed_rank) {
  HistoryRow row = applied;
  row.installed_rank = installed_rank;
  row.type = HistoryType::kDelete;
  row.installed_by.clear();
  row.installed_on = {};
  row.execution_time = absl::ZeroDuration();
  return row;
}

}  // namespace storefront::migrator
