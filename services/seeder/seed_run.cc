// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/seed_run.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"

namespace storefront::seeder {
namespace {

constexpr absl::string_view kStates[] = {"PENDING", "RUNNING",   "PAUSED",     "SUCCEEDED",
                                         "FAILED",  "CANCELLED", "INTERRUPTED"};
constexpr absl::string_view kKinds[] = {"full", "deltas", "verify"};

template <typename Enum, size_t n>
std::optional<Enum> Find(const absl::string_view (&names)[n], absl::string_view name) {
  for (size_t i = 0; i < n; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

absl::string_view RunStateName(RunState state) { return kStates[static_cast<size_t>(state)]; }
std::optional<RunState> ParseRunState(absl::string_view name) {
  return Find<RunState>(kStates, name);
}
absl::string_view RunKindName(RunKind kind) { return kKinds[static_cast<size_t>(kind)]; }
std::optional<RunKind> ParseRunKind(absl::string_view name) { return Find<RunKind>(kKinds, name); }

int64_t Progress::rows() const {
  int64_t sum = 0;
  for (const auto& [table, counts] : tables) {
    sum += counts.inserts + counts.updates + counts.deletes;
  }
  return sum;
}

std::vector<TablePlan> Summarize(const LoadPlan& plan) {
  std::vector<TablePlan> tables;
  for (const TableLoad& table : plan.tables) {
    tables.push_back({.table = table.table,
                      .rows = table.rows,
                      .first_id = table.first_id,
                      .chunks = static_cast<int64_t>(table.chunks.size())});
  }
  return tables;
}

uint64_t SeedRun::seed() const {
  switch (kind) {
    case RunKind::kFullLoad:
      return full_load.seed;
    case RunKind::kDeltas:
      return deltas.seed;
    case RunKind::kVerify:
      return 0;
  }
  return 0;
}

std::string RunName(RunKind kind, int64_t id) {
  return absl::StrCat("seedRuns/", RunKindName(kind), "-", id);
}

absl::StatusOr<RunId> ParseRunName(absl::string_view name) {
  absl::string_view rest = name;
  RunId result;
  if (absl::ConsumePrefix(&rest, "seedRuns/")) {
    const size_t dash = rest.find('-');
    if (dash != absl::string_view::npos) {
      const auto kind = ParseRunKind(rest.substr(0, dash));
      if (kind && absl::SimpleAtoi(rest.substr(dash + 1), &result.id) && result.id > 0) {
        result.kind = *kind;
        if (RunName(result.kind, result.id) == name) return result;
      }
    }
  }
  return status::InvalidField(
      "name", "must be the name of a run, such as seedRuns/full-12 or seedRuns/deltas-13");
}

bool IsResumable(RunKind kind, RunState state, const absl::Status& error) {
  if (kind == RunKind::kVerify) return false;
  switch (state) {
    case RunState::kInterrupted:
    case RunState::kCancelled:
      return true;
    case RunState::kFailed: {
      const status::Reason reason = status::ReasonOf(error);
      return reason == status::Reason::kDiskFull || reason == status::Reason::kOutOfMemory ||
             reason == status::Reason::kDatabasePermission;
    }
    case RunState::kPending:
    case RunState::kRunning:
    case RunState::kPaused:
    case RunState::kSucceeded:
      return false;
  }
  return false;
}

}  // namespace storefront::seeder
