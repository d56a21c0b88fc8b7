// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_journal.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

using status::Reason;

constexpr absl::Duration kAskInterval = absl::Seconds(1);
// A script may raise a notice of any length; a hundred of them are one message of a watch.
constexpr size_t kServerTextCharacters = 4000;

std::string Describe(const Blocker& blocker) {
  return absl::StrCat("pid ", blocker.pid, " (", blocker.application_name, ", ", blocker.state,
                      blocker.relation.empty() ? "" : absl::StrCat(", on ", blocker.relation),
                      ", transaction open for ",
                      absl::FormatDuration(absl::Trunc(blocker.transaction_age, absl::Seconds(1))),
                      ")");
}

}  // namespace

std::string SqlStateOf(const absl::Status& status) {
  const auto metadata = status::DetailsOf(status).metadata;
  const auto found = metadata.find("sqlstate");
  return found == metadata.end() ? "" : found->second;
}

bool MayBeRepeated(const absl::Status& status) {
  const std::string state = SqlStateOf(status);
  return state == "55P03" || state == "40P01" || state == "40001";
}

ScriptJournal::ScriptJournal(Parts parts, int backend_pid, const PreparedScript* script)
    : parts_(parts), backend_pid_(backend_pid), script_(script) {}

std::string ScriptJournal::Shown(absl::string_view server_text) const {
  // Masked first: half a secret is not found.
  return Shortened(parts_.placeholders.Mask(server_text), kServerTextCharacters);
}

std::string ScriptJournal::Path() const {
  return script_ == nullptr ? "" : script_->script.file.path;
}

RunEvent ScriptJournal::EventOf(absl::string_view type, size_t statement) const {
  RunEvent event{
      .type = std::string(type), .script = Path(), .statement = static_cast<int>(statement) + 1};
  if (script_ != nullptr) {
    event.statements = static_cast<int>(script_->statements.size());
    if (statement < script_->statements.size()) event.line = script_->statements[statement].line;
  }
  return event;
}

void ScriptJournal::SetUnits(std::vector<const PreparedScript*> scripts,
                             std::function<void(size_t)> on_unit) {
  units_ = std::move(scripts);
  on_unit_ = std::move(on_unit);
}

void ScriptJournal::OnUnitStarted(size_t unit) {
  if (unit < units_.size() && units_[unit] != nullptr) script_ = units_[unit];
  on_unit_(unit);
}

void ScriptJournal::OnStatementStarted(size_t statement) {
  statement_ = statement;
  progress_.reset();
  started_ = parts_.clock.Steady();
  // The first tick asks already: with a short lock_timeout there is no second one.
  asked_.reset();
  parts_.journal.Note(EventOf("statement_started", statement));
}

void ScriptJournal::OnStatementFinished(size_t statement, int64_t rows) {
  RunEvent event = EventOf("statement_finished", statement);
  event.rows = rows;
  event.duration = parts_.clock.Steady() - started_;
  parts_.journal.Update([&](Run& run) { run.statements_done = static_cast<int>(statement) + 1; },
                        std::move(event));
}

void ScriptJournal::OnNotice(absl::string_view severity, absl::string_view message) {
  parts_.journal.Note(RunEvent{
      .type = "notice", .script = Path(), .message = Shown(absl::StrCat(severity, ": ", message))});
}

void ScriptJournal::OnTick() {
  parts_.journal.Flush();
  const clock::SteadyTime now = parts_.clock.Steady();
  if (asked_ && now - *asked_ < kAskInterval) return;
  asked_ = now;
  NoteBlockers();
  NoteProgress();
}

void ScriptJournal::NoteBlockers() {
  auto blockers = parts_.onlooker.FindBlockers(backend_pid_);
  if (!blockers.ok() || blockers->empty()) return;
  std::string text = absl::StrJoin(*blockers, "; ", [](std::string* out, const Blocker& blocker) {
    absl::StrAppend(out, Describe(blocker));
  });
  text = parts_.placeholders.Mask(text);  // a relation's name may be made from a secret
  blockers_ = *std::move(blockers);
  if (text == blocked_by_) return;
  blocked_by_ = std::move(text);
  RunEvent event{
      .type = "blocked", .script = Path(), .message = absl::StrCat("waits for ", blocked_by_)};
  for (const Blocker& blocker : blockers_) event.blocking_pids.push_back(blocker.pid);
  parts_.journal.Note(std::move(event));
}

void ScriptJournal::NoteProgress() {
  const auto progress = parts_.onlooker.FindProgress(backend_pid_);
  if (!progress.ok() || !*progress || *progress == progress_) return;
  progress_ = *progress;
  RunEvent event = EventOf("statement_progress", statement_);
  event.phase = progress_->phase;
  event.phase_done = progress_->done;
  event.phase_total = progress_->total;
  parts_.journal.Note(std::move(event));
}

void ScriptJournal::NameBlocker(status::ErrorSpec& spec) const {
  if (blockers_.empty()) return;
  absl::StrAppend(&spec.message, " Blocked by ", blocked_by_, ".");
  const Blocker& first = blockers_.front();
  spec.metadata["blocker_pid"] = absl::StrCat(first.pid);
  spec.metadata["blocker_application_name"] = first.application_name;
  spec.metadata["blocker_relation"] = parts_.placeholders.Mask(first.relation);
}

absl::Status ScriptJournal::Explain(const absl::Status& status, absl::string_view migration) const {
  status::ErrorSpec spec = status::DetailsOf(status);
  if (spec.reason == Reason::kUnspecified) return status;  // none of ours: CANCELLED as it came
  spec.internal = parts_.placeholders.Mask(spec.internal);
  if (script_ == nullptr || spec.reason != Reason::kScriptFailed) {
    if (spec.reason == Reason::kLockTimeout) NameBlocker(spec);
    return status::Error(std::move(spec));
  }
  const PreparedScript& script = *script_;
  spec.code = absl::StatusCode::kFailedPrecondition;
  const std::string sqlstate = spec.metadata["sqlstate"];
  const std::string server_message = Shown(spec.metadata["server_message"]);
  size_t statement = 0;
  int character = 0;
  const bool is_placed = absl::SimpleAtoi(spec.metadata["statement"], &statement) &&
                         absl::SimpleAtoi(spec.metadata["character"], &character) &&
                         statement < script.statements.size();
  std::string place = script.script.file.path;
  spec.metadata = {{"file", place},
                   {"migration", std::string(migration)},
                   {"sqlstate", sqlstate},
                   {"rolled_back", script.transactional ? "true" : "false"}};
  if (is_placed) {
    const TextPosition at = script.PositionIn(script.statements[statement], character);
    absl::StrAppend(&place, ":", at.line, ":", at.column);
    spec.metadata["line"] = absl::StrCat(at.line);
    spec.metadata["column"] = absl::StrCat(at.column);
  }
  spec.message = absl::StrCat(place, ": ", server_message, " (SQLSTATE ", sqlstate, "). ",
                              script.transactional
                                  ? "The script was rolled back."
                                  : "The script ran outside a transaction: what it did stays, its "
                                    "row is marked as failed.");
  if (!script.transactional) {
    if (const auto indexes = parts_.onlooker.InvalidIndexes(); indexes.ok() && !indexes->empty()) {
      const std::string names = parts_.placeholders.Mask(absl::StrJoin(*indexes, ", "));
      absl::StrAppend(&spec.message, " Invalid indexes: ", names, ".");
      spec.metadata["invalid_indexes"] = names;
    }
  }
  if (sqlstate == "55P03") {
    spec.code = absl::StatusCode::kAborted;
    spec.reason = Reason::kLockTimeout;
    NameBlocker(spec);
  } else if (sqlstate == "40P01" || sqlstate == "40001") {
    spec.code = absl::StatusCode::kAborted;
    spec.reason = Reason::kTransactionConflict;
  } else if (sqlstate == "53100" || sqlstate == "53200") {
    spec.code = absl::StatusCode::kResourceExhausted;
    spec.reason = sqlstate == "53100" ? Reason::kDiskFull : Reason::kOutOfMemory;
  }
  return status::Error(std::move(spec));
}

}  // namespace storefront::migrator
