// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/batch_executor.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::seeder {
namespace {

using status::Reason;

std::string SqlState(const absl::Status& error) {
  const auto metadata = status::DetailsOf(error).metadata;
  const auto it = metadata.find("sqlstate");
  return it == metadata.end() ? "" : it->second;
}

absl::Status Conflict(const Batch& batch, absl::string_view what) {
  return status::Error(
      {.code = absl::StatusCode::kAborted,
       .reason = Reason::kLedgerConflict,
       .message = absl::StrCat("batch ", batch.batch_no, " of shard ", batch.shard, ": ", what,
                               ". Another program writes this run's ledger; end it, "
                               "then resume.")});
}

}  // namespace

BatchExecutor::BatchExecutor(const BatchExecutorOptions& options, DeltaChannel& channel,
                             SeedLedger& ledger, clock::Clock& clock, Hooks hooks)
    : options_(options),
      channel_(channel),
      ledger_(ledger),
      clock_(clock),
      hooks_(std::move(hooks)) {}

absl::Status BatchExecutor::Start(const std::stop_token& stop) {
  const absl::Status first = channel_.Connect();
  if (first.ok() || !absl::IsUnavailable(first)) return first;
  return Reconnect(first, stop);
}

absl::Status BatchExecutor::MakeRoom(const std::stop_token& stop) {
  while (sent_.size() >= options_.pipeline_depth || !failed_.empty()) {
    bool taken = false;
    RETURN_IF_ERROR(Take(clock_.Steady() + absl::Seconds(1), stop, &taken));
  }
  return absl::OkStatus();
}

absl::Status BatchExecutor::Submit(Batch batch, const std::stop_token& stop) {
  std::deque<Flight> one;
  one.push_back({.batch = std::move(batch), .since = clock_.Steady()});
  return SendAll(std::move(one), stop);
}

absl::Status BatchExecutor::Pump(clock::SteadyTime until, const std::stop_token& stop) {
  while (!sent_.empty() || !failed_.empty()) {
    bool taken = false;
    RETURN_IF_ERROR(Take(until, stop, &taken));
    if (!taken) break;
  }
  return absl::OkStatus();
}

absl::Status BatchExecutor::Drain(const std::stop_token& stop) {
  while (!sent_.empty() || !failed_.empty()) {
    bool taken = false;
    RETURN_IF_ERROR(Take(clock_.Steady() + absl::Seconds(1), stop, &taken));
  }
  return absl::OkStatus();
}

// Everything that is on its way or about to be joins `sent_`; a lost session puts all in doubt.
absl::Status BatchExecutor::SendAll(std::deque<Flight> flights, const std::stop_token& stop) {
  while (!flights.empty()) {
    const absl::Status sent = channel_.Send(flights.front().batch);
    sent_.push_back(std::move(flights.front()));
    flights.pop_front();
    if (sent.ok()) continue;
    if (!absl::IsUnavailable(sent)) return sent;
    for (Flight& rest : flights) sent_.push_back(std::move(rest));
    return Reconnect(sent, stop);
  }
  return absl::OkStatus();
}

absl::Status BatchExecutor::Take(clock::SteadyTime until, const std::stop_token& stop,
                                 bool* taken) {
  *taken = false;
  if (sent_.empty()) {
    if (failed_.empty()) return absl::OkStatus();
    *taken = true;
    return RepeatFailed(stop);
  }
  absl::StatusOr<std::optional<BatchResult>> result = channel_.Receive(until, stop);
  if (!result.ok()) {
    if (!absl::IsUnavailable(result.status())) return result.status();
    *taken = true;
    return Reconnect(result.status(), stop);
  }
  if (!result->has_value()) return absl::OkStatus();
  *taken = true;
  if (absl::IsUnavailable((*result)->status)) return Reconnect((*result)->status, stop);
  Flight flight = std::move(sent_.front());
  sent_.pop_front();
  return Judge(std::move(flight), **result);
}

absl::Status BatchExecutor::Judge(Flight flight, const BatchResult& result) {
  if (result.status.ok()) {
    hooks_.committed(flight.batch, clock_.Steady() - flight.since);
    return absl::OkStatus();
  }
  const std::string sqlstate = SqlState(result.status);
  const bool of_ledger = result.table == "batch";
  const bool follows_failed =
      std::any_of(failed_.begin(), failed_.end(),
                  [&](const Flight& earlier) { return earlier.batch.shard == flight.batch.shard; });

  if (sqlstate == "23505" && of_ledger) return Resolve(flight);
  if (sqlstate == kCountMismatch && of_ledger) {
    // The batch before it is not in the ledger. That is right when that one failed as well.
    if (follows_failed) {
      failed_.push_back(std::move(flight));
      return absl::OkStatus();
    }
    if (counts_.reconnects == 0) return Conflict(flight.batch, "its predecessor is missing");
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = Reason::kLedgerBehind,
                          .message =
                              "batches that Postgres had acknowledged vanished in its crash; "
                              "the run goes on from the ledger"});
  }
  if (sqlstate == kCountMismatch) {
    flight.replan = true;
    failed_.push_back(std::move(flight));
    return absl::OkStatus();
  }
  if (sqlstate == "55P03" && flight.in_doubt) {
    if (++flight.waits >= options_.doubt_waits_max) {
      return status::Error(
          {.code = absl::StatusCode::kAborted,
           .reason = Reason::kCommitInDoubt,
           .message = "a lost session still holds its ledger row; resume when it has ended"});
    }
    failed_.push_back(std::move(flight));
    return absl::OkStatus();
  }
  if (absl::IsAborted(result.status)) {  // 40001, 40P01, 55P03
    if (++flight.retries > options_.retries_max) return result.status;
    ++counts_.retries;
    failed_.push_back(std::move(flight));
    return absl::OkStatus();
  }
  if (sqlstate == "23505" || sqlstate.starts_with("23")) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = Reason::kGeneratorBug,
                          .message = absl::StrCat(
                              "a constraint of ", result.table.empty() ? "a table" : result.table,
                              " refused generated rows (", EventName(flight.batch.kind), ", event ",
                              flight.batch.first_event, "). Please report it."),
                          .metadata = {{"sqlstate", sqlstate}, {"table", result.table}},
                          .internal = status::DetailsOf(result.status).internal});
  }
  return result.status;
}

absl::Status BatchExecutor::Resolve(const Flight& flight) {
  // Also when it is not in doubt: a session of a killed process may still have worked off what was
  // in its socket. Equal digests are equal rows.
  absl::StatusOr<std::string> digest;
  const clock::SteadyTime end = clock_.Steady() + options_.reconnect_wait;
  do {  // the ledger's own session may be lost as well
    digest = ledger_.BatchDigest(flight.batch.run_id, flight.batch.shard, flight.batch.batch_no);
  } while (absl::IsUnavailable(digest.status()) && clock_.Steady() < end &&
           clock_.WaitFor(absl::Milliseconds(100), std::stop_token()));
  RETURN_IF_ERROR(digest.status());
  if (*digest != flight.batch.digest)
    return Conflict(flight.batch, "its number holds another batch");
  ++counts_.in_doubt_resolved;
  hooks_.committed(flight.batch, clock_.Steady() - flight.since);
  return absl::OkStatus();
}

absl::Status BatchExecutor::Reconnect(const absl::Status& cause, const std::stop_token& stop) {
  hooks_.reconnecting(true);
  const clock::SteadyTime end = clock_.Steady() + options_.reconnect_wait;
  absl::Duration pause = absl::Milliseconds(50);
  absl::Status connected = cause;
  while (true) {
    connected = channel_.Connect();
    if (connected.ok() || !absl::IsUnavailable(connected)) break;
    if (clock_.Steady() + pause > end) break;
    if (!clock_.WaitFor(pause, stop)) {
      connected = absl::CancelledError("stopped");
      break;
    }
    pause = std::min(pause * 2, absl::Duration(absl::Seconds(1)));
  }
  hooks_.reconnecting(false);
  RETURN_IF_ERROR(connected);
  ++counts_.reconnects;
  // What failed before and what was in flight goes again, in order; the ledger tells which of it
  // was committed.
  std::deque<Flight> again = std::move(failed_);
  for (Flight& flight : sent_) again.push_back(std::move(flight));
  failed_.clear();
  sent_.clear();
  for (Flight& flight : again) {
    flight.in_doubt = true;
    flight.replan = false;
  }
  return SendAll(std::move(again), stop);
}

absl::Status BatchExecutor::RepeatFailed(const std::stop_token& stop) {
  std::map<int16_t, bool> replans;
  for (const Flight& flight : failed_) {
    if (flight.replan) replans[flight.batch.shard] = true;
  }
  for (const auto& [shard, unused] : replans) {
    std::vector<Batch> batches;
    for (const Flight& flight : failed_) {
      if (flight.batch.shard == shard) batches.push_back(flight.batch);
    }
    ++counts_.replans;
    ASSIGN_OR_RETURN(batches, hooks_.replan(shard, std::move(batches)));
    auto next = batches.begin();
    for (Flight& flight : failed_) {
      if (flight.batch.shard != shard) continue;
      flight.batch = std::move(*next++);
      flight.replan = false;
      // What it was before never got in, so it is a new batch.
      flight.in_doubt = false;
    }
  }
  if (replans.empty() && !clock_.WaitFor(absl::Milliseconds(20), stop)) {
    return absl::CancelledError("stopped");
  }
  return SendAll(std::exchange(failed_, {}), stop);
}

}  // namespace storefront::seeder
