// The worker session of a run: connects, takes the history lock, and does both again after a loss.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// The session is gone, and what it did last may or may not have happened: the history tells. Not so
// a session that somebody ended on purpose; such a run is not taken up again.
bool IsSessionLost(const absl::Status& status);

// CANCELLED CALL_CANCELLED.
absl::Status RunCancelled();

struct LockWaits {
  absl::Duration lock_wait = absl::Seconds(60);     // for whoever holds the lock
  absl::Duration connect_wait = absl::Seconds(60);  // for a server that went away
};

// Thread-safety: none. Lifetime: the references outlive it; destruction ends the session and gives
// the lock back.
class LockKeeper {
 public:
  LockKeeper(MigrationDatabase& database, clock::Clock& clock, LockWaits waits);

  // A new session without the lock; the one before, if any, is ended.
  absl::Status Connect();

  // Takes the lock if it is free; never waits. There must be a session.
  absl::StatusOr<bool> TryLock();

  // Until the lock is held: connects when there is no session, waits for a server that is away and
  // for whoever holds the lock. The run shows WAITING_FOR_LOCK with the holder, then RUNNING.
  //   DEADLINE_EXCEEDED HISTORY_LOCK_TIMEOUT  lock_wait passed; names the holder
  //   UNAVAILABLE                             the server did not come back within connect_wait
  //   CANCELLED                               `stop` was requested
  absl::Status Await(RunJournal& journal, const std::stop_token& stop);

  bool locked() const { return locked_; }
  bool connected() const { return session_ != nullptr; }
  MigrationConnection& session() const { return *session_; }

  // Forgets a session that was lost.
  void Drop();
  // Gives the lock back and ends the session.
  void Release();

 private:
  // One try. The lock's holder when somebody else has it.
  absl::StatusOr<std::optional<LockHolder>> Try();
  absl::Status TimedOut(const std::optional<LockHolder>& holder) const;

  MigrationDatabase& database_;
  clock::Clock& clock_;
  const LockWaits waits_;
  std::unique_ptr<MigrationConnection> session_;
  bool locked_ = false;
};

}  // namespace storefront::migrator
