// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/dry_run.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/macros.h"
#include "services/migrator/run_units.h"

namespace storefront::migrator {
namespace {

std::string Text(const std::vector<HeldLock>& locks) {
  return absl::StrJoin(locks, ", ", [](std::string* out, const HeldLock& lock) {
    absl::StrAppend(out, lock.mode, " on ", lock.relation);
  });
}

// Everything that can be part of the one transaction.
class DryRun {
 public:
  DryRun(const MigratePlan& plan, const History& history, size_t first_step)
      : plan_(plan), first_script_(first_step + (plan.baseline ? 1 : 0)) {
    int rank = NextRank(history);
    if (plan.baseline) {
      AddCallbacks(CallbackEvent::kBeforeBaseline);
      list_.AddRow(*plan.baseline);
      rank = plan.baseline->installed_rank + 1;
      AddCallbacks(CallbackEvent::kAfterBaseline);
    }
    AddCallbacks(CallbackEvent::kBeforeMigrate);
    for (; end_ < plan.scripts.size() && plan.IsTransactional(end_); ++end_) {
      if (BeginsRepeatables(plan, end_)) {
        AddCallbacks(CallbackEvent::kAfterVersioned);
        AddCallbacks(CallbackEvent::kBeforeRepeatables);
      }
      list_.AddScript(plan, end_, rank++);
    }
    if (end_ < plan.scripts.size()) return;
    if (!HasRepeatables(plan)) AddCallbacks(CallbackEvent::kAfterVersioned);
    if (end_ > 0) AddCallbacks(CallbackEvent::kAfterMigrateApplied);
    AddCallbacks(CallbackEvent::kAfterMigrate);
  }

  const UnitList& list() const { return list_; }
  size_t end() const { return end_; }
  bool left_callbacks_out() const { return left_callbacks_out_; }
  size_t StepOf(size_t script) const { return first_script_ + script; }

 private:
  void AddCallbacks(CallbackEvent event) {
    if (!list_.AddCallbacks(plan_, event, /*only_transactional=*/true)) left_callbacks_out_ = true;
  }

  const MigratePlan& plan_;
  const size_t first_script_;
  UnitList list_;
  size_t end_ = 0;  // scripts before it are tried
  bool left_callbacks_out_ = false;
};

// Passes on what happens and turns locks into events and details.
class Observer final : public ScriptObserver {
 public:
  Observer(const DryRun& dry_run, const MigratePlan& plan, const ScriptJournal::Parts& parts,
           int backend_pid)
      : dry_run_(dry_run), plan_(plan), parts_(parts), inner_(parts, backend_pid, nullptr) {}

  void OnUnitStarted(size_t unit) override {
    const ScriptUnit& started = dry_run_.list().units()[unit];
    const UnitList::Origin& origin = dry_run_.list().origin(unit);
    path_ = started.script == nullptr ? "" : started.script->script.file.path;
    inner_.SetScript(started.script);
    if (origin.event) {
      parts_.journal.Note(RunEvent{.type = "callback",
                                   .script = path_,
                                   .message = std::string(CallbackEventName(*origin.event))});
    }
    if (origin.script && origin.script != script_) BeginScript(*origin.script);
  }
  void OnLocksHeld(size_t statement, const std::vector<HeldLock>& locks) override {
    std::vector<HeldLock> added;
    std::set_difference(locks.begin(), locks.end(), held_.begin(), held_.end(),
                        std::back_inserter(added));
    held_ = locks;
    if (script_) {
      parts_.journal.Update([&](Run& run) {
        run.steps[dry_run_.StepOf(*script_)].detail =
            held_.empty() ? "" : absl::StrCat("holds ", TextOf(held_));
      });
    }
    if (added.empty()) return;
    parts_.journal.Note(RunEvent{.type = "locks",
                                 .script = path_,
                                 .statement = static_cast<int>(statement) + 1,
                                 .message = TextOf(added)});
  }
  void OnStatementStarted(size_t statement) override { inner_.OnStatementStarted(statement); }
  void OnStatementFinished(size_t statement, int64_t rows) override {
    inner_.OnStatementFinished(statement, rows);
  }
  void OnNotice(absl::string_view severity, absl::string_view message) override {
    inner_.OnNotice(severity, message);
  }
  void OnTick() override { inner_.OnTick(); }

  std::optional<size_t> script() const { return script_; }
  absl::Status Explain(const absl::Status& status) const {
    return inner_.Explain(status, script_ ? plan_.scripts[*script_].id : "");
  }

 private:
  // A relation's name may be made from a secret.
  std::string TextOf(const std::vector<HeldLock>& locks) const {
    return parts_.placeholders.Mask(Text(locks));
  }

  void BeginScript(size_t script) {
    script_ = script;
    const size_t step = dry_run_.StepOf(script);
    parts_.journal.Update(
        [&](Run& run) {
          run.current_step = static_cast<int>(step);
          run.statements_done = 0;
          run.steps[step].state = StepState::kRunning;
          ++run.steps[step].attempts;
        },
        RunEvent{.type = "migration_started",
                 .script = plan_.scripts[script].prepared->script.file.path});
  }

  const DryRun& dry_run_;
  const MigratePlan& plan_;
  const ScriptJournal::Parts& parts_;
  ScriptJournal inner_;
  std::string path_;
  std::optional<size_t> script_;
  std::vector<HeldLock> held_;
};

void NoteWhatWasLeftOut(const DryRun& dry_run, const MigratePlan& plan, RunJournal& journal) {
  if (dry_run.left_callbacks_out()) {
    journal.Note(
        RunEvent{.type = "notice", .message = "callbacks that refuse a transaction were left out"});
  }
  if (dry_run.end() == plan.scripts.size()) return;
  const std::string& path = plan.scripts[dry_run.end()].prepared->script.file.path;
  journal.Update(
      [&](Run& run) {
        for (size_t script = dry_run.end(); script < plan.scripts.size(); ++script) {
          run.steps[dry_run.StepOf(script)].detail =
              script == dry_run.end()
                  ? "not tried: it runs outside a transaction and could not be rolled back"
                  : absl::StrCat("not tried: it comes after ", path);
        }
      },
      RunEvent{.type = "notice",
               .script = path,
               .message = absl::StrCat("the dry run stops before ", path,
                                       ", which runs outside a transaction")});
}

}  // namespace

absl::Status TryOut(const MigratePlan& plan, const History& history, size_t first_step,
                    MigrationConnection& session, const ScriptJournal::Parts& parts,
                    const std::stop_token& stop) {
  const DryRun dry_run(plan, history, first_step);
  NoteWhatWasLeftOut(dry_run, plan, parts.journal);
  Observer observer(dry_run, plan, parts, session.backend_pid());
  const absl::Status tried =
      session.TryOut(dry_run.list().units(), kDryRunLockTimeout, observer, stop);
  const size_t ran = tried.ok() ? dry_run.end() : observer.script().value_or(0);
  parts.journal.Update([&](Run& run) {
    run.current_step = -1;
    for (size_t script = 0; script < ran; ++script) {
      run.steps[dry_run.StepOf(script)].state = StepState::kRolledBack;
    }
    if (plan.baseline && (tried.ok() || observer.script())) {
      run.steps[first_step].state = StepState::kRolledBack;
    }
    if (!tried.ok() && observer.script()) {
      run.steps[dry_run.StepOf(*observer.script())].state =
          absl::IsCancelled(tried) ? StepState::kPending : StepState::kFailed;
    }
  });
  return tried.ok() ? tried : observer.Explain(tried);
}

}  // namespace storefront::migrator
