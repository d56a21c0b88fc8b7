// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_seed_ledger.h"

#include <bit>
#include <pqxx/pqxx>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/seeder/json_run_codec.h"
#include "services/seeder/pq_session.h"

namespace storefront::seeder {
namespace {

using status::Reason;

// "SEED", and the one lock of it.
constexpr char kTryLock[] = "select pg_try_advisory_lock(1397048644, 1)";
constexpr char kEndOldWriters[] =
    "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity "
    "where application_name = $1 and datname = current_database()";
constexpr char kHolder[] =
    "select kind, run_id from seeder.run where state in ('RUNNING', 'PAUSED') "
    "and kind <> 'verify' order by run_id desc limit 1";

constexpr char kRunColumns[] =
    "select run_id, kind, state, coalesce(request_id, ''), "
    "coalesce(encode(request_digest, 'hex'), ''), seed, generator_version, parameters::text, "
    "base_rows::text, coalesce(error::text, 'null'), "
    "(extract(epoch from create_time) * 1000000)::bigint, "
    "(extract(epoch from start_time) * 1000000)::bigint, "
    "(extract(epoch from end_time) * 1000000)::bigint, etag from seeder.run ";

absl::Time TimeFrom(const pqxx::field& field) {
  return field.is_null() ? absl::InfinitePast() : absl::FromUnixMicros(field.as<int64_t>());
}

std::optional<std::string> TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return std::nullopt;
  return absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

SeedRun RunFrom(const pqxx::row& row) {
  SeedRun run;
  run.id = row[0].as<int64_t>();
  run.kind = *ParseRunKind(row[1].c_str());
  // DRAINING is a state of later versions; here it counts as running.
  run.state = ParseRunState(row[2].c_str()).value_or(RunState::kRunning);
  run.request_id = row[3].as<std::string>();
  run.request_digest = row[4].as<std::string>();
  const auto seed = std::bit_cast<uint64_t>(row[5].as<int64_t>());
  run.full_load.seed = seed;
  run.deltas.seed = seed;
  run.generator_version = row[6].as<std::string>();
  ParseParameters(row[7].as<std::string>(), run);
  run.base_rows = ParseRows(row[8].as<std::string>());
  run.error = ParseError(row[9].as<std::string>());
  run.create_time = TimeFrom(row[10]);
  run.start_time = TimeFrom(row[11]);
  run.end_time = TimeFrom(row[12]);
  run.etag = row[13].as<int64_t>();
  return run;
}

std::optional<std::string> ErrorColumn(const absl::Status& error) {
  if (error.ok()) return std::nullopt;
  return ErrorJson(error);
}

}  // namespace

// A missing table of the ledger means that the migrations have not run.
template <typename Body>
absl::Status PgSeedLedger::Run(absl::string_view what, const Body& body) {
  const absl::Status result = link_.Run(what, body);
  if (status::ReasonOf(result) != Reason::kDatabaseObject) return result;
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kSchemaIncomplete,
                        .message = "the seeder's ledger is missing: run the migrations",
                        .internal = status::DetailsOf(result).internal});
}

absl::Status PgSeedLedger::AcquireWriter() {
  bool locked = false;
  RETURN_IF_ERROR(lock_.Run("take the writer's lock", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    locked = tx.query_value<bool>(kTryLock);
    // Sessions of a process that was killed may still work off what is in their sockets. They end
    // before the ledger is read.
    if (locked) tx.exec(kEndOldWriters, pqxx::params{kWriterName});
  }));
  if (locked) return absl::OkStatus();
  std::string holder = "a run of another process";
  RETURN_IF_ERROR(Run("find the writer", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    const pqxx::result rows = tx.exec(kHolder);
    if (!rows.empty()) {
      holder = absl::StrCat("seedRuns/", rows[0][0].c_str(), "-", rows[0][1].c_str());
    }
  }));
  return status::Error({.code = absl::StatusCode::kAborted,
                        .reason = Reason::kRunActive,
                        .message = absl::StrCat(holder,
                                                " writes from another process; one run "
                                                "writes at a time. Stop it or wait."),
                        .metadata = {{"run", holder}},
                        .retry_after = absl::Seconds(5),
                        .resource = status::ResourceRef{"seedRuns", holder}});
}

// The server takes the lock of a closed session back when it comes to it; whoever sees that the run
// has ended may start the next one before that.
void PgSeedLedger::ReleaseWriter() {
  if (lock_.connected()) {
    lock_
        .Run("give the writer's lock back",
             [](pqxx::connection& session) {
               pqxx::nontransaction tx(session);
               tx.exec("select pg_advisory_unlock_all()");
             })
        .IgnoreError();  // a lost session has lost its lock
  }
  lock_.Close();
}

absl::StatusOr<SeedRun> PgSeedLedger::CreateRun(const SeedRun& run) {
  SeedRun stored = run;
  RETURN_IF_ERROR(Run("store the run", [&](pqxx::connection& session) {
    pqxx::work tx(session);
    std::optional<std::string> request_id;
    if (!run.request_id.empty()) request_id = run.request_id;
    const pqxx::row row =
        tx.exec(
              "insert into seeder.run (kind, state, request_id, request_digest, seed, "
              "generator_version,"
              " scenario, parameters, base_rows, start_time) values ($1, $2, $3, decode($4, "
              "'hex'), $5,"
              " $6, '{\"name\": \"scenarios/default\", \"profile\": \"CORE\"}', $7, $8, $9)"
              " returning run_id, (extract(epoch from create_time) * 1000000)::bigint, etag",
              pqxx::params{std::string(RunKindName(run.kind)), std::string(RunStateName(run.state)),
                           request_id, run.request_digest, std::bit_cast<int64_t>(run.seed()),
                           run.generator_version, ParametersJson(run), RowsJson(run.base_rows),
                           TimeText(run.start_time)})
            .one_row();
    stored.id = row[0].as<int64_t>();
    stored.create_time = TimeFrom(row[1]);
    stored.etag = row[2].as<int64_t>();
    tx.commit();
  }));
  return stored;
}

absl::StatusOr<int64_t> PgSeedLedger::SaveRun(const SeedRun& run) {
  int64_t etag = 0;
  RETURN_IF_ERROR(Run("store the run", [&](pqxx::connection& session) {
    pqxx::work tx(session);
    etag = tx.exec(
                 "update seeder.run set state = $2, parameters = $3, base_rows = $4, "
                 "error = $5::jsonb, start_time = $6, end_time = $7, etag = etag + 1 "
                 "where run_id = $1 returning etag",
                 pqxx::params{run.id, std::string(RunStateName(run.state)), ParametersJson(run),
                              RowsJson(run.base_rows), ErrorColumn(run.error),
                              TimeText(run.start_time), TimeText(run.end_time)})
               .one_row()[0]
               .as<int64_t>();
    tx.commit();
  }));
  return etag;
}

absl::StatusOr<std::vector<SeedRun>> PgSeedLedger::ReadRuns(const std::string& where) {
  std::vector<SeedRun> runs;
  RETURN_IF_ERROR(Run("read runs", [&](pqxx::connection& session) {
    runs.clear();
    pqxx::nontransaction tx(session);
    for (const pqxx::row& row : tx.exec(absl::StrCat(kRunColumns, where))) {
      runs.push_back(RunFrom(row));
    }
  }));
  return runs;
}

absl::StatusOr<std::optional<SeedRun>> PgSeedLedger::FindRun(int64_t id) {
  ASSIGN_OR_RETURN(std::vector<SeedRun> runs, ReadRuns(absl::StrCat("where run_id = ", id)));
  if (runs.empty()) return std::optional<SeedRun>();
  return std::optional<SeedRun>(std::move(runs.front()));
}

absl::StatusOr<std::optional<SeedRun>> PgSeedLedger::FindRequest(const std::string& request_id) {
  int64_t id = 0;
  RETURN_IF_ERROR(Run("find a request", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    const pqxx::result rows =
        tx.exec("select run_id from seeder.run where request_id = $1", pqxx::params{request_id});
    id = rows.empty() ? 0 : rows[0][0].as<int64_t>();
  }));
  if (id == 0) return std::optional<SeedRun>();
  return FindRun(id);
}

absl::StatusOr<std::vector<SeedRun>> PgSeedLedger::ListRuns(size_t offset, size_t limit) {
  return ReadRuns(absl::StrCat("order by run_id desc offset ", offset, " limit ", limit));
}

absl::StatusOr<int64_t> PgSeedLedger::CountRuns() {
  int64_t count = 0;
  RETURN_IF_ERROR(Run("count runs", [&](pqxx::connection& session) {
    count = pqxx::nontransaction(session).query_value<int64_t>("select count(*) from seeder.run");
  }));
  return count;
}

absl::StatusOr<std::vector<SeedRun>> PgSeedLedger::OpenRuns() {
  return ReadRuns("where state in ('PENDING', 'RUNNING', 'PAUSED', 'DRAINING') order by run_id");
}

absl::StatusOr<std::vector<ChunkDone>> PgSeedLedger::ChunksDone(int64_t run_id) {
  std::vector<ChunkDone> chunks;
  RETURN_IF_ERROR(Run("read chunks", [&](pqxx::connection& session) {
    chunks.clear();
    pqxx::nontransaction tx(session);
    for (const pqxx::row& row :
         tx.exec("select table_no, chunk_no, rows, bytes, digest::text from seeder.chunk_done "
                 "where run_id = $1 order by table_no, chunk_no",
                 pqxx::params{run_id})) {
      chunks.push_back({.table = static_cast<Table>(row[0].as<int16_t>()),
                        .chunk_no = row[1].as<int32_t>(),
                        .rows = row[2].as<int64_t>(),
                        .bytes = row[3].as<int64_t>(),
                        .digest = DigestSum::FromDecimal(row[4].c_str()).value_or(DigestSum())});
    }
  }));
  return chunks;
}

absl::StatusOr<std::string> PgSeedLedger::BatchDigest(int64_t run_id, int16_t shard,
                                                      int64_t batch_no) {
  std::optional<std::string> digest;
  RETURN_IF_ERROR(Run("read a batch", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    const pqxx::result rows = tx.exec(
        "select digest from seeder.batch where run_id = $1 and shard = $2 and batch_no = $3",
        pqxx::params{run_id, shard, batch_no});
    if (rows.empty()) return;
    const auto bytes = rows[0][0].as<std::basic_string<std::byte>>();
    digest.emplace();
    for (const std::byte byte : bytes) digest->push_back(static_cast<char>(byte));
  }));
  if (!digest) return absl::NotFoundError("no such batch");
  return *std::move(digest);
}

absl::StatusOr<AllShardCounters> PgSeedLedger::Counters(int64_t run_id) {
  AllShardCounters counters;
  RETURN_IF_ERROR(Run("read batches", [&](pqxx::connection& session) {
    counters = {};
    pqxx::nontransaction tx(session);
    // Inserted rows by code; an absent code adds nothing.
    for (const pqxx::row& row :
         tx.exec("select shard, max(batch_no), max(last_event), "
                 "coalesce(sum(counts[array_position(codes, $2::int2)]), 0), "
                 "coalesce(sum(counts[array_position(codes, $3::int2)]), 0) "
                 "from seeder.batch where run_id = $1 group by shard",
                 pqxx::params{run_id, LedgerCode(Table::kCustomers, Operation::kInsert),
                              LedgerCode(Table::kOrders, Operation::kInsert)})) {
      ShardCounters& shard = counters.at(row[0].as<size_t>());
      shard.batches = row[1].as<int64_t>();
      shard.last_event = row[2].as<int64_t>();
      shard.customers = row[3].as<int64_t>();
      shard.orders = row[4].as<int64_t>();
    }
  }));
  return counters;
}

absl::StatusOr<BatchTotals> PgSeedLedger::Totals(int64_t run_id) {
  BatchTotals totals;
  RETURN_IF_ERROR(Run("read batches", [&](pqxx::connection& session) {
    totals = {};
    pqxx::nontransaction tx(session);
    totals.events =
        tx.exec("select count(*) from seeder.batch where run_id = $1", pqxx::params{run_id})
            .one_row()[0]
            .as<int64_t>();
    for (const pqxx::row& row :
         tx.exec("select code, sum(n) from seeder.batch, unnest(codes, counts) as u(code, n) "
                 "where run_id = $1 group by code",
                 pqxx::params{run_id})) {
      totals.rows[row[0].as<int16_t>()] = row[1].as<int64_t>();
    }
  }));
  return totals;
}

absl::Status PgSeedLedger::AddRateChange(int64_t run_id, const RateChange& change) {
  return Run("store a change", [&](pqxx::connection& session) {
    pqxx::work tx(session);
    tx.exec(
        "insert into seeder.change (run_id, change_no, first_event, parameters) "
        "select $1, coalesce(max(change_no), 0) + 1, $2, $3 from seeder.change "
        "where run_id = $1",
        pqxx::params{run_id, change.first_event, RateChangeJson(change)});
    tx.commit();
  });
}

absl::StatusOr<std::vector<RateChange>> PgSeedLedger::RateChanges(int64_t run_id) {
  std::vector<RateChange> changes;
  RETURN_IF_ERROR(Run("read changes", [&](pqxx::connection& session) {
    changes.clear();
    pqxx::nontransaction tx(session);
    for (const pqxx::row& row :
         tx.exec("select first_event, parameters::text from seeder.change where run_id = $1 "
                 "order by change_no",
                 pqxx::params{run_id})) {
      changes.push_back(ParseRateChange(row[0].as<int64_t>(), row[1].as<std::string>()));
    }
  }));
  return changes;
}

}  // namespace storefront::seeder
