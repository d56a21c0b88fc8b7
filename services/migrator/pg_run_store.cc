// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_run_store.h"

#include <libpq-fe.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "services/migrator/json_run_codec.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_values.h"
#include "services/migrator/sha256.h"

namespace storefront::migrator {
namespace {

using Parameters = std::vector<std::optional<std::string>>;

constexpr absl::string_view kFinalStates = "('SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED')";

std::optional<std::string> Micros(absl::Time time) {
  if (time == absl::InfinitePast()) return std::nullopt;
  return absl::StrCat(absl::ToUnixMicros(time));
}

// A parameter or column of microseconds as a time, and back.
std::string TimeOf(absl::string_view micros) {
  return absl::StrCat("('epoch'::timestamptz + ", micros, " * interval '1 microsecond')");
}
std::string MicrosOf(absl::string_view time) {
  return absl::StrCat("(extract(epoch from ", time, ") * 1000000)::bigint");
}

absl::Time Time(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return absl::InfinitePast();
  return absl::FromUnixMicros(PgNumber(result, row, column));
}

RunKind ParseKind(absl::string_view name) {
  for (const RunKind kind :
       {RunKind::kMigrate, RunKind::kBaseline, RunKind::kRepair, RunKind::kUndo, RunKind::kClean}) {
    if (RunKindName(kind) == name) return kind;
  }
  return RunKind::kMigrate;
}

RunState ParseState(absl::string_view name) {
  for (const RunState state :
       {RunState::kPending, RunState::kWaitingForLock, RunState::kRunning, RunState::kCancelling,
        RunState::kSucceeded, RunState::kFailed, RunState::kCancelled}) {
    if (RunStateName(state) == name) return state;
  }
  return RunState::kInterrupted;
}

// The row of the run, made or brought up to date.
std::string UpsertRun(bool with_steps) {
  return absl::StrCat(
      "insert into storefront_migrator.run (id, kind, state, owner, create_time, start_time, "
      "end_time, sequence, details, steps, request_id, request_digest, saved_time) values ($1, $2, "
      "$3, $4::integer, ",
      TimeOf("$5::bigint"), ", ", TimeOf("$6::bigint"), ", ", TimeOf("$7::bigint"),
      ", $8::bigint, $9::jsonb, $10::jsonb, $11, $12, clock_timestamp()) on conflict (id) do "
      "update set state = excluded.state, owner = excluded.owner, start_time = "
      "excluded.start_time, end_time = excluded.end_time, sequence = excluded.sequence, details = "
      "excluded.details, saved_time = excluded.saved_time",
      with_steps ? ", steps = excluded.steps" : "");
}

Parameters RunParameters(const Run& run, bool with_steps, const RunOrigin& origin, int32_t owner) {
  return {run.id,
          std::string(RunKindName(run.kind)),
          std::string(RunStateName(run.state)),
          absl::StrCat(owner),
          Micros(run.create_time),
          Micros(run.start_time),
          Micros(run.end_time),
          absl::StrCat(run.sequence),
          RunJson(run),
          with_steps ? StepsJson(run.steps) : "[]",
          origin.request_id.empty() ? std::nullopt : std::optional(origin.request_id),
          origin.request_id.empty() ? std::nullopt : std::optional(origin.digest)};
}

std::string Digest(const ScriptText& text) {
  Sha256 sha256;
  text.Walk(0, text.view().size(), [&](absl::string_view piece) {
    sha256.Update(piece);
    return true;
  });
  return sha256.FinishHex();
}

void AddEvents(const std::vector<RunEvent>& events, std::string& sql, Parameters& parameters) {
  std::vector<std::string> sequences, times, types, scripts, details;
  for (const RunEvent& event : events) {
    sequences.push_back(absl::StrCat(event.sequence));
    times.push_back(absl::StrCat(absl::ToUnixMicros(event.time)));
    types.push_back(event.type);
    scripts.push_back(event.script);
    details.push_back(EventJson(event));
  }
  const size_t first = parameters.size() + 1;
  absl::StrAppend(
      &sql,
      ", events as (insert into storefront_migrator.run_event (run, sequence, event_time, type, "
      "script, details) select $1, e.sequence, ",
      TimeOf("e.micros"), ", e.type, e.script, e.details from unnest($", first, "::bigint[], $",
      first + 1, "::bigint[], $", first + 2, "::text[], $", first + 3, "::text[], $", first + 4,
      "::jsonb[]) e (sequence, micros, type, script, details) on conflict (run, sequence) do "
      "update set event_time = excluded.event_time, type = excluded.type, script = "
      "excluded.script, details = excluded.details)");
  for (const auto* list : {&sequences, &times, &types, &scripts, &details}) {
    parameters.emplace_back(PgArray(*list));
  }
}

void AddTexts(const std::vector<AppliedText>& applied, std::string& sql, Parameters& parameters) {
  std::vector<std::string> ranks, scripts, digests, sizes, texts;
  for (const AppliedText& each : applied) {
    const absl::string_view text = each.text->view();
    ranks.push_back(absl::StrCat(each.installed_rank));
    scripts.push_back(each.script);
    digests.push_back(Digest(*each.text));
    sizes.push_back(absl::StrCat(text.size()));
    texts.emplace_back(text.size() > PgRunStore::kTextKept ? absl::string_view() : text);
  }
  const size_t first = parameters.size() + 1;
  const std::string source = absl::StrCat(
      "unnest($", first, "::integer[], $", first + 1, "::text[], $", first + 2, "::text[], $",
      first + 3, "::bigint[], $", first + 4, "::text[]) a (rank, script, sha256, bytes, text)");
  absl::StrAppend(
      &sql,
      ", texts as (insert into storefront_migrator.script (sha256, bytes, text) select a.sha256, "
      "a.bytes, case when a.bytes <= ",
      PgRunStore::kTextKept, " then a.text end from ", source,
      " on conflict do nothing), applications as (insert into storefront_migrator.application "
      "(run, installed_rank, script, sha256) select $1, a.rank, a.script, a.sha256 from ",
      source, " on conflict (run, installed_rank) do update set sha256 = excluded.sha256)");
  for (const auto* list : {&ranks, &scripts, &digests, &sizes, &texts}) {
    parameters.emplace_back(PgArray(*list));
  }
}

}  // namespace

absl::Status PgRunStore::Create(const Run& run, const RunOrigin& origin) {
  return session_.WithTables([&](PgStatements& statements) -> absl::Status {
    return statements
        .Execute("keep the run", UpsertRun(/*with_steps=*/true),
                 RunParameters(run, /*with_steps=*/true, origin, session_.owner()))
        .status();
  });
}

absl::Status PgRunStore::Save(const RunRecord& record) {
  Parameters parameters =
      RunParameters(record.run, record.with_steps, record.origin, session_.owner());
  std::string sql = absl::StrCat("with kept as (", UpsertRun(record.with_steps), ")");
  if (!record.events.empty()) AddEvents(record.events, sql, parameters);
  if (!record.applied.empty()) AddTexts(record.applied, sql, parameters);
  if (IsFinal(record.run.state)) {
    absl::StrAppend(&sql,
                    ", trim as (delete from storefront_migrator.run_event where run = $1 and "
                    "sequence <= (select sequence from storefront_migrator.run_event where run = "
                    "$1 order by sequence desc offset ",
                    record.keep_events, " limit 1))");
  }
  absl::StrAppend(&sql, " select 1");
  return session_.WithTables([&](PgStatements& statements) -> absl::Status {
    return statements.Execute("keep the run", sql, parameters).status();
  });
}

absl::StatusOr<std::vector<Run>> PgRunStore::Read(const std::string& steps, const std::string& tail,
                                                  const Parameters& parameters) {
  const std::string sql = absl::StrCat(
      "select id, kind, state, ", MicrosOf("create_time"), ", ", MicrosOf("start_time"), ", ",
      MicrosOf("end_time"), ", sequence, details, ", steps, ", ", MicrosOf("saved_time"),
      ", state in ", kFinalStates, " or ", PgOwnerLives("r.owner", session_.owner()),
      " from storefront_migrator.run r ", tail);
  auto runs = session_.With([&](PgStatements& statements) -> absl::StatusOr<std::vector<Run>> {
    ASSIGN_OR_RETURN(const pg::PgResult result, statements.Execute("read runs", sql, parameters));
    std::vector<Run> read;
    const PGresult* rows = result.get();
    for (int i = 0; i < PQntuples(rows); ++i) {
      Run run{.id = PgText(rows, i, 0),
              .kind = ParseKind(PgText(rows, i, 1)),
              .state = ParseState(PgText(rows, i, 2))};
      run.create_time = Time(rows, i, 3);
      run.start_time = Time(rows, i, 4);
      run.end_time = Time(rows, i, 5);
      run.sequence = PgNumber(rows, i, 6);
      RETURN_IF_ERROR(ParseRun(PgText(rows, i, 7), run));
      ASSIGN_OR_RETURN(run.steps, ParseSteps(PgText(rows, i, 8)));
      if (!PgIsTrue(rows, i, 10)) {
        run.state = RunState::kInterrupted;
        run.end_time = Time(rows, i, 9);  // its last sign of life
        run.current_step = -1;
      }
      read.push_back(std::move(run));
    }
    return read;
  });
  if (!runs.ok() && IsSideTableMissing(runs.status())) return std::vector<Run>();
  return runs;
}

absl::StatusOr<std::vector<Run>> PgRunStore::List(size_t count) {
  return Read("'[]'", "order by create_time desc, id desc limit $1::bigint", {absl::StrCat(count)});
}

absl::StatusOr<std::optional<Run>> PgRunStore::Get(absl::string_view id) {
  ASSIGN_OR_RETURN(std::vector<Run> runs, Read("steps", "where id = $1", {std::string(id)}));
  if (runs.empty()) return std::nullopt;
  return std::move(runs.front());
}

absl::StatusOr<std::vector<RunEvent>> PgRunStore::Events(absl::string_view id,
                                                         int64_t after_sequence, size_t count) {
  const std::string sql =
      absl::StrCat("select * from (select sequence, ", MicrosOf("event_time"),
                   ", type, script, details from storefront_migrator.run_event where run = $1 and "
                   "sequence > $2::bigint order by sequence desc limit $3::bigint) e order by 1");
  auto events =
      session_.With([&](PgStatements& statements) -> absl::StatusOr<std::vector<RunEvent>> {
        ASSIGN_OR_RETURN(const pg::PgResult result,
                         statements.Execute(
                             "read a run's events", sql,
                             {std::string(id), absl::StrCat(after_sequence), absl::StrCat(count)}));
        std::vector<RunEvent> read;
        for (int i = 0; i < PQntuples(result.get()); ++i) {
          RunEvent event{.sequence = PgNumber(result.get(), i, 0),
                         .time = Time(result.get(), i, 1),
                         .type = PgText(result.get(), i, 2),
                         .script = PgText(result.get(), i, 3)};
          RETURN_IF_ERROR(ParseEvent(PgText(result.get(), i, 4), event));
          read.push_back(std::move(event));
        }
        return read;
      });
  if (!events.ok() && IsSideTableMissing(events.status())) return std::vector<RunEvent>();
  return events;
}

absl::StatusOr<std::optional<KnownRequest>> PgRunStore::FindRequest(absl::string_view request_id) {
  auto known =
      session_.With([&](PgStatements& statements) -> absl::StatusOr<std::optional<KnownRequest>> {
        ASSIGN_OR_RETURN(
            const pg::PgResult result,
            statements.Execute(
                "look for a request",
                "select id, request_digest from storefront_migrator.run where request_id = $1 "
                "order by create_time desc limit 1",
                {std::string(request_id)}));
        if (PQntuples(result.get()) == 0) return std::nullopt;
        return KnownRequest{.run_id = PgText(result.get(), 0, 0),
                            .digest = PgText(result.get(), 0, 1)};
      });
  if (!known.ok() && IsSideTableMissing(known.status())) return std::nullopt;
  return known;
}

absl::StatusOr<int> PgRunStore::InterruptOrphans() {
  const std::string sql = absl::StrCat(
      "with orphans as (update storefront_migrator.run r set state = 'INTERRUPTED', end_time = "
      "saved_time, sequence = sequence + 1 where state not in ",
      kFinalStates, " and not ", PgOwnerLives("r.owner", session_.owner()),
      " returning id, sequence) insert into storefront_migrator.run_event (run, sequence, "
      "event_time, type, script, details) select id, sequence, clock_timestamp(), 'finished', '', "
      "jsonb_build_object('message', 'the process ended before the run did') from orphans on "
      "conflict do nothing");
  auto count = session_.With([&](PgStatements& statements) -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const pg::PgResult result, statements.Execute("end orphaned runs", sql));
    int changed = 0;
    if (!absl::SimpleAtoi(PQcmdTuples(result.get()), &changed)) return 0;
    return changed;
  });
  if (!count.ok() && IsSideTableMissing(count.status())) return 0;
  return count;
}

absl::StatusOr<int> PgRunStore::Forget(absl::Duration older_than) {
  const std::string sql = absl::StrCat(
      "with old as (delete from storefront_migrator.run where state in ", kFinalStates,
      " and end_time < clock_timestamp() - $1::bigint * interval '1 microsecond' returning id), "
      "events as (delete from storefront_migrator.run_event e using old where e.run = old.id) "
      "select count(*) from old");
  auto count = session_.With([&](PgStatements& statements) -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const pg::PgResult result,
                     statements.Execute("forget old runs", sql,
                                        {absl::StrCat(absl::ToInt64Microseconds(older_than))}));
    return static_cast<int>(PgNumber(result.get(), 0, 0));
  });
  if (!count.ok() && IsSideTableMissing(count.status())) return 0;
  return count;
}

}  // namespace storefront::migrator
