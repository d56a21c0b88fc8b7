// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/validation.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using enum MigrationState;

bool IsRepeatable(const MigrationLine& line) {
  return line.script != nullptr ? line.script->name.kind == ScriptKind::kRepeatable
                                : !line.row->version.has_value();
}

absl::string_view TypeOf(const MigrationLine& line) {
  if (IsRepeatable(line)) return "repeatable";
  return line.is_baseline ? "baseline" : "versioned";
}

absl::string_view IgnorableState(MigrationState state) {
  switch (state) {
    case kMissing:
    case kFailedMissing:
      return "missing";
    case kPending:
    case kOutdated:
      return "pending";
    case kIgnored:
      return "ignored";
    case kFuture:
    case kFailedFuture:
      return "future";
    case kAboveTarget:
    case kBelowBaseline:
    case kIgnoredBaseline:
    case kSuccess:
    case kFailed:
    case kOutOfOrder:
    case kBaseline:
    case kSuperseded:
    case kDeleted:
      break;
  }
  return "";
}

std::string Code(const MigrationLine& line, absl::string_view before, absl::string_view after) {
  return absl::StrCat(before, IsRepeatable(line) ? "REPEATABLE" : "VERSIONED", after);
}

std::string ChecksumMessage(const MigrationLine& line, const ValidationOptions& options) {
  const std::string cause = options.explain_checksum(*line.script, *line.row->checksum);
  return absl::StrCat(line.script->file.path, " changed after it was applied: checksum ",
                      *line.row->checksum, " then, ", *line.script->checksum, " now",
                      cause.empty() ? "" : absl::StrCat("; probably ", cause),
                      ". Restore the file, or repair the history if the change is meant.");
}

void Compare(const MigrationLine& line, const ValidationOptions& options,
             std::vector<Finding>& findings) {
  const HistoryRow& row = *line.row;
  const std::string& path = line.script->file.path;
  const bool is_baseline_file = line.script->name.kind == ScriptKind::kBaseline;
  const HistoryType expected = is_baseline_file ? HistoryType::kSqlBaseline : HistoryType::kSql;
  if (row.type != expected) {
    findings.push_back({"TYPE_MISMATCH", line.id, path,
                        absl::StrCat(path, " is ", HistoryTypeName(expected),
                                     ", but was applied as ", HistoryTypeName(row.type), ".")});
    return;
  }
  if (!row.version) return;  // a repeatable that differs is Outdated, not wrong
  if (row.checksum && line.script->checksum && *row.checksum != *line.script->checksum) {
    findings.push_back({"CHECKSUM_MISMATCH", line.id, path, ChecksumMessage(line, options)});
  }
  const std::string description = ShortenDescription(line.script->name.description);
  if (row.description != description) {
    findings.push_back(
        {"DESCRIPTION_MISMATCH", line.id, path,
         absl::StrCat(path, " was applied with description \"", row.description, "\" and is now \"",
                      description, "\". Restore the name, or repair the history.")});
  }
}

void Judge(const MigrationLine& line, const ValidationOptions& options,
           std::vector<Finding>& findings) {
  const std::string script = line.script != nullptr ? line.script->file.path : line.row->script;
  switch (line.state) {
    case kFailed:
    case kFailedMissing:
    case kFailedFuture:
      findings.push_back({Code(line, "FAILED_", "_MIGRATION"), line.id, script,
                          absl::StrCat(script, " failed and its row was not repaired.")});
      return;
    case kMissing:
    case kFuture:
      findings.push_back({Code(line, "APPLIED_", "_MIGRATION_NOT_RESOLVED"), line.id, script,
                          absl::StrCat(script,
                                       " was applied, but its file is gone. Restore it, or "
                                       "repair the history.")});
      return;
    case kIgnored:
      if (line.is_baseline) return;  // a higher one was chosen
      findings.push_back({Code(line, "RESOLVED_", "_MIGRATION_NOT_APPLIED"), line.id, script,
                          absl::StrCat(script,
                                       " is below what was applied last and will never be "
                                       "applied. Give it a higher version, or set "
                                       "out_of_order.")});
      return;
    case kPending:
      if (options.allow_pending || line.is_baseline) return;
      findings.push_back({Code(line, "RESOLVED_", "_MIGRATION_NOT_APPLIED"), line.id, script,
                          absl::StrCat(script, " is not applied yet.")});
      return;
    case kOutdated:
      if (options.allow_pending) return;
      findings.push_back({"OUTDATED_REPEATABLE_MIGRATION", line.id, script,
                          absl::StrCat(script, " changed; the next run applies it again.")});
      return;
    case kSuccess:
    case kOutOfOrder:
    case kBaseline:
      if (line.script != nullptr && line.row != nullptr) Compare(line, options, findings);
      return;
    case kAboveTarget:
    case kBelowBaseline:
    case kIgnoredBaseline:
    case kSuperseded:
    case kDeleted:
      return;
  }
}

}  // namespace

absl::StatusOr<IgnorePatterns> IgnorePatterns::Parse(const std::vector<std::string>& patterns) {
  IgnorePatterns parsed;
  if (patterns.empty()) parsed.patterns_.emplace_back("*", "future");
  for (size_t i = 0; i < patterns.size(); ++i) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(absl::AsciiStrToLower(patterns[i]), absl::MaxSplits(':', 1));
    const auto& [type, state] = parts;
    const bool good_type =
        type == "*" || type == "versioned" || type == "repeatable" || type == "baseline";
    const bool good_state = state == "*" || state == "missing" || state == "pending" ||
                            state == "ignored" || state == "future";
    if (!good_type || !good_state) {
      return status::InvalidField(
          absl::StrCat("ignore_patterns[", i, "]"),
          "must be type:state with type versioned, repeatable, baseline or * and state missing, "
          "pending, ignored, future or *");
    }
    parsed.patterns_.push_back(parts);
  }
  return parsed;
}

bool IgnorePatterns::Ignores(const MigrationLine& line) const {
  const absl::string_view state = IgnorableState(line.state);
  if (state.empty()) return false;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
    return (pattern.first == "*" || pattern.first == TypeOf(line)) &&
           (pattern.second == "*" || pattern.second == state);
  });
}

std::vector<Finding> Validate(const MigrationTable& table, const IgnorePatterns& ignore,
                              const ValidationOptions& options) {
  std::vector<Finding> findings;
  std::set<std::string> outdated;  // one finding is enough for a repeatable that changed
  for (const MigrationLine& line : table.lines) {
    if (line.state == kOutdated) outdated.insert(line.row->description);
    if (line.state == kPending && IsRepeatable(line) &&
        outdated.contains(ShortenDescription(line.script->name.description))) {
      continue;
    }
    const bool is_marker = line.row != nullptr && (line.row->type == HistoryType::kDelete ||
                                                   line.row->type == HistoryType::kSchema);
    if (is_marker || ignore.Ignores(line)) continue;
    Judge(line, options, findings);
  }
  return findings;
}

absl::Status CheckNotDirty(const History& history) {
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                         .reason = Reason::kDirtyHistory};
  for (const HistoryRow& row : history.rows) {
    if (row.success) continue;
    const std::string what = absl::StrCat(row.script, " (rank ", row.installed_rank, ")");
    absl::StrAppend(&spec.message, spec.message.empty() ? "These failed: " : ", ", what);
    spec.preconditions.push_back({.type = "FAILED_MIGRATION",
                                  .subject = row.script,
                                  .description = absl::StrCat(what, " ended without success")});
  }
  if (spec.preconditions.empty()) return absl::OkStatus();
  absl::StrAppend(&spec.message, ". Clear away what they left, then repair the history.");
  return status::Error(std::move(spec));
}

}  // namespace storefront::migrator
