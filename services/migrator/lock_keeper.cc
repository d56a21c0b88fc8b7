// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_keeper.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/backoff.h"

namespace storefront::migrator {

using status::Reason;

bool IsSessionLost(const absl::Status& status) {
  if (status::ReasonOf(status) == Reason::kCommitInDoubt) return true;
  if (!absl::IsUnavailable(status)) return false;
  const status::ErrorSpec details = status::DetailsOf(status);
  const auto state = details.metadata.find("sqlstate");
  // A backend whose postmaster was killed says 57P01 as well as one that somebody ended; only its
  // words tell the two apart.
  return state == details.metadata.end() || state->second != "57P01" ||
         absl::StrContains(details.internal, "unexpected postmaster exit");
}

absl::Status RunCancelled() {
  return status::Error({.code = absl::StatusCode::kCancelled,
                        .reason = Reason::kCallCancelled,
                        .message = "The run was cancelled."});
}

LockKeeper::LockKeeper(MigrationDatabase& database, clock::Clock& clock, LockWaits waits)
    : database_(database), clock_(clock), waits_(waits) {}

absl::Status LockKeeper::Connect() {
  Drop();
  ASSIGN_OR_RETURN(session_, database_.Open());
  return absl::OkStatus();
}

absl::StatusOr<bool> LockKeeper::TryLock() {
  ASSIGN_OR_RETURN(locked_, session_->TryLock());
  return locked_;
}

void LockKeeper::Drop() {
  session_ = nullptr;
  locked_ = false;
}

void LockKeeper::Release() {
  // A failure here means that the session is gone, and the lock with it.
  if (session_ != nullptr && locked_) session_->Unlock().IgnoreError();
  Drop();
}

absl::StatusOr<std::optional<LockHolder>> LockKeeper::Try() {
  if (session_ == nullptr) RETURN_IF_ERROR(Connect());
  ASSIGN_OR_RETURN(const bool locked, TryLock());
  if (locked) return std::nullopt;
  return session_->FindLockHolder();
}

absl::Status LockKeeper::TimedOut(const std::optional<LockHolder>& holder) const {
  status::ErrorSpec spec{.code = absl::StatusCode::kDeadlineExceeded,
                         .reason = Reason::kHistoryLockTimeout,
                         .message = absl::StrCat("The history lock was not free within ",
                                                 absl::FormatDuration(waits_.lock_wait), ".")};
  if (holder) {
    absl::StrAppend(&spec.message, " It is held by pid ", holder->pid, " (",
                    holder->application_name, ", ", holder->state, ", session since ",
                    absl::FormatTime(absl::RFC3339_sec, holder->backend_start, absl::UTCTimeZone()),
                    ").");
    spec.metadata = {
        {"pid", absl::StrCat(holder->pid)},
        {"application_name", holder->application_name},
        {"state", holder->state},
        {"age_seconds", absl::StrCat(absl::ToInt64Seconds(clock_.Now() - holder->backend_start))}};
  }
  return status::Error(std::move(spec));
}

absl::Status LockKeeper::Await(RunJournal& journal, const std::stop_token& stop) {
  const clock::SteadyTime begin = clock_.Steady();
  std::optional<clock::SteadyTime> lost_since;
  std::optional<LockHolder> holder;
  Backoff lock_pause(absl::Milliseconds(125), absl::Seconds(1), clock_);
  Backoff connect_pause(absl::Milliseconds(100), absl::Seconds(2), clock_);
  while (!locked_) {
    if (stop.stop_requested()) return RunCancelled();
    auto tried = Try();
    if (!tried.ok()) {
      if (!absl::IsUnavailable(tried.status())) return tried.status();
      Drop();
      if (!lost_since) lost_since = clock_.Steady();
      if (clock_.Steady() - *lost_since >= waits_.connect_wait) return tried.status();
      if (!clock_.WaitFor(connect_pause.Next(), stop)) return RunCancelled();
      continue;
    }
    lost_since.reset();
    if (locked_) break;
    const bool is_news = *tried && (!holder || holder->pid != (*tried)->pid);
    holder = *std::move(tried);
    std::optional<RunEvent> event;
    if (is_news) {
      event = RunEvent{.type = "lock_waiting",
                       .message = absl::StrCat("pid ", holder->pid, " (", holder->application_name,
                                               ") holds the history lock")};
    }
    journal.Update(
        [&](Run& run) {
          SetRunState(run, RunState::kWaitingForLock);
          run.lock_holder = holder;
        },
        std::move(event));
    if (clock_.Steady() - begin >= waits_.lock_wait) return TimedOut(holder);
    if (!clock_.WaitFor(lock_pause.Next(), stop)) return RunCancelled();
  }
  const absl::Duration waited = clock_.Steady() - begin;
  journal.Update(
      [&](Run& run) {
        SetRunState(run, RunState::kRunning);
        run.lock_holder.reset();
        run.lock_wait += waited;
      },
      RunEvent{.type = "lock_acquired", .duration = waited});
  return absl::OkStatus();
}

}  // namespace storefront::migrator
