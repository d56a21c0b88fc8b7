// A database in memory that can lose a commit's answer, a session, or the lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"
#include "services/migrator/fake_catalog.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/schema_history.h"

namespace storefront::migrator {

// What a commit meets.
enum class CommitFate {
  kGood,
  kLostBefore,  // the session dies, nothing is committed
  kLostAfter,   // the session dies, it is committed
};

// A script whose text has `1/0` fails with SQLSTATE 22012, one with `locked` with 55P03.
// Thread-safety: all methods, of the sessions too.
class FakeMigrationDatabase final : public MigrationDatabase, public SchemaHistory {
 public:
  absl::StatusOr<std::unique_ptr<MigrationConnection>> Open() override {
    on_open();
    sync::MutexLock lock(mutex_);
    if (refused_connects_ > 0) {
      --refused_connects_;
      return Lost();
    }
    return std::make_unique<Connection>(*this, ++last_pid_);
  }

  absl::StatusOr<HistoryView> Read() override {
    sync::MutexLock lock(mutex_);
    HistoryView view{.facts = {.database = "fake", .user = "tester"}, .history = history_};
    if (holder_ != 0) {
      view.lock_holder = LockHolder{.pid = holder_, .backend_start = BackendStart(holder_)};
    }
    return view;
  }
  absl::StatusOr<std::vector<std::string>> InvalidIndexes() override {
    sync::MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const InvalidIndex& index : catalog_.invalid_indexes) {
      names.push_back(absl::StrCat(index.schema, ".", index.name));
    }
    return names;
  }
  absl::StatusOr<std::vector<Blocker>> FindBlockers(int) override { return std::vector<Blocker>{}; }
  absl::StatusOr<ServerFacts> Facts() override {
    return ServerFacts{.database = "fake", .user = "tester"};
  }
  absl::StatusOr<LockHolder> EndLockHolder(int pid, absl::Time backend_start) override {
    sync::MutexLock lock(mutex_);
    if (holder_ == 0 || holder_ != pid || backend_start != BackendStart(pid)) {
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = status::Reason::kLockNotHeld,
                            .message = "not the holder"});
    }
    holder_ = 0;
    ended_.insert(pid);
    return LockHolder{.pid = pid, .backend_start = backend_start};
  }
  absl::StatusOr<std::optional<StatementProgress>> FindProgress(int) override { return progress; }

  // The fates of the next commits, in order; afterwards all are good.
  void SetFates(std::deque<CommitFate> fates) {
    sync::MutexLock lock(mutex_);
    fates_ = std::move(fates);
  }
  void RefuseConnects(int times) {
    sync::MutexLock lock(mutex_);
    refused_connects_ = times;
  }
  void HoldLock(int pid) {
    sync::MutexLock lock(mutex_);
    holder_ = pid;
  }
  // The last commits that were not durable vanish, as in a crash of the server.
  void CrashOnNextCommit() {
    sync::MutexLock lock(mutex_);
    crash_ = true;
  }
  History history() {
    sync::MutexLock lock(mutex_);
    return history_;
  }
  int cleans() {
    sync::MutexLock lock(mutex_);
    return cleans_;
  }
  std::vector<std::string> runs() {  // scripts whose effect was committed, in order
    sync::MutexLock lock(mutex_);
    return runs_;
  }
  // Changes what stands in the schemas.
  void WithCatalog(const std::function<void(FakeCatalog&)>& change) {
    sync::MutexLock lock(mutex_);
    change(catalog_);
  }
  void SetHistory(History history) {
    sync::MutexLock lock(mutex_);
    history_ = std::move(history);
  }
  std::function<void()> on_open = [] {};
  int locked_failures = 0;   // how often a `locked` script fails before it works; -1 = always
  bool has_content = false;  // of the managed schemas, while there is no history
  std::vector<std::string> schemas_to_create;
  std::optional<StatementProgress> progress;
  std::function<void(const PreparedScript&)> on_apply = [](const PreparedScript&) {};

 private:
  static absl::Time BackendStart(int pid) { return absl::FromUnixSeconds(1'000'000 + pid); }
  static absl::Status Lost() {
    return status::Error({.code = absl::StatusCode::kUnavailable,
                          .reason = status::Reason::kBackendUnavailable,
                          .message = "lost"});
  }

  class Connection final : public MigrationConnection {
   public:
    Connection(FakeMigrationDatabase& database, int pid) : database_(database), pid_(pid) {}
    ~Connection() override {
      sync::MutexLock lock(database_.mutex_);
      if (database_.holder_ == pid_) database_.holder_ = 0;
    }
    const ServerFacts& facts() const override { return facts_; }
    int backend_pid() const override { return pid_; }

    absl::StatusOr<bool> TryLock() override {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      if (database_.holder_ == 0) database_.holder_ = pid_;
      return database_.holder_ == pid_;
    }
    absl::StatusOr<std::optional<LockHolder>> FindLockHolder() override {
      sync::MutexLock lock(database_.mutex_);
      if (database_.holder_ == 0) return std::nullopt;
      return LockHolder{.pid = database_.holder_,
                        .application_name = "holder",
                        .backend_start = BackendStart(database_.holder_)};
    }
    absl::Status Unlock() override {
      sync::MutexLock lock(database_.mutex_);
      if (database_.holder_ == pid_) database_.holder_ = 0;
      return absl::OkStatus();
    }
    absl::StatusOr<History> ReadHistory() override {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      return database_.history_;
    }
    absl::Status CheckSchemasEmpty() override {
      if (!database_.has_content) return absl::OkStatus();
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = status::Reason::kNonEmptySchema,
                            .message = "public.t is there"});
    }
    absl::Status CreateHistory() override {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      database_.history_.exists = true;
      return absl::OkStatus();
    }

    absl::StatusOr<std::vector<std::string>> SchemasToCreate() override {
      return database_.schemas_to_create;
    }

    absl::StatusOr<std::vector<AppliedScript>> RunTransaction(
        const std::vector<ScriptUnit>& units, bool durable, ScriptObserver& observer,
        const std::stop_token& stop) override {
      if (absl::Status ran = RunUnits(units, observer, stop); !ran.ok()) return ran;
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      const bool has_rows = std::any_of(
          units.begin(), units.end(), [](const ScriptUnit& unit) { return unit.row.has_value(); });
      if (has_rows && database_.holder_ != pid_) return LockLost();
      CommitFate fate = CommitFate::kGood;
      if (!database_.fates_.empty()) {
        fate = database_.fates_.front();
        database_.fates_.pop_front();
      }
      if (database_.crash_) {
        database_.crash_ = false;
        database_.history_.rows.resize(database_.durable_rows_);
        database_.runs_.resize(database_.durable_runs_);
        fate = CommitFate::kLostBefore;
      }
      std::vector<AppliedScript> applied;
      for (const ScriptUnit& unit : units) {
        if (unit.row) applied.push_back({.installed_rank = unit.row->installed_rank});
        if (fate != CommitFate::kLostBefore) Commit(unit);
      }
      if (fate != CommitFate::kLostBefore && durable) Flush();
      if (fate == CommitFate::kGood) return applied;
      dead_ = true;
      database_.holder_ = 0;
      return status::Error({.code = absl::StatusCode::kUnknown,
                            .reason = status::Reason::kCommitInDoubt,
                            .message = "in doubt"});
    }

    absl::StatusOr<AppliedScript> RunOutsideTransaction(const std::vector<ScriptUnit>& units,
                                                        ScriptObserver& observer,
                                                        const std::stop_token& stop) override {
      const auto with_row = std::find_if(
          units.begin(), units.end(), [](const ScriptUnit& unit) { return unit.row.has_value(); });
      size_t row = 0;
      {
        sync::MutexLock lock(database_.mutex_);
        if (database_.holder_ != pid_) return LockLost();
        row = database_.history_.rows.size();
        if (with_row != units.end()) {
          Commit({.row = with_row->row});
          database_.history_.rows.back().success = false;
          Flush();
        }
      }
      if (absl::Status ran = RunUnits(units, observer, stop); !ran.ok()) return ran;
      sync::MutexLock lock(database_.mutex_);
      for (const ScriptUnit& unit : units) Commit({.script = unit.script});
      Flush();
      if (with_row == units.end()) return AppliedScript{};
      database_.history_.rows[row].success = true;
      return AppliedScript{.installed_rank = with_row->row->installed_rank};
    }

    absl::Status TryOut(const std::vector<ScriptUnit>& units, absl::Duration,
                        ScriptObserver& observer, const std::stop_token& stop) override {
      tries_out_ = true;
      absl::Status ran = RunUnits(units, observer, stop);
      tries_out_ = false;
      return ran;
    }
    absl::Status WriteBaseline(const HistoryRow& row, ScriptObserver&,
                               const std::stop_token& stop) override {
      return Transact(stop, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
        database_.history_.exists = true;
        AddRow(row);
        return absl::OkStatus();
      });
    }
    absl::StatusOr<std::vector<InvalidIndex>> FindInvalidIndexes() override {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      return database_.catalog_.invalid_indexes;
    }
    absl::Status Repair(const RepairPlan& plan, ScriptObserver&,
                        const std::stop_token& stop) override {
      return Transact(stop, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
        std::vector<HistoryRow>& rows = database_.history_.rows;
        std::erase_if(rows, [&](const HistoryRow& row) {
          const auto& ranks = plan.removed_ranks;
          return std::find(ranks.begin(), ranks.end(), row.installed_rank) != ranks.end();
        });
        for (const RowAlignment& wanted : plan.alignments) {
          for (HistoryRow& row : rows) {
            if (row.installed_rank != wanted.installed_rank) continue;
            row.description = wanted.description;
            row.type = wanted.type;
            row.checksum = wanted.checksum;
          }
        }
        for (const HistoryRow& row : plan.deletions) AddRow(row);
        database_.catalog_.Drop(plan.dropped_indexes);
        return absl::OkStatus();
      });
    }
    absl::StatusOr<SchemaContents> ReadContents() override {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      return Contents();
    }
    absl::Status Clean(const CleanPlan& plan, ScriptObserver&,
                       const std::stop_token& stop) override {
      return Transact(stop, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) -> absl::Status {
        for (const SchemaObject& object : Contents().objects) {
          if (std::find(plan.objects.begin(), plan.objects.end(), object) != plan.objects.end()) {
            continue;
          }
          return status::Error({.code = absl::StatusCode::kAborted,
                                .reason = status::Reason::kPlanChanged,
                                .message = "something is new"});
        }
        database_.catalog_.Clear();
        database_.history_ = {};
        database_.durable_rows_ = 0;
        ++database_.cleans_;
        return absl::OkStatus();
      });
    }
    absl::Status MakeDurable() override {
      sync::MutexLock lock(database_.mutex_);
      Flush();
      return absl::OkStatus();
    }

   private:
    static absl::Status LockLost() {
      return status::Error({.code = absl::StatusCode::kAborted,
                            .reason = status::Reason::kLockLost,
                            .message = "lock lost"});
    }
    bool IsDead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      return dead_ || database_.ended_.contains(pid_);
    }
    void AddRow(HistoryRow row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      row.installed_by = facts_.user;
      database_.history_.rows.push_back(std::move(row));
      database_.durable_rows_ = database_.history_.rows.size();
    }
    // The history table stands there too.
    SchemaContents Contents() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      SchemaContents contents{.schemas = {"public"},
                              .objects = database_.catalog_.objects,
                              .outside = database_.catalog_.outside};
      if (database_.history_.exists) {
        contents.objects.push_back({.schema = "public",
                                    .kind = "table",
                                    .identity = "public.flyway_schema_history",
                                    .catalog = 1259,
                                    .oid = 1});
      }
      return contents;
    }
    // A durable transaction, with the fate of its commit. A change that fails has changed nothing.
    absl::Status Transact(const std::stop_token& stop,
                          const std::function<absl::Status()>& change) {
      sync::MutexLock lock(database_.mutex_);
      if (IsDead()) return Lost();
      if (stop.stop_requested()) {
        return status::Error({.code = absl::StatusCode::kCancelled,
                              .reason = status::Reason::kCallCancelled,
                              .message = "cancelled"});
      }
      if (database_.holder_ != pid_) return LockLost();
      CommitFate fate = CommitFate::kGood;
      if (!database_.fates_.empty()) {
        fate = database_.fates_.front();
        database_.fates_.pop_front();
      }
      if (fate != CommitFate::kLostBefore) {
        if (absl::Status changed = change(); !changed.ok()) return changed;
      }
      if (fate == CommitFate::kGood) return absl::OkStatus();
      dead_ = true;
      database_.holder_ = 0;
      return status::Error({.code = absl::StatusCode::kUnknown,
                            .reason = status::Reason::kCommitInDoubt,
                            .message = "in doubt"});
    }
    void Commit(const ScriptUnit& unit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      if (unit.script != nullptr) {
        database_.catalog_.Run(*unit.script);
        database_.runs_.push_back(unit.script->script.file.path);
      }
      if (!unit.row) return;
      database_.history_.rows.push_back(*unit.row);
      database_.history_.rows.back().installed_by = facts_.user;
    }
    void Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      database_.durable_rows_ = database_.history_.rows.size();
      database_.durable_runs_ = database_.runs_.size();
    }
    absl::Status RunUnits(const std::vector<ScriptUnit>& units, ScriptObserver& observer,
                          const std::stop_token& stop) {
      locks_.clear();
      for (size_t i = 0; i < units.size(); ++i) {
        observer.OnUnitStarted(i);
        if (units[i].script == nullptr) continue;
        database_.on_apply(*units[i].script);
        RETURN_IF_ERROR(RunStatements(*units[i].script, i, observer, stop));
      }
      return absl::OkStatus();
    }
    // "lock table t in share mode" as Postgres would report it.
    void TakeLock(absl::string_view text) {
      if (!absl::ConsumePrefix(&text, "lock table ")) return;
      const std::vector<std::string> words = absl::StrSplit(text, " in ");
      locks_.insert({.relation = absl::StrCat("public.", words[0]),
                     .mode = absl::AsciiStrToUpper(absl::StripSuffix(words.back(), " mode"))});
    }
    absl::Status RunStatements(const PreparedScript& script, size_t unit, ScriptObserver& observer,
                               const std::stop_token& stop) {
      for (size_t i = 0; i < script.statements.size(); ++i) {
        observer.OnStatementStarted(i);
        if (stop.stop_requested()) {
          return status::Error({.code = absl::StatusCode::kCancelled,
                                .reason = status::Reason::kCallCancelled,
                                .message = "cancelled"});
        }
        const absl::string_view text = script.Text(script.statements[i]);
        std::string state;
        if (absl::StrContains(text, "1/0")) state = "22012";
        if (absl::StrContains(text, "locked") && database_.locked_failures != 0) {
          if (database_.locked_failures > 0) --database_.locked_failures;
          state = "55P03";
        }
        if (!state.empty()) {
          if (!script.transactional) {
            sync::MutexLock lock(database_.mutex_);
            database_.catalog_.Fail(text);
          }
          return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                                .reason = status::Reason::kScriptFailed,
                                .message = "failed",
                                .metadata = {{"sqlstate", state},
                                             {"server_message", "it went wrong"},
                                             {"unit", absl::StrCat(unit)},
                                             {"statement", absl::StrCat(i)},
                                             {"character", "0"}}});
        }
        observer.OnStatementFinished(i, 0);
        if (!tries_out_) continue;
        TakeLock(text);
        observer.OnLocksHeld(i, {locks_.begin(), locks_.end()});
      }
      return absl::OkStatus();
    }

    FakeMigrationDatabase& database_;
    const int pid_;
    const ServerFacts facts_{.database = "fake", .user = "tester"};
    bool dead_ = false;
    bool tries_out_ = false;
    std::set<HeldLock> locks_;
  };

  sync::Mutex mutex_;
  History history_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> runs_ ABSL_GUARDED_BY(mutex_);
  size_t durable_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  FakeCatalog catalog_ ABSL_GUARDED_BY(mutex_);
  int cleans_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<int> ended_ ABSL_GUARDED_BY(mutex_);  // pids of sessions that EndLockHolder ended
  size_t durable_runs_ ABSL_GUARDED_BY(mutex_) = 0;
  int holder_ ABSL_GUARDED_BY(mutex_) = 0;
  int last_pid_ ABSL_GUARDED_BY(mutex_) = 100;
  int refused_connects_ ABSL_GUARDED_BY(mutex_) = 0;
  bool crash_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<CommitFate> fates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
