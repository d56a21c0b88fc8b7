// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migration_state.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using enum MigrationState;

bool IsRepeatable(const HistoryRow& row) {
  return !row.version && row.type != HistoryType::kSchema;
}

// Rows of one application and its deletion have equal keys.
std::string KeyOf(const HistoryRow& row) {
  if (!row.version) return absl::StrCat("R", row.description);
  return absl::StrCat(IsBaseline(row.type) ? "B" : "V", row.version->Canonical());
}

class TableMaker {
 public:
  TableMaker(const ScriptSet& set, const History& history, const TableOptions& options)
      : set_(set), history_(history), options_(options), deleted_(history.rows.size(), false) {}

  absl::StatusOr<MigrationTable> Make() {
    RETURN_IF_ERROR(FindDeleted());
    FindBounds();
    RETURN_IF_ERROR(CheckTarget());
    AddApplied();
    AddNotApplied();
    NameLines();
    MigrationTable table{.lines = std::move(below_), .current = current_};
    for (auto* part : {&applied_, &versions_, &repeatables_}) {
      std::move(part->begin(), part->end(), std::back_inserter(table.lines));
    }
    return table;
  }

 private:
  absl::Status FindDeleted() {
    for (size_t i = 0; i < history_.rows.size(); ++i) {
      const HistoryRow& row = history_.rows[i];
      if (row.type != HistoryType::kDelete || !row.success) continue;
      size_t target = i;
      for (size_t j = i; j-- > 0 && target == i;) {
        const HistoryRow& other = history_.rows[j];
        if (other.type == HistoryType::kDelete || deleted_[j]) continue;
        const bool same = row.version ? (other.version && *other.version == *row.version)
                                      : (!other.version && other.description == row.description);
        if (same) target = j;
      }
      if (target == i) {
        return status::Error(
            {.code = absl::StatusCode::kFailedPrecondition,
             .reason = Reason::kCorruptHistory,
             .message = absl::StrCat("The history row of rank ", row.installed_rank,
                                     " deletes a migration that no row before it "
                                     "applied. Correct the history by hand."),
             .metadata = {{"installed_rank", absl::StrCat(row.installed_rank)}}});
      }
      deleted_[target] = true;
    }
    return absl::OkStatus();
  }

  void FindBounds() {
    bool is_empty = true;
    for (size_t i = 0; i < history_.rows.size(); ++i) {
      const HistoryRow& row = history_.rows[i];
      if (row.type != HistoryType::kSchema) is_empty = false;
      if (!row.version) {
        if (IsRepeatable(row)) last_repeatable_[row.description] = i;
        continue;
      }
      if (row.type == HistoryType::kDelete || deleted_[i]) continue;
      if (!current_ || *current_ < *row.version) current_ = row.version;
      if (IsBaseline(row.type)) {
        if (!baseline_ || *baseline_ < *row.version) baseline_ = row.version;
        if (row.type == HistoryType::kSqlBaseline) applied_baselines_.insert(KeyOf(row));
      } else {
        applied_versions_.insert(row.version->Canonical());
      }
    }
    if (is_empty && !set_.baselines.empty()) {
      first_baseline_ = &set_.baselines.back();
      baseline_ = first_baseline_->name.version;
    }
    if (!set_.versioned.empty()) highest_file_ = set_.versioned.back().name.version;
    if (!set_.baselines.empty() &&
        (!highest_file_ || *highest_file_ < *set_.baselines.back().name.version)) {
      highest_file_ = set_.baselines.back().name.version;
    }
    for (const Script& script : set_.versioned)
      by_version_[script.name.version->Canonical()] = &script;
    for (const Script& script : set_.baselines) {
      baseline_files_[script.name.version->Canonical()] = &script;
    }
    for (const Script& script : set_.repeatables) {
      by_description_[ShortenDescription(script.name.description)] = &script;
    }
  }

  absl::Status CheckTarget() {
    const Target& target = options_.target;
    if (target.kind == Target::Kind::kCurrent) limit_ = current_;
    if (target.kind == Target::Kind::kCurrent && !current_) limit_none_ = true;
    if (target.kind != Target::Kind::kVersion) return absl::OkStatus();
    limit_ = target.version;
    if (!target.must_exist) return absl::OkStatus();
    const std::string wanted = target.version->Canonical();
    const bool in_history = std::any_of(
        history_.rows.begin(), history_.rows.end(),
        [&](const HistoryRow& row) { return row.version && *row.version == *target.version; });
    if (in_history || by_version_.contains(wanted) || baseline_files_.contains(wanted)) {
      return absl::OkStatus();
    }
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kTargetNotFound,
         .message = absl::StrCat("Target version ", target.version->text(),
                                 " has neither a file nor a history row. Name one "
                                 "that has, or write ",
                                 target.version->text(), "? to take it as a bound."),
         .metadata = {{"target", target.version->text()}}});
  }

  const Script* FileOf(const HistoryRow& row) const {
    const auto find = [](const auto& map, const std::string& key) -> const Script* {
      const auto found = map.find(key);
      return found == map.end() ? nullptr : found->second;
    };
    if (!row.version) return IsRepeatable(row) ? find(by_description_, row.description) : nullptr;
    if (row.type == HistoryType::kSqlBaseline)
      return find(baseline_files_, row.version->Canonical());
    if (IsBaseline(row.type)) return nullptr;
    return find(by_version_, row.version->Canonical());
  }

  void AddApplied() {
    std::optional<Version> highest;
    for (size_t i = 0; i < history_.rows.size(); ++i) {
      const HistoryRow& row = history_.rows[i];
      MigrationLine line{.row = &row, .is_baseline = IsBaseline(row.type)};
      line.script = FileOf(row);
      const bool live = row.type != HistoryType::kDelete && !deleted_[i];
      const bool out_of_order = row.version && live && highest && *row.version < *highest;
      line.state = StateOf(row, i, line.script, out_of_order);
      if (row.version && live && (!highest || *highest < *row.version)) highest = row.version;
      line.hidden = row.type == HistoryType::kDelete && row.version.has_value();
      if (live && IsRepeatable(row) && line.state != kSuperseded && line.state != kOutdated) {
        current_repeatables_.insert(row.description);
      }
      applied_.push_back(std::move(line));
    }
  }

  MigrationState StateOf(const HistoryRow& row, size_t index, const Script* file,
                         bool out_of_order) const {
    if (row.type == HistoryType::kDelete || row.type == HistoryType::kSchema) return kSuccess;
    if (deleted_[index]) return kDeleted;
    if (row.type == HistoryType::kBaseline) return kBaseline;
    // An older run of a repeatable stays what it is when the file goes; its last run is missing.
    const bool is_older_run = IsRepeatable(row) && last_repeatable_.at(row.description) != index;
    if (file == nullptr && !is_older_run) {
      const bool above = row.version && (!highest_file_ || *highest_file_ < *row.version);
      if (above) return row.success ? kFuture : kFailedFuture;
      return row.success ? kMissing : kFailedMissing;
    }
    if (!row.success) return kFailed;
    if (IsBaseline(row.type)) return kBaseline;
    if (!row.version) {
      if (is_older_run) return kSuperseded;
      return row.checksum && row.checksum == file->checksum ? kSuccess : kOutdated;
    }
    return out_of_order ? kOutOfOrder : kSuccess;
  }

  bool IsAboveTarget(const Version& version) const {
    return limit_none_ || (limit_ && *limit_ < version);
  }

  void AddNotApplied() {
    bool next_is_taken = false;
    // B before V of the same version.
    std::vector<std::pair<const Script*, bool>> files;
    for (const Script& script : set_.baselines) files.emplace_back(&script, true);
    for (const Script& script : set_.versioned) files.emplace_back(&script, false);
    std::stable_sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
      return *a.first->name.version < *b.first->name.version;
    });
    for (const auto& [script, is_baseline] : files) {
      const Version& version = *script->name.version;
      const std::string key = version.Canonical();
      MigrationLine line{.script = script, .is_baseline = is_baseline};
      if (is_baseline) {
        if (applied_baselines_.contains("B" + key)) continue;
        line.state = script == first_baseline_ ? kPending : kIgnored;
      } else {
        if (applied_versions_.contains(key)) continue;
        line.state = NotAppliedState(version);
      }
      if (line.state == kPending && options_.target.kind == Target::Kind::kNext) {
        if (next_is_taken) line.state = kAboveTarget;
        next_is_taken = true;
      }
      const bool below = line.state == kBelowBaseline || line.state == kIgnoredBaseline;
      (below ? below_ : versions_).push_back(std::move(line));
    }
    for (const Script& script : set_.repeatables) {
      const std::string description = ShortenDescription(script.name.description);
      if (current_repeatables_.contains(description)) continue;
      repeatables_.push_back({.state = kPending, .script = &script});
    }
  }

  MigrationState NotAppliedState(const Version& version) const {
    if (baseline_ && version < *baseline_) return kBelowBaseline;
    if (baseline_ && version == *baseline_) return kIgnoredBaseline;
    if (IsAboveTarget(version)) return kAboveTarget;
    if (current_ && version < *current_ && !options_.out_of_order) return kIgnored;
    return kPending;
  }

  // Bare names go to the line that counts now: not applied ones, then the last live row.
  void NameLines() {
    std::unordered_set<std::string> taken;
    const auto bare = [](const MigrationLine& line) {
      if (line.row != nullptr && line.row->type == HistoryType::kSchema)
        return std::string("schema");
      if (line.row != nullptr && !line.row->version) return RepeatableId(line.row->description);
      if (line.row != nullptr) {
        return absl::StrCat(line.is_baseline ? "B" : "V", line.row->version->Canonical());
      }
      if (line.script->name.kind == ScriptKind::kRepeatable) {
        return RepeatableId(ShortenDescription(line.script->name.description));
      }
      return MigrationId(line.script->name);
    };
    for (auto* part : {&below_, &versions_, &repeatables_}) {
      for (MigrationLine& line : *part) {
        line.id = bare(line);
        taken.insert(line.id);
      }
    }
    for (auto line = applied_.rbegin(); line != applied_.rend(); ++line) {
      line->id = bare(*line);
      const bool live = line->row->type != HistoryType::kDelete && line->state != kDeleted;
      if (!live || !taken.insert(line->id).second) {
        absl::StrAppend(&line->id, "@", line->row->installed_rank);
      }
    }
  }

  const ScriptSet& set_;
  const History& history_;
  const TableOptions& options_;
  std::vector<bool> deleted_;  // by row
  std::optional<Version> current_, baseline_, highest_file_, limit_;
  bool limit_none_ = false;  // target current with an empty history: no version at all
  const Script* first_baseline_ = nullptr;
  std::unordered_set<std::string> applied_versions_, applied_baselines_, current_repeatables_;
  std::unordered_map<std::string, size_t> last_repeatable_;  // description → row
  std::unordered_map<std::string, const Script*> by_version_, baseline_files_, by_description_;
  std::vector<MigrationLine> below_, applied_, versions_, repeatables_;
};

}  // namespace

absl::string_view MigrationStateName(MigrationState state) {
  switch (state) {
    case kPending:
      return "Pending";
    case kAboveTarget:
      return "Above Target";
    case kBelowBaseline:
      return "Below Baseline";
    case kIgnoredBaseline:
      return "Ignored (Baseline)";
    case kIgnored:
      return "Ignored";
    case kSuccess:
      return "Success";
    case kFailed:
      return "Failed";
    case kOutOfOrder:
      return "Out of Order";
    case kBaseline:
      return "Baseline";
    case kMissing:
      return "Missing";
    case kFailedMissing:
      return "Failed (Missing)";
    case kFuture:
      return "Future";
    case kFailedFuture:
      return "Failed (Future)";
    case kOutdated:
      return "Outdated";
    case kSuperseded:
      return "Superseded";
    case kDeleted:
      return "Deleted";
  }
  return "";
}

absl::StatusOr<Target> Target::Parse(absl::string_view text) {
  Target target;
  if (text.empty() || text == "latest") return target;
  if (text == "next" || text == "current") {
    target.kind = text == "next" ? Kind::kNext : Kind::kCurrent;
    return target;
  }
  target.kind = Kind::kVersion;
  target.must_exist = !absl::ConsumeSuffix(&text, "?");
  auto version = Version::Parse(text);
  if (!version.ok()) {
    return status::InvalidField(
        "target", absl::StrCat("must be a version, a version with `?`, latest, next or current: ",
                               version.status().message()));
  }
  target.version = *std::move(version);
  return target;
}

absl::StatusOr<MigrationTable> MakeTable(const ScriptSet& set, const History& history,
                                         const TableOptions& options) {
  return TableMaker(set, history, options).Make();
}

std::vector<const MigrationLine*> PendingLines(const MigrationTable& table) {
  std::vector<const MigrationLine*> pending;
  for (const MigrationLine& line : table.lines) {
    if (line.state == kPending) pending.push_back(&line);
  }
  return pending;
}

}  // namespace storefront::migrator
