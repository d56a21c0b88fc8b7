// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/undo_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/validation.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// The lines of applied versions that nothing cancels, applied last first.
std::vector<const MigrationLine*> LiveLines(const MigrationTable& table) {
  std::vector<const MigrationLine*> lines;
  for (const MigrationLine& line : table.lines) {
    const bool live = line.row != nullptr && line.row->version &&
                      line.row->type != HistoryType::kDelete &&
                      line.state != MigrationState::kDeleted;
    if (live) lines.push_back(&line);
  }
  std::sort(lines.begin(), lines.end(), [](const MigrationLine* a, const MigrationLine* b) {
    return a->row->installed_rank > b->row->installed_rank;
  });
  return lines;
}

// One reason, all migrations that it is about.
class Refusals {
 public:
  Refusals(Reason reason, std::string first_words, std::string last_words)
      : spec_{.code = absl::StatusCode::kFailedPrecondition,
              .reason = reason,
              .message = std::move(first_words)},
        last_words_(std::move(last_words)) {}

  void Add(const std::string& id, const std::string& why) {
    absl::StrAppend(&spec_.message, spec_.preconditions.empty() ? " " : ", ", id);
    spec_.preconditions.push_back({.type = std::string(status::ReasonName(spec_.reason)),
                                   .subject = absl::StrCat("migrations/", id),
                                   .description = why});
  }
  absl::Status ToStatus() {
    if (spec_.preconditions.empty()) return absl::OkStatus();
    absl::StrAppend(&spec_.message, ". ", last_words_);
    return status::Error(spec_);
  }

 private:
  status::ErrorSpec spec_;
  std::string last_words_;
};

const Script* UndoOf(const ScriptSet& set, const Version& version) {
  const auto found = std::find_if(set.undos.begin(), set.undos.end(), [&](const Script& undo) {
    return *undo.name.version == version;
  });
  return found == set.undos.end() ? nullptr : &*found;
}

int LastRank(const History& history) { return NextRank(history) - 1; }

}  // namespace

absl::StatusOr<UndoTarget> UndoTarget::Parse(absl::string_view text) {
  UndoTarget target;
  if (text.empty()) return target;
  target.must_exist = !absl::ConsumeSuffix(&text, "?");
  auto version = Version::Parse(text);
  if (!version.ok()) {
    return status::InvalidField("target",
                                absl::StrCat("must be empty, a version or a version with `?`: ",
                                             version.status().message()));
  }
  target.above = *std::move(version);
  return target;
}

absl::StatusOr<UndoPlan> PlanUndo(const ScriptSet& set, const History& history,
                                  const UndoTarget& target, const PrepareScriptFn& prepare) {
  RETURN_IF_ERROR(FindingsToStatus(set.findings));
  RETURN_IF_ERROR(CheckNotDirty(history));
  TableOptions bound;
  if (target.above) {
    bound.target = {
        .kind = Target::Kind::kVersion, .version = target.above, .must_exist = target.must_exist};
  }
  ASSIGN_OR_RETURN(const MigrationTable table, MakeTable(set, history, bound));

  Refusals baselines(Reason::kUndoRefused, "A baseline stands for", "It has nothing to undo.");
  Refusals missing(Reason::kUndoScriptMissing, "There is no U file for", "Nothing was undone.");
  Refusals outside(Reason::kUndoRefused, "The U file refuses a transaction of",
                   "Undoing must happen whole or not at all.");
  std::vector<Finding> findings;
  UndoPlan plan{.last_rank = LastRank(history)};
  for (const MigrationLine* line : LiveLines(table)) {
    const Version& version = *line->row->version;
    if (target.above && version <= *target.above) continue;
    if (IsBaseline(line->row->type)) {
      baselines.Add(line->id, absl::StrCat("version ", version.text(), " came with a baseline"));
    } else if (const Script* undo = UndoOf(set, version); undo == nullptr) {
      missing.Add(line->id, absl::StrCat("no file U", version.Canonical(), "__….sql"));
    } else if (auto script = prepare(*undo); !script.ok()) {
      findings.push_back(FindingOf(script.status(), line->id, undo->file.path));
    } else if (!(*script)->transactional) {
      outside.Add(line->id, absl::StrCat(undo->file.path,
                                         " has statements that cannot run in a transaction"));
    } else {
      plan.items.push_back({line->id, *line->row, *std::move(script)});
    }
    if (!target.above) break;
  }
  RETURN_IF_ERROR(baselines.ToStatus());
  RETURN_IF_ERROR(missing.ToStatus());
  RETURN_IF_ERROR(outside.ToStatus());
  RETURN_IF_ERROR(FindingsToStatus(findings));
  return plan;
}

absl::StatusOr<size_t> CountUndone(const UndoPlan& plan, const History& history) {
  const auto changed = [](absl::string_view how) {
    return status::Error(
        {.code = absl::StatusCode::kAborted,
         .reason = Reason::kPlanChanged,
         .message = absl::StrCat("The history changed while the connection was lost: ", how,
                                 ". Look at it, then undo again.")});
  };
  const ScriptSet no_files;
  ASSIGN_OR_RETURN(const MigrationTable table, MakeTable(no_files, history, {}));
  std::set<int> live, deleted;
  for (const MigrationLine* line : LiveLines(table)) live.insert(line->row->installed_rank);
  for (const MigrationLine& line : table.lines) {
    if (line.state == MigrationState::kDeleted) deleted.insert(line.row->installed_rank);
  }
  size_t undone = 0;
  for (size_t i = 0; i < plan.items.size(); ++i) {
    const int rank = plan.items[i].applied.installed_rank;
    if (i == undone && deleted.contains(rank)) {
      ++undone;
    } else if (!live.contains(rank)) {
      return changed(absl::StrCat(plan.items[i].id, " is not applied any more"));
    }
  }
  if (!live.empty() && *live.rbegin() > plan.last_rank) {
    return changed(absl::StrCat("rank ", *live.rbegin(), " is new"));
  }
  return undone;
}

std::vector<RunStep> StepsOf(const UndoPlan& plan) {
  std::vector<RunStep> steps;
  for (const UndoItem& item : plan.items) {
    steps.push_back({.migration = item.id,
                     .script = item.script->script.file.path,
                     .description = item.applied.description,
                     .statements = static_cast<int>(item.script->statements.size()),
                     .action = StepAction::kUndo,
                     .detail = absl::StrCat("applied as rank ", item.applied.installed_rank)});
  }
  return steps;
}

}  // namespace storefront::migrator
