// A database in memory that can lose a commit's answer, a session, or the lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/sync/mutex.h"
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
    if (holder_ != 0) view.lock_holder = LockHolder{.pid = holder_};
    return view;
  }
  absl::StatusOr<std::vector<std::string>> InvalidIndexes() override {
    return std::vector<std::string>{};
  }
  absl::StatusOr<std::vector<Blocker>> FindBlockers(int) override { return std::vector<Blocker>{}; }

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
  std::vector<std::string> runs() {  // scripts whose effect was committed, in order
    sync::MutexLock lock(mutex_);
    return runs_;
  }
  int locked_failures = 0;  // how often a `locked` script fails before it works; -1 = always
  std::function<void(const PreparedScript&)> on_apply = [](const PreparedScript&) {};

 private:
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
      if (dead_) return Lost();
      if (database_.holder_ == 0) database_.holder_ = pid_;
      return database_.holder_ == pid_;
    }
    absl::StatusOr<std::optional<LockHolder>> FindLockHolder() override {
      sync::MutexLock lock(database_.mutex_);
      if (database_.holder_ == 0) return std::nullopt;
      return LockHolder{.pid = database_.holder_, .application_name = "holder"};
    }
    absl::Status Unlock() override {
      sync::MutexLock lock(database_.mutex_);
      if (database_.holder_ == pid_) database_.holder_ = 0;
      return absl::OkStatus();
    }
    absl::StatusOr<History> ReadHistory() override {
      sync::MutexLock lock(database_.mutex_);
      if (dead_) return Lost();
      return database_.history_;
    }
    absl::Status CheckSchemasEmpty() override { return absl::OkStatus(); }
    absl::Status CreateHistory() override {
      sync::MutexLock lock(database_.mutex_);
      if (dead_) return Lost();
      database_.history_.exists = true;
      return absl::OkStatus();
    }

    absl::StatusOr<AppliedScript> Apply(const PreparedScript& script, const HistoryRow& row,
                                        bool durable, ScriptObserver& observer,
                                        const std::stop_token& stop) override {
      database_.on_apply(script);
      if (absl::Status ran = RunStatements(script, observer, stop); !ran.ok()) return ran;
      sync::MutexLock lock(database_.mutex_);
      if (dead_) return Lost();
      if (database_.holder_ != pid_) return LockLost();
      CommitFate fate = CommitFate::kGood;
      if (!database_.fates_.empty()) {
        fate = database_.fates_.front();
        database_.fates_.pop_front();
      }
      if (database_.crash_) {
        database_.crash_ = false;
        database_.history_.rows.resize(database_.durable_rows_);
        database_.runs_.resize(database_.durable_rows_);
        fate = CommitFate::kLostBefore;
      }
      if (fate != CommitFate::kLostBefore) Commit(script, row, durable);
      if (fate == CommitFate::kGood) return AppliedScript{.installed_rank = row.installed_rank};
      dead_ = true;
      database_.holder_ = 0;
      return status::Error({.code = absl::StatusCode::kUnknown,
                            .reason = status::Reason::kCommitInDoubt,
                            .message = "in doubt"});
    }

    absl::StatusOr<AppliedScript> ApplyOutsideTransaction(const PreparedScript& script,
                                                          const HistoryRow& row,
                                                          ScriptObserver& observer,
                                                          const std::stop_token& stop) override {
      {
        sync::MutexLock lock(database_.mutex_);
        if (database_.holder_ != pid_) return LockLost();
        Commit(script, row, /*durable=*/true);
        database_.history_.rows.back().success = false;
      }
      if (absl::Status ran = RunStatements(script, observer, stop); !ran.ok()) return ran;
      sync::MutexLock lock(database_.mutex_);
      database_.history_.rows.back().success = true;
      return AppliedScript{.installed_rank = row.installed_rank};
    }
    absl::Status MakeDurable() override {
      sync::MutexLock lock(database_.mutex_);
      database_.durable_rows_ = database_.history_.rows.size();
      return absl::OkStatus();
    }

   private:
    static absl::Status LockLost() {
      return status::Error({.code = absl::StatusCode::kAborted,
                            .reason = status::Reason::kLockLost,
                            .message = "lock lost"});
    }
    void Commit(const PreparedScript& script, HistoryRow row, bool durable)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_.mutex_) {
      row.installed_by = facts_.user;
      database_.history_.rows.push_back(std::move(row));
      database_.runs_.push_back(script.script.file.path);
      if (durable) database_.durable_rows_ = database_.history_.rows.size();
    }
    absl::Status RunStatements(const PreparedScript& script, ScriptObserver& observer,
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
          return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                                .reason = status::Reason::kScriptFailed,
                                .message = "failed",
                                .metadata = {{"sqlstate", state},
                                             {"server_message", "it went wrong"},
                                             {"statement", absl::StrCat(i)},
                                             {"character", "0"}}});
        }
        observer.OnStatementFinished(i, 0);
      }
      return absl::OkStatus();
    }

    FakeMigrationDatabase& database_;
    const int pid_;
    const ServerFacts facts_{.database = "fake", .user = "tester"};
    bool dead_ = false;
  };

  sync::Mutex mutex_;
  History history_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> runs_ ABSL_GUARDED_BY(mutex_);
  size_t durable_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  int holder_ ABSL_GUARDED_BY(mutex_) = 0;
  int last_pid_ ABSL_GUARDED_BY(mutex_) = 100;
  int refused_connects_ ABSL_GUARDED_BY(mutex_) = 0;
  bool crash_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<CommitFate> fates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
