// What a script does while it runs, in the words of its run's journal; and why it failed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/clock/clock.h"
#include "libs/status/error.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/placeholders.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/run.h"
#include "services/migrator/schema_history.h"

namespace storefront::migrator {

// The metadata `sqlstate`; empty without one.
std::string SqlStateOf(const absl::Status& status);

// True for what may succeed when it is tried again as a whole: a lock timeout, a deadlock, a
// serialization failure.
bool MayBeRepeated(const absl::Status& status);

// Notes statements, notices, who blocks the session and how far a long command is. Secrets are
// masked.
//
// Thread-safety: none. Lifetime: the references outlive it.
class ScriptJournal final : public ScriptObserver {
 public:
  struct Parts {
    SchemaHistory& onlooker;  // asked who blocks; its failures are nobody's
    const Placeholders& placeholders;
    clock::Clock& clock;
    RunJournal& journal;
  };

  // `script` may be null: work of ours, without statements of a file.
  ScriptJournal(Parts parts, int backend_pid, const PreparedScript* script);

  // The scripts of the units that follow, null for those without; `on_unit` is called when one
  // begins. Outlived by what it captures.
  void SetUnits(std::vector<const PreparedScript*> scripts, std::function<void(size_t)> on_unit);
  void SetScript(const PreparedScript* script) { script_ = script; }

  void OnUnitStarted(size_t unit) override;
  void OnStatementStarted(size_t statement) override;
  void OnStatementFinished(size_t statement, int64_t rows) override;
  void OnNotice(absl::string_view severity, absl::string_view message) override;
  void OnTick() override;

  // Who blocked it last; empty for nobody.
  const std::vector<Blocker>& blockers() const { return blockers_; }
  const std::string& blocked_by() const { return blocked_by_; }

  // The run's error: SCRIPT_FAILED with file, line, column, sqlstate and the server's message;
  // LOCK_TIMEOUT with the blocker; what is neither stays as it is. `migration` is an id, "V3".
  absl::Status Explain(const absl::Status& status, absl::string_view migration) const;

 private:
  RunEvent EventOf(absl::string_view type, size_t statement) const;
  std::string Path() const;
  // What the server says, as it may be shown.
  std::string Shown(absl::string_view server_text) const;
  void NameBlocker(status::ErrorSpec& spec) const;
  void NoteBlockers();
  void NoteProgress();

  Parts parts_;
  const int backend_pid_;
  const PreparedScript* script_;
  std::vector<const PreparedScript*> units_;
  std::function<void(size_t)> on_unit_ = [](size_t) {};
  size_t statement_ = 0;  // that is under way
  clock::SteadyTime started_;
  std::optional<clock::SteadyTime> asked_;  // the onlooker, in this statement
  std::vector<Blocker> blockers_;
  std::string blocked_by_;
  std::optional<StatementProgress> progress_;  // as it was noted last
};

}  // namespace storefront::migrator
