// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/run_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::seeder {
namespace {

using status::Reason;

int64_t In(const std::map<Table, int64_t>& counts, Table table) {
  const auto it = counts.find(table);
  return it == counts.end() ? 0 : it->second;
}

int64_t HighestOrder(const HighestIds& highest) {
  return std::max({In(highest, Table::kOrders), In(highest, Table::kPayments),
                   (In(highest, Table::kOrderItems) + kMaxLines - 1) / kMaxLines});
}

// In which state a run is left by an error.
RunState StateAfter(const absl::Status& error) {
  switch (status::ReasonOf(error)) {
    case Reason::kBackendUnavailable:
    case Reason::kCommitInDoubt:
    case Reason::kLedgerConflict:
    case Reason::kLedgerBehind:
    case Reason::kTransactionConflict:
    case Reason::kLockTimeout:
    case Reason::kRunActive:
    case Reason::kSchemaChanged:
    case Reason::kReadOnlyServer:
      return RunState::kInterrupted;
    default:
      return RunState::kFailed;
  }
}

// A missing column or table while a run writes is a change of the schema (S11).
absl::Status AsRunError(const absl::Status& error) {
  const Reason reason = status::ReasonOf(error);
  if (reason != Reason::kDatabaseObject && reason != Reason::kSchemaIncomplete) return error;
  status::ErrorSpec spec = status::DetailsOf(error);
  spec.code = absl::StatusCode::kFailedPrecondition;
  spec.reason = Reason::kSchemaChanged;
  spec.message = absl::StrCat(error.message(), "; run the migrations, then resume");
  return status::Error(std::move(spec));
}

}  // namespace

absl::Status RunStateError(const SeedRun& run, absl::string_view verb, absl::string_view allowed) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kRunState,
                        .message = absl::StrCat(RunName(run), " is ", RunStateName(run.state), "; ",
                                                verb, " needs ", allowed),
                        .metadata = {{"state", std::string(RunStateName(run.state))}},
                        .resource = status::ResourceRef{"seedRuns", RunName(run)}});
}

absl::Status RunActiveError(const SeedRun& holder) {
  return status::Error({.code = absl::StatusCode::kAborted,
                        .reason = Reason::kRunActive,
                        .message = absl::StrCat(RunName(holder), " is ", RunStateName(holder.state),
                                                "; one run writes at a time. Stop it or wait."),
                        .metadata = {{"run", RunName(holder)}},
                        .retry_after = absl::Seconds(5),
                        .resource = status::ResourceRef{"seedRuns", RunName(holder)}});
}

absl::Status RunNotFoundError(absl::string_view name) {
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = Reason::kResourceNotFound,
                        .message = absl::StrCat(name, " does not exist"),
                        .resource = status::ResourceRef{"seedRuns", std::string(name)}});
}

absl::Status StoppingError() {
  return status::Error({.code = absl::StatusCode::kUnavailable,
                        .reason = Reason::kShuttingDown,
                        .message = "the service is stopping",
                        .retry_after = absl::Seconds(5)});
}

absl::Status ProcessEndedError() {
  return status::Error({.code = absl::StatusCode::kUnavailable,
                        .reason = Reason::kShuttingDown,
                        .message = "the seeder's process ended during the run"});
}

absl::Status CheckRate(absl::string_view field, double events_per_second, double rate_max) {
  if (!(events_per_second > 0)) {
    return status::InvalidField(std::string(field), "must be above 0");
  }
  if (events_per_second <= rate_max) return absl::OkStatus();
  return status::Error({.code = absl::StatusCode::kResourceExhausted,
                        .reason = Reason::kLimitExceeded,
                        .message = absl::StrCat("max_events_per_second allows ", rate_max,
                                                ". Ask for less, or raise the setting."),
                        .metadata = {{"setting", "max_events_per_second"}}});
}

absl::Status CheckEmpty(const std::map<Table, int64_t>& rows) {
  for (const auto& [table, count] : rows) {
    if (count == 0) continue;
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = Reason::kTablesNotEmpty,
                          .message = absl::StrCat(TableName(table), " holds ", count,
                                                  " rows, and on_existing is FAIL"),
                          .metadata = {{"table", std::string(TableName(table))}}});
  }
  return absl::OkStatus();
}

absl::Status CheckChangeable(const std::map<Table, int64_t>& rows) {
  if (In(rows, Table::kCustomers) > 0 && In(rows, Table::kProducts) > 0) return absl::OkStatus();
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kNothingToChange,
                        .message = "there are no customers or no products to change; run a "
                                   "full load first"});
}

FirstIds FirstIdsAfter(const HighestIds& highest) {
  return {.customer = In(highest, Table::kCustomers) + 1,
          .product = In(highest, Table::kProducts) + 1,
          .order = HighestOrder(highest) + 1};
}

IdBases IdBasesAfter(const HighestIds& highest) {
  const auto next_block = [](int64_t id) { return (id / kShards + 1) * kShards; };
  return {.customer = next_block(In(highest, Table::kCustomers)),
          .order = next_block(HighestOrder(highest))};
}

RunEnding EndingOf(RunKind kind, RunControl::Wish wish, const absl::Status& result, bool complete) {
  if (wish == RunControl::Wish::kCancel) return {RunState::kCancelled, absl::OkStatus()};
  if (wish == RunControl::Wish::kShutdown && !complete) {
    return {RunState::kInterrupted, ProcessEndedError()};
  }
  if (!result.ok()) {
    const absl::Status error = AsRunError(result);
    return {StateAfter(error), error};
  }
  // Deltas have no end of their own: to be stopped is to succeed.
  const bool is_stopped_well = wish == RunControl::Wish::kStop && kind == RunKind::kDeltas;
  return {complete || is_stopped_well ? RunState::kSucceeded : RunState::kCancelled,
          absl::OkStatus()};
}

}  // namespace storefront::seeder
