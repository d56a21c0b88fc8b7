// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/stored_runs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/progress_board.h"
#include "services/seeder/run_rules.h"

namespace storefront::seeder {

absl::StatusOr<SeedRun> ReadStoredRun(SeedLedger& ledger, absl::string_view name) {
  ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  ASSIGN_OR_RETURN(std::optional<SeedRun> run, ledger.FindRun(id.id));
  if (!run || run->kind != id.kind) return RunNotFoundError(name);
  run->resumable = IsResumable(run->kind, run->state, run->error);
  if (run->kind == RunKind::kFullLoad) {
    ASSIGN_OR_RETURN(const std::vector<ChunkDone> chunks, ledger.ChunksDone(run->id));
    SetLoadProgress(chunks, *run);
  } else if (run->kind == RunKind::kDeltas) {
    ASSIGN_OR_RETURN(const BatchTotals totals, ledger.Totals(run->id));
    SetDeltaProgress(totals, *run);
  }
  return *std::move(run);
}

absl::StatusOr<std::optional<SeedRun>> FindRepeatedRun(SeedLedger& ledger,
                                                       const std::string& request_id,
                                                       const std::string& request_digest) {
  if (request_id.empty()) return std::optional<SeedRun>();
  ASSIGN_OR_RETURN(std::optional<SeedRun> run, ledger.FindRequest(request_id));
  if (run && run->request_digest != request_digest) {
    return status::Error({.code = absl::StatusCode::kAlreadyExists,
                          .reason = status::Reason::kRequestIdReused,
                          .message = absl::StrCat("request id ", request_id, " started ",
                                                  RunName(*run), " with another request")});
  }
  return run;
}

void SetLoadProgress(const std::vector<ChunkDone>& chunks, SeedRun& run) {
  const auto plan = PlanLoad(run.full_load, run.first_ids, kMaxId);
  if (!plan.ok()) return;
  run.plan = Summarize(*plan);
  run.progress.chunks_planned = plan->chunks();
  for (const TableLoad& table : plan->tables) {
    run.progress.tables[table.table].planned = table.rows;
  }
  int64_t rows = 0;
  for (const ChunkDone& chunk : chunks) {
    rows += chunk.rows;
    run.progress.tables[chunk.table].inserts += chunk.rows;
    run.progress.tables[chunk.table].bytes += chunk.bytes;
    ++run.progress.chunks_done;
  }
  if (plan->rows() > 0) {
    run.progress.percent = 100.0 * static_cast<double>(rows) / static_cast<double>(plan->rows());
  }
}

void SetDeltaProgress(const BatchTotals& totals, SeedRun& run) {
  for (const Table table : kTables) run.progress.tables[table];
  for (const auto& [code, rows] : totals.rows) AddRows(run.progress, code, rows);
  run.progress.events_done = totals.events;
}

}  // namespace storefront::seeder
