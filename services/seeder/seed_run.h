// A run as a value: what was asked for, where it stands, how far it is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/seeder/arrival_schedule.h"
#include "services/seeder/event_planner.h"
#include "services/seeder/load_plan.h"

namespace storefront::seeder {

enum class RunKind { kFullLoad, kDeltas, kVerify };
enum class RunState { kPending, kRunning, kPaused, kSucceeded, kFailed, kCancelled, kInterrupted };

absl::string_view RunStateName(RunState state);  // "RUNNING", as in the ledger
std::optional<RunState> ParseRunState(absl::string_view name);
absl::string_view RunKindName(RunKind kind);  // "full", "deltas", "verify"
std::optional<RunKind> ParseRunKind(absl::string_view name);

constexpr bool HasEnded(RunState state) {
  return state != RunState::kPending && state != RunState::kRunning && state != RunState::kPaused;
}

struct DeltasParameters {
  uint64_t seed = 42;
  double events_per_second = 20;
  Arrival arrival = Arrival::kPoisson;
  int connections = 2;
  int64_t max_events = 0;  // 0 = until stopped
  std::map<std::string, int32_t> weights;
  int32_t time_compression = 600;
  // Fixed when the run begins.
  Micros business_start = kClockStart;
  IdBases bases;
  bool operator==(const DeltasParameters&) const = default;
};

struct ConditionResult {
  std::string condition, description;
  int64_t checked = 0, violations = 0;
  std::vector<std::string> samples;
  std::string skipped;
  bool operator==(const ConditionResult&) const = default;
};

struct VerifyParameters {
  std::vector<std::string> conditions;  // empty = all
  std::vector<ConditionResult> results;
  bool operator==(const VerifyParameters&) const = default;
};

struct TableProgress {
  int64_t planned = 0, inserts = 0, updates = 0, deletes = 0, bytes = 0;
};

struct Percentiles {
  absl::Duration p50, p99;
};

struct Progress {
  int64_t sequence = 0;
  std::map<Table, TableProgress> tables;
  double rows_per_second = 0, mean_rows_per_second = 0, percent = 0;
  std::optional<absl::Duration> eta;
  int64_t chunks_done = 0, chunks_planned = 0;
  int64_t events_done = 0, events_substituted = 0, event_number = 0;
  std::optional<Micros> business_time;
  double target_events_per_second = 0;
  Percentiles schedule_lag, commit_lag;
  int64_t open_orders = 0, retries = 0, in_doubt_resolved = 0, replans = 0;
  bool reconnecting = false;
  std::string throttle_reason;  // empty = not throttled
  int64_t slot_lag_bytes = 0;

  int64_t rows() const;  // all changes
};

// What a full load writes to a table, without its chunks.
struct TablePlan {
  Table table = Table::kCustomers;
  int64_t rows = 0, first_id = 0, chunks = 0;
};
std::vector<TablePlan> Summarize(const LoadPlan& plan);

struct SeedRun {
  int64_t id = 0;  // 0 = not stored: a plan
  RunKind kind = RunKind::kFullLoad;
  RunState state = RunState::kPending;
  std::string generator_version;

  // One of them, by kind.
  FullLoadParameters full_load;
  FirstIds first_ids;  // full load
  DeltasParameters deltas;
  VerifyParameters verify;

  std::map<Table, int64_t> base_rows;
  std::string request_id, request_digest;
  absl::Status error;
  bool resumable = false;
  std::vector<std::string> warnings;
  int64_t waiting_for = 0;  // id of a full load
  absl::Time create_time = absl::InfinitePast();
  absl::Time start_time = absl::InfinitePast();
  absl::Time end_time = absl::InfinitePast();
  int64_t etag = 1;
  Progress progress;
  std::vector<TablePlan> plan;  // full load

  uint64_t seed() const;
};

// "seedRuns/full-12".
std::string RunName(RunKind kind, int64_t id);
inline std::string RunName(const SeedRun& run) { return RunName(run.kind, run.id); }
// INVALID_ARGUMENT INVALID_FIELD `name` for what is not a run's name.
struct RunId {
  RunKind kind = RunKind::kFullLoad;
  int64_t id = 0;
};
absl::StatusOr<RunId> ParseRunName(absl::string_view name);

// True when a run that ended with this error can be taken on from its ledger.
bool IsResumable(RunKind kind, RunState state, const absl::Status& error);

}  // namespace storefront::seeder
