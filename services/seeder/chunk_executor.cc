// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/chunk_executor.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using ChunkKey = std::pair<Table, int32_t>;

// Rounds of "read the ledger, store what is missing": each needs another crash of the server.
constexpr int kRoundsMax = 10;

std::string Metadata(const absl::Status& error, const std::string& key) {
  const auto metadata = status::DetailsOf(error).metadata;
  const auto it = metadata.find(key);
  return it == metadata.end() ? "" : it->second;
}

absl::Status Conflict(const Chunk& chunk) {
  return status::Error(
      {.code = absl::StatusCode::kAborted,
       .reason = Reason::kLedgerConflict,
       .message = absl::StrCat("chunk ", chunk.chunk_no, " of ", TableName(chunk.table),
                               " is in the ledger with other rows. Another program writes this "
                               "run's ledger; end it, then resume.")});
}

}  // namespace

ChunkExecutor::ChunkExecutor(const ChunkExecutorOptions& options, MakeStorefrontStore make_store,
                             SeedLedger& ledger, clock::Clock& clock, Hooks hooks)
    : options_(options),
      make_store_(std::move(make_store)),
      ledger_(ledger),
      clock_(clock),
      hooks_(std::move(hooks)) {}

absl::Status ChunkExecutor::Run(int64_t run_id, const LoadPlan& plan, const std::stop_token& stop,
                                bool* complete) {
  const CoreRows rows(plan.shape);
  *complete = true;
  for (int round = 0; round < kRoundsMax; ++round) {
    ASSIGN_OR_RETURN(const std::vector<ChunkDone> stored, ledger_.ChunksDone(run_id));
    std::set<ChunkKey> done;
    for (const ChunkDone& chunk : stored) done.emplace(chunk.table, chunk.chunk_no);
    bool missing = false;
    for (int level = 0; level <= 2; ++level) {
      std::vector<Chunk> todo;
      for (const TableLoad& table : plan.tables) {
        if (table.level != level) continue;
        for (const Chunk& chunk : table.chunks) {
          if (!done.contains({chunk.table, chunk.chunk_no})) todo.push_back(chunk);
        }
      }
      if (todo.empty()) continue;
      missing = true;
      RETURN_IF_ERROR(RunLevel(run_id, rows, todo, stop, complete));
      if (!*complete) return absl::OkStatus();
    }
    if (!missing) return absl::OkStatus();
  }
  return status::Error(
      {.code = absl::StatusCode::kUnavailable,
       .reason = Reason::kBackendUnavailable,
       .message = "Postgres lost committed chunks again and again; look at its log",
       .metadata = {{"backend", "postgres"}}});
}

absl::Status ChunkExecutor::RunLevel(int64_t run_id, const CoreRows& rows,
                                     const std::vector<Chunk>& chunks, const std::stop_token& stop,
                                     bool* complete) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> ended = false;
  sync::Mutex mutex;
  absl::Status first_error;
  const auto work = [&] {
    const std::unique_ptr<StorefrontStore> store = make_store_();
    while (!ended) {
      if (!hooks_.pass_gate()) {
        ended = true;
        return;
      }
      const size_t at = next++;
      if (at >= chunks.size()) return;
      const absl::Status stored = Store(run_id, rows, chunks[at], *store, stop);
      if (stored.ok()) continue;
      ended = true;
      sync::MutexLock lock(mutex);
      if (first_error.ok()) first_error = stored;
      return;
    }
  };
  {
    std::vector<std::jthread> workers;
    const size_t count = std::min<size_t>(static_cast<size_t>(options_.connections), chunks.size());
    for (size_t i = 0; i < count; ++i) workers.emplace_back(work);
  }
  *complete = !ended;
  return first_error;
}

absl::Status ChunkExecutor::Store(int64_t run_id, const CoreRows& rows, const Chunk& chunk,
                                  StorefrontStore& store, const std::stop_token& stop) {
  bool in_doubt = false, lost = false;
  int retries = 0, waits = 0;
  clock::SteadyTime lost_at;
  absl::Duration pause = absl::Milliseconds(50);
  while (true) {
    ChunkSource source(rows, chunk);
    const absl::Status written = store.WriteChunk(run_id, chunk, source, stop);
    if (lost && !absl::IsUnavailable(written)) {
      lost = false;
      hooks_.reconnecting(false);
    }
    if (written.ok()) {
      hooks_.committed({.table = chunk.table,
                        .chunk_no = chunk.chunk_no,
                        .rows = source.rows(),
                        .bytes = source.bytes(),
                        .digest = source.digest()});
      return absl::OkStatus();
    }
    const std::string sqlstate = Metadata(written, "sqlstate");
    if (status::ReasonOf(written) == Reason::kCommitInDoubt) {
      in_doubt = true;
      continue;
    }
    if (absl::IsUnavailable(written)) {
      if (!lost) {
        lost = true;
        lost_at = clock_.Steady();
        hooks_.reconnecting(true);
      }
      if (clock_.Steady() + pause - lost_at > options_.reconnect_wait) return written;
      if (!clock_.WaitFor(pause, stop)) return absl::CancelledError("stopped");
      pause = std::min(pause * 2, absl::Duration(absl::Seconds(1)));
      continue;
    }
    if (absl::IsAlreadyExists(written) && Metadata(written, "table") == "chunk") {
      // Committed before the connection was lost, or by a session of a killed process: the ledger
      // must hold these very rows.
      std::string slab;
      ChunkSource made(rows, chunk);
      while (made.Next(1 << 18, slab)) {
      }
      const ChunkDone again = {.table = chunk.table,
                               .chunk_no = chunk.chunk_no,
                               .rows = made.rows(),
                               .bytes = made.bytes(),
                               .digest = made.digest()};
      ASSIGN_OR_RETURN(const std::vector<ChunkDone> stored, ledger_.ChunksDone(run_id));
      const bool same = std::any_of(stored.begin(), stored.end(), [&](const ChunkDone& one) {
        return one.table == again.table && one.chunk_no == again.chunk_no &&
               one.rows == again.rows && one.digest == again.digest;
      });
      if (!same) return Conflict(chunk);
      hooks_.in_doubt_resolved();
      hooks_.committed(again);
      return absl::OkStatus();
    }
    if (sqlstate == "55P03" && in_doubt && ++waits >= options_.doubt_waits_max) {
      return status::Error(
          {.code = absl::StatusCode::kAborted,
           .reason = Reason::kCommitInDoubt,
           .message = "a lost session still holds its ledger row; resume when it has ended"});
    }
    if (absl::IsAborted(written) && ++retries <= options_.retries_max) {
      hooks_.retried();
      if (!clock_.WaitFor(absl::Milliseconds(20), stop)) return absl::CancelledError("stopped");
      continue;
    }
    if (sqlstate.starts_with("23")) {
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = Reason::kGeneratorBug,
                            .message = absl::StrCat("a constraint of ", TableName(chunk.table),
                                                    " refused generated rows. Please report it."),
                            .metadata = {{"sqlstate", sqlstate}},
                            .internal = status::DetailsOf(written).internal});
    }
    return written;
  }
}

}  // namespace storefront::seeder
