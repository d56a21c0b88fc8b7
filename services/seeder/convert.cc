// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/convert.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "services/seeder/row_digest.h"

namespace storefront::seeder {
namespace {

using google::protobuf::util::TimeUtil;

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  *out = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* out) {
  *out = TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(duration));
}

void SetPercentiles(const Percentiles& from, v1::Percentiles* out) {
  SetDuration(from.p50, out->mutable_p50());
  SetDuration(from.p99, out->mutable_p99());
}

v1::SeedRun::Kind KindOf(RunKind kind) {
  switch (kind) {
    case RunKind::kFullLoad:
      return v1::SeedRun::FULL_LOAD;
    case RunKind::kDeltas:
      return v1::SeedRun::DELTAS;
    case RunKind::kVerify:
      return v1::SeedRun::VERIFY;
  }
  return v1::SeedRun::KIND_UNSPECIFIED;
}

v1::SeedRun::State StateOf(RunState state) {
  switch (state) {
    case RunState::kPending:
      return v1::SeedRun::PENDING;
    case RunState::kRunning:
      return v1::SeedRun::RUNNING;
    case RunState::kPaused:
      return v1::SeedRun::PAUSED;
    case RunState::kSucceeded:
      return v1::SeedRun::SUCCEEDED;
    case RunState::kFailed:
      return v1::SeedRun::FAILED;
    case RunState::kCancelled:
      return v1::SeedRun::CANCELLED;
    case RunState::kInterrupted:
      return v1::SeedRun::INTERRUPTED;
  }
  return v1::SeedRun::STATE_UNSPECIFIED;
}

void SetFullLoad(const SeedRun& run, v1::FullLoad* out) {
  out->set_scale(run.full_load.scale);
  for (const auto& [table, rows] : run.full_load.rows) {
    (*out->mutable_rows())[std::string(TableName(table))] = rows;
  }
  out->set_connections(run.full_load.connections);
  out->set_chunk_rows(static_cast<int32_t>(run.full_load.chunk_rows));
  out->set_on_existing(run.full_load.on_existing == OnExisting::kFail ? v1::FullLoad::FAIL
                                                                      : v1::FullLoad::APPEND);
  for (const TablePlan& plan : run.plan) {
    v1::TablePlan* table = out->add_tables();
    table->set_table(std::string(TableName(plan.table)));
    table->set_rows(plan.rows);
    table->set_first_id(plan.first_id);
    table->set_chunks(plan.chunks);
  }
}

void SetDeltas(const SeedRun& run, v1::Deltas* out) {
  // The rate in force: the one that UpdateSeedRun changes.
  out->set_events_per_second(run.progress.target_events_per_second > 0
                                 ? run.progress.target_events_per_second
                                 : run.deltas.events_per_second);
  out->set_arrival(run.deltas.arrival == Arrival::kConstant ? v1::Deltas::CONSTANT
                                                            : v1::Deltas::POISSON);
  out->set_connections(run.deltas.connections);
  out->set_max_events(run.deltas.max_events);
  for (const auto& [event, weight] : run.deltas.weights) (*out->mutable_weights())[event] = weight;
  out->set_time_compression(run.deltas.time_compression);
}

void SetVerification(const SeedRun& run, v1::Verification* out) {
  for (const std::string& id : run.verify.conditions) out->add_conditions(id);
  bool violated = false;
  for (const ConditionResult& result : run.verify.results) {
    v1::ConditionResult* to = out->add_results();
    to->set_condition(result.condition);
    to->set_description(result.description);
    to->set_checked(result.checked);
    to->set_violations(result.violations);
    for (const std::string& sample : result.samples) to->add_samples(sample);
    to->set_skipped(result.skipped);
    violated = violated || result.violations > 0;
  }
  if (run.state != RunState::kSucceeded) return;
  out->set_verdict(violated ? v1::Verification::INCONSISTENT : v1::Verification::CONSISTENT);
}

void SetProgress(const Progress& from, v1::SeedProgress* out) {
  out->set_sequence(from.sequence);
  for (const auto& [table, counts] : from.tables) {
    v1::TableProgress* to = out->add_tables();
    to->set_table(std::string(TableName(table)));
    to->set_rows_planned(counts.planned);
    to->set_inserts(counts.inserts);
    to->set_updates(counts.updates);
    to->set_deletes(counts.deletes);
    to->set_bytes(counts.bytes);
  }
  out->set_rows_per_second(from.rows_per_second);
  out->set_mean_rows_per_second(from.mean_rows_per_second);
  out->set_percent(from.percent);
  if (from.eta) SetDuration(*from.eta, out->mutable_eta());
  out->set_chunks_done(from.chunks_done);
  out->set_chunks_planned(from.chunks_planned);
  out->set_events_done(from.events_done);
  out->set_events_substituted(from.events_substituted);
  out->set_event_number(from.event_number);
  if (from.business_time) {
    *out->mutable_business_time() = TimeUtil::MicrosecondsToTimestamp(*from.business_time);
  }
  out->set_target_events_per_second(from.target_events_per_second);
  SetPercentiles(from.schedule_lag, out->mutable_schedule_lag());
  SetPercentiles(from.commit_lag, out->mutable_commit_lag());
  out->set_open_orders(from.open_orders);
  out->set_retries(from.retries);
  out->set_in_doubt_resolved(from.in_doubt_resolved);
  out->set_replans(from.replans);
  out->set_reconnecting(from.reconnecting);
  out->set_throttled(!from.throttle_reason.empty());
  out->set_throttle_reason(from.throttle_reason);
  out->set_slot_lag_bytes(from.slot_lag_bytes);
}

// Deterministic: map entries in the order of their keys.
template <typename Request>
std::string Digest(Request request) {
  request.clear_request_id();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  DigestSum digest;
  digest.Add(absl::StrCat(std::string(request.GetTypeName()), "\n", bytes));
  return digest.Hex();
}

template <typename Request>
bool ValidateOnly(const Request& request) {
  return request.validate_only();
}
bool ValidateOnly(const v1::VerifyStorefrontRequest&) { return false; }

}  // namespace

template <typename Request>
StartOptions StartOptionsFrom(const Request& request) {
  return {.request_id = request.request_id(),
          .request_digest = Digest(request),
          .validate_only = ValidateOnly(request)};
}
template StartOptions StartOptionsFrom(const v1::StartFullLoadRequest&);
template StartOptions StartOptionsFrom(const v1::StartDeltasRequest&);
template StartOptions StartOptionsFrom(const v1::VerifyStorefrontRequest&);

absl::StatusOr<FullLoadParameters> FromProto(const v1::StartFullLoadRequest& request,
                                             const JobOptions& options) {
  FullLoadParameters parameters = {.connections = options.connections,
                                   .chunk_rows = options.chunk_rows};
  if (request.has_scale()) parameters.scale = request.scale();
  if (request.has_seed()) parameters.seed = request.seed();
  if (request.has_connections()) parameters.connections = request.connections();
  if (request.has_chunk_rows()) parameters.chunk_rows = request.chunk_rows();
  if (request.on_existing() == v1::FullLoad::FAIL) parameters.on_existing = OnExisting::kFail;
  std::vector<status::FieldViolation> wrong;
  for (const auto& [name, rows] : request.rows()) {
    if (const auto table = ParseTable(name)) {
      parameters.rows[*table] = rows;
    } else {
      wrong.push_back({absl::StrCat("rows[", name, "]"), "is not a table of the storefront"});
    }
  }
  if (!wrong.empty()) return status::InvalidFields(std::move(wrong));
  return parameters;
}

DeltasParameters FromProto(const v1::StartDeltasRequest& request, const JobOptions& options) {
  DeltasParameters parameters = {.connections = options.connections};
  if (request.has_events_per_second()) parameters.events_per_second = request.events_per_second();
  if (request.arrival() == v1::Deltas::CONSTANT) parameters.arrival = Arrival::kConstant;
  if (request.has_seed()) parameters.seed = request.seed();
  if (request.has_connections()) parameters.connections = request.connections();
  parameters.max_events = request.max_events();
  for (const auto& [event, weight] : request.weights()) parameters.weights[event] = weight;
  if (request.has_time_compression()) parameters.time_compression = request.time_compression();
  return parameters;
}

VerifyParameters FromProto(const v1::VerifyStorefrontRequest& request) {
  return {.conditions = {request.conditions().begin(), request.conditions().end()}};
}

absl::StatusOr<RunChange> FromProto(const v1::UpdateSeedRunRequest& request) {
  constexpr char kRate[] = "deltas.events_per_second";
  for (const std::string& path : request.update_mask().paths()) {
    if (path == kRate) continue;
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = status::Reason::kImmutableField,
                          .message = absl::StrCat(path, " cannot be changed; only ", kRate, " can"),
                          .fields = {{"update_mask", absl::StrCat(path, " cannot be changed")}}});
  }
  if (!request.seed_run().has_deltas()) {
    return status::InvalidField(absl::StrCat("seed_run.", kRate), "must be set");
  }
  return RunChange{.events_per_second = request.seed_run().deltas().events_per_second(),
                   .etag = request.seed_run().etag()};
}

void ToProto(const SeedRun& run, v1::SeedRun& out) {
  out.Clear();
  if (run.id != 0) out.set_name(RunName(run));
  out.set_kind(KindOf(run.kind));
  if (run.id != 0) out.set_state(StateOf(run.state));
  out.set_seed(run.seed());
  switch (run.kind) {
    case RunKind::kFullLoad:
      SetFullLoad(run, out.mutable_full_load());
      break;
    case RunKind::kDeltas:
      SetDeltas(run, out.mutable_deltas());
      break;
    case RunKind::kVerify:
      SetVerification(run, out.mutable_verification());
      break;
  }
  if (run.waiting_for != 0 && run.state == RunState::kPending) {
    out.set_waiting_for(RunName(RunKind::kFullLoad, run.waiting_for));
  }
  if (!run.error.ok()) *out.mutable_error() = status::ToRpcStatus(run.error);
  out.set_resumable(run.resumable);
  for (const std::string& warning : run.warnings) out.add_warnings(warning);
  const auto set_time = [](absl::Time time, auto mutable_field) {
    if (time != absl::InfinitePast()) SetTime(time, mutable_field());
  };
  set_time(run.create_time, [&] { return out.mutable_create_time(); });
  set_time(run.start_time, [&] { return out.mutable_start_time(); });
  set_time(run.end_time, [&] { return out.mutable_end_time(); });
  if (run.id != 0) out.set_etag(absl::StrCat(run.etag));
  SetProgress(run.progress, out.mutable_progress());
  out.set_generator_version(run.generator_version);
}

void ToProto(const std::vector<TableStats>& tables, bool digest, int64_t slot_lag_bytes,
             v1::StorefrontStats& out) {
  out.Clear();
  out.set_name("storefront/stats");
  DigestSum all;
  for (const TableStats& stats : tables) {
    v1::TableStats* table = out.add_tables();
    table->set_table(std::string(TableName(stats.table)));
    table->set_rows(stats.rows);
    table->set_bytes(stats.bytes);
    table->set_ledger_inserts(stats.ledger_inserts);
    table->set_ledger_updates(stats.ledger_updates);
    table->set_ledger_deletes(stats.ledger_deletes);
    if (!digest) continue;
    table->set_digest(stats.digest.Hex());
    all.Add(absl::StrCat(TableName(stats.table), " ", stats.digest.Hex()));
  }
  if (digest) out.set_digest(all.Hex());
  out.set_slot_lag_bytes(slot_lag_bytes);
}

}  // namespace storefront::seeder
