// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/chunk_executor.h"
#include "services/seeder/run_jobs.h"

namespace storefront::seeder {

absl::Status RunFullLoad(const SeedRun& run, const LoadPlan& plan, const Ports& ports,
                         const JobOptions& options, RunControl& control, ProgressBoard& board,
                         bool* complete) {
  RETURN_IF_ERROR(ports.ledger.AcquireWriter());
  RETURN_IF_ERROR(ports.catalog.CheckSchema());
  // Before the first row, so that the ids of others never meet ours.
  const LoadShape& shape = plan.shape;
  const int64_t last_order = shape.first_order_id + shape.orders - 1;
  RETURN_IF_ERROR(ports.catalog.Reserve({
      {Table::kCustomers, shape.first_customer_id + shape.customers - 1},
      {Table::kProducts, shape.first_product_id + shape.products - 1},
      {Table::kOrders, last_order},
      {Table::kOrderItems, 4 * last_order},
      {Table::kPayments, last_order},
  }));

  const auto add = [&board](const ChunkDone& chunk) {
    board.Update([&](Progress& progress) {
      TableProgress& table = progress.tables[chunk.table];
      table.inserts += chunk.rows;
      table.bytes += chunk.bytes;
      ++progress.chunks_done;
    });
  };
  board.Update([&](Progress& progress) {
    progress.chunks_planned = plan.chunks();
    for (const TableLoad& table : plan.tables) progress.tables[table.table].planned = table.rows;
  });
  ASSIGN_OR_RETURN(const std::vector<ChunkDone> stored, ports.ledger.ChunksDone(run.id));
  for (const ChunkDone& chunk : stored) add(chunk);

  ChunkExecutor executor(
      {.connections = run.full_load.connections,
       .retries_max = options.batch_retries,
       .reconnect_wait = options.reconnect_wait},
      ports.make_store, ports.ledger, ports.clock,
      {.committed = add,
       .retried = [&] { board.Update([](Progress& progress) { ++progress.retries; }); },
       .in_doubt_resolved =
           [&] { board.Update([](Progress& progress) { ++progress.in_doubt_resolved; }); },
       .reconnecting =
           [&](bool on) { board.Update([on](Progress& progress) { progress.reconnecting = on; }); },
       .pass_gate = [&] { return control.PassGate(); }});
  RETURN_IF_ERROR(executor.Run(run.id, plan, control.cancelled(), complete));
  if (!*complete) return absl::OkStatus();

  for (const ForeignKey& key : ForeignKeys()) {
    ASSIGN_OR_RETURN(const int64_t orphans, ports.catalog.CountOrphans(key));
    if (orphans == 0) continue;
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = status::Reason::kConstraintViolation,
                          .message = absl::StrCat(orphans, " rows of ", TableName(key.child),
                                                  " point at missing rows by ", key.column,
                                                  ": parents were deleted during the load")});
  }
  return ports.catalog.Analyze();
}

}  // namespace storefront::seeder
