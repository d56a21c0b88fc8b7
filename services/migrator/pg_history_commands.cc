// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_history_commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/pg_values.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// Of one pipeline, whose answers are all kept in memory.
constexpr size_t kPipelineItems = 1000;
constexpr absl::string_view kLockLostState = "SM001";  // raised by CheckLock

uint32_t Oid(const PGresult* result, int row, int column) {
  uint32_t oid = 0;
  return absl::SimpleAtoi(PQgetvalue(result, row, column), &oid) ? oid : 0;
}

// What stands in the managed schemas ($1) and is dropped by itself: catalog, oid, schema, kind,
// identity. What an extension brought goes with it; arrays, rows of tables, multiranges,
// constructors of ranges and sequences of identity columns go with what they belong to.
constexpr absl::string_view kContents = R"sql(
managed as materialized (
  select oid, nspname from pg_catalog.pg_namespace
  where nspname = any ($1::text[]) and nspname <> 'storefront_migrator'),
member as materialized (
  select classid, objid, refobjid as extension from pg_catalog.pg_depend
  where deptype = 'e' and refclassid = 'pg_catalog.pg_extension'::regclass),
standing (catalog, oid, nspname) as materialized (
  select 'pg_catalog.pg_class'::regclass, c.oid, m.nspname
    from pg_catalog.pg_class c join managed m on m.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all select 'pg_catalog.pg_proc'::regclass, p.oid, m.nspname
    from pg_catalog.pg_proc p join managed m on m.oid = p.pronamespace
  union all select 'pg_catalog.pg_type'::regclass, t.oid, m.nspname
    from pg_catalog.pg_type t join managed m on m.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where (t.typtype in ('b', 'd', 'e', 'r', 'p') or c.relkind = 'c')
      and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)
  union all select 'pg_catalog.pg_operator'::regclass, o.oid, m.nspname
    from pg_catalog.pg_operator o join managed m on m.oid = o.oprnamespace
  union all select 'pg_catalog.pg_opclass'::regclass, o.oid, m.nspname
    from pg_catalog.pg_opclass o join managed m on m.oid = o.opcnamespace
  union all select 'pg_catalog.pg_opfamily'::regclass, o.oid, m.nspname
    from pg_catalog.pg_opfamily o join managed m on m.oid = o.opfnamespace
  union all select 'pg_catalog.pg_collation'::regclass, c.oid, m.nspname
    from pg_catalog.pg_collation c join managed m on m.oid = c.collnamespace
  union all select 'pg_catalog.pg_conversion'::regclass, c.oid, m.nspname
    from pg_catalog.pg_conversion c join managed m on m.oid = c.connamespace
  union all select 'pg_catalog.pg_statistic_ext'::regclass, s.oid, m.nspname
    from pg_catalog.pg_statistic_ext s join managed m on m.oid = s.stxnamespace
  union all select 'pg_catalog.pg_ts_config'::regclass, c.oid, m.nspname
    from pg_catalog.pg_ts_config c join managed m on m.oid = c.cfgnamespace
  union all select 'pg_catalog.pg_ts_dict'::regclass, d.oid, m.nspname
    from pg_catalog.pg_ts_dict d join managed m on m.oid = d.dictnamespace
  union all select 'pg_catalog.pg_ts_parser'::regclass, p.oid, m.nspname
    from pg_catalog.pg_ts_parser p join managed m on m.oid = p.prsnamespace
  union all select 'pg_catalog.pg_ts_template'::regclass, t.oid, m.nspname
    from pg_catalog.pg_ts_template t join managed m on m.oid = t.tmplnamespace),
-- Installed in a managed schema, or with a member there.
extension (oid, nspname) as materialized (
  select e.oid, min(coalesce(m.nspname, s.nspname))
    from pg_catalog.pg_extension e
    left join managed m on m.oid = e.extnamespace
    left join member b on b.extension = e.oid
    left join standing s on s.catalog = b.classid and s.oid = b.objid
    where m.oid is not null or s.oid is not null group by e.oid),
content (catalog, oid, nspname) as materialized (
  select s.catalog, s.oid, s.nspname from standing s where not exists (
    select from pg_catalog.pg_depend d where d.classid = s.catalog and d.objid = s.oid
      and d.objsubid = 0 and d.deptype in ('e', 'i'))
  union all select 'pg_catalog.pg_extension'::regclass, oid, nspname from extension)
)sql";

// Everything that dropping the contents would take along, but for what is in the managed schemas,
// part of such an extension, or no schema's at all.
constexpr absl::string_view kOutside = R"sql(
root (catalog, oid) as materialized (
  select catalog, oid from content union select catalog, oid from standing
  union select b.classid, b.objid from member b join extension e on e.oid = b.extension),
gone (catalog, oid, part) as (
  select catalog::oid, oid, 0 from root
  union
  select d.classid, d.objid, d.objsubid from gone g
    join pg_catalog.pg_depend d on d.refclassid = g.catalog and d.refobjid = g.oid
      and (g.part = 0 or d.refobjsubid = g.part)),
thing (catalog, oid, part) as (
  -- The rule of a view stands for the view.
  select distinct case when w.oid is null then g.catalog else 'pg_catalog.pg_class'::regclass end,
      coalesce(w.ev_class, g.oid), case when w.oid is null then g.part else 0 end
    from gone g left join pg_catalog.pg_rewrite w
      on g.catalog = 'pg_catalog.pg_rewrite'::regclass and w.oid = g.oid)
select distinct i.type || ' ' || i.identity
  from thing t cross join lateral pg_catalog.pg_identify_object(t.catalog, t.oid, t.part) i
    cross join lateral pg_catalog.pg_identify_object_as_address(t.catalog, t.oid, t.part) a
    left join pg_catalog.pg_extension x
      on t.catalog = 'pg_catalog.pg_extension'::regclass and x.oid = t.oid
    left join pg_catalog.pg_namespace n on n.nspname = case
      when x.oid is not null then (
        select nspname from pg_catalog.pg_namespace where oid = x.extnamespace)
      when i.type in ('table constraint', 'trigger', 'policy', 'default value')
        then a.object_names[1] end
  where not exists (select from root r where r.catalog = t.catalog and r.oid = t.oid)
    and coalesce(pg_catalog.quote_ident(n.nspname), i.schema) not in (
      select pg_catalog.quote_ident(nspname) from managed)
    and coalesce(n.nspname, i.schema) !~ '^(pg_toast|pg_temp_|pg_toast_temp_)'
  order by 1 limit 100
)sql";

absl::Status Failure(absl::string_view what, PqScriptSession& session, bool in_doubt,
                     const std::stop_token& stop) {
  const std::optional<ItemFailure> failure = session.failure();
  session.Rollback();
  if (!failure) {
    return in_doubt ? pg::FromInDoubt(what, session.lost_text())
                    : pg::FromLostConnection(what, session.lost_text());
  }
  if (failure->sqlstate == kLockLostState) {
    return status::Error(
        {.code = absl::StatusCode::kAborted,
         .reason = Reason::kLockLost,
         .message = absl::StrCat(what,
                                 ": the session no longer held the history lock, so everything was "
                                 "rolled back.")});
  }
  if (failure->sqlstate == "2BP01") {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kDatabaseObject,
         .message = absl::StrCat(what,
                                 ": other objects need what was to be dropped; the service's "
                                 "log names them. Everything was rolled back."),
         .metadata = {{"sqlstate", failure->sqlstate}},
         .internal = failure->message});
  }
  if (failure->sqlstate == "57014" && !stop.stop_requested()) {
    return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                          .reason = Reason::kDeadlinePassed,
                          .message = absl::StrCat(what, ": took longer than statement_timeout."),
                          .metadata = {{"sqlstate", failure->sqlstate}},
                          .internal = failure->message});
  }
  return pg::FromSqlState(what, failure->sqlstate, failure->message);
}

}  // namespace

PgHistoryCommands::PgHistoryCommands(PGconn* connection, PgHistoryCommandOptions options)
    : connection_(connection),
      options_(std::move(options)),
      table_(QualifiedName(options_.history.default_schema, options_.history.table)) {}

ScriptItem PgHistoryCommands::InsertRow(const HistoryRow& row) const {
  return {.sql = absl::StrCat(
              "insert into ", table_,
              " (installed_rank, version, description, type, script, checksum, installed_by, "
              "execution_time, success) values ($1, $2, $3, $4, $5, $6, $7, 0, $8)"),
          .parameters = {absl::StrCat(row.installed_rank),
                         row.version ? std::optional(row.version->text()) : std::nullopt,
                         row.description, std::string(HistoryTypeName(row.type)), row.script,
                         row.checksum ? std::optional(absl::StrCat(*row.checksum)) : std::nullopt,
                         options_.installed_by, row.success ? "true" : "false"}};
}

ScriptItem PgHistoryCommands::CheckLock() const {
  return {.sql = absl::StrCat("do $check$ begin if not ", PgHoldsLock(options_.lock_key),
                              " then raise exception 'lock lost' using errcode = '", kLockLostState,
                              "'; end if; end $check$")};
}

absl::Status PgHistoryCommands::Transact(absl::string_view what,
                                         const std::vector<ScriptItem>& items,
                                         ScriptObserver& observer, const std::stop_token& stop,
                                         const std::function<absl::Status()>& check) {
  PqScriptSession session(connection_, observer, stop);
  // A script may have changed the session before.
  std::vector<ScriptItem> batch = {{.sql = "reset session authorization"},
                                   {.sql = "reset role"},
                                   {.sql = "reset all"},
                                   {.sql = "begin"},
                                   {.sql = "set local client_min_messages = warning"}};
  for (const ScriptItem& item : items) {
    batch.push_back(item);
    if (batch.size() < kPipelineItems) continue;
    if (!session.RunPipeline(batch)) return Failure(what, session, /*in_doubt=*/false, stop);
    batch.clear();
  }
  if (check) {
    if (!session.RunPipeline(batch)) return Failure(what, session, /*in_doubt=*/false, stop);
    batch.clear();
    if (absl::Status status = check(); !status.ok()) {
      session.Rollback();
      return status;
    }
  }
  if (stop.stop_requested()) {
    session.Rollback();
    return pg::FromSqlState(what, "57014", "stopped before its COMMIT");
  }
  batch.push_back(CheckLock());
  batch.push_back({.sql = "commit"});
  if (!session.RunPipeline(batch)) return Failure(what, session, /*in_doubt=*/true, stop);
  return absl::OkStatus();
}

absl::Status PgHistoryCommands::WriteBaseline(const std::vector<std::string>& creation,
                                              const HistoryRow& row, ScriptObserver& observer,
                                              const std::stop_token& stop) {
  std::vector<ScriptItem> items;
  for (const std::string& sql : creation) items.push_back({.sql = sql});
  items.push_back(InsertRow(row));
  return PgHistoryError(Transact("write the baseline", items, observer, stop), options_.history);
}

absl::StatusOr<std::vector<InvalidIndex>> PgHistoryCommands::FindInvalidIndexes() {
  ASSIGN_OR_RETURN(
      const pg::PgResult result,
      PgExecute(connection_, "find invalid indexes",
                "select n.nspname, c.relname, t.relname from pg_catalog.pg_index i "
                "join pg_catalog.pg_class c on c.oid = i.indexrelid "
                "join pg_catalog.pg_class t on t.oid = i.indrelid "
                "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
                "where not i.indisvalid and c.relkind = 'i' and n.nspname = any ($1::text[]) "
                "and not exists (select from pg_catalog.pg_stat_progress_create_index p "
                "where p.datname = current_database() and p.relid = i.indrelid) order by 1, 2",
                {PgArray(options_.history.schemas)}));
  std::vector<InvalidIndex> indexes;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    indexes.push_back({.schema = PgText(result.get(), i, 0),
                       .name = PgText(result.get(), i, 1),
                       .table = PgText(result.get(), i, 2)});
  }
  return indexes;
}

absl::Status PgHistoryCommands::Repair(const RepairPlan& plan, ScriptObserver& observer,
                                       const std::stop_token& stop) {
  std::vector<ScriptItem> items;
  for (const int rank : plan.removed_ranks) {
    items.push_back({.sql = absl::StrCat("delete from ", table_,
                                         " where installed_rank = $1::integer and not success"),
                     .parameters = {absl::StrCat(rank)}});
  }
  for (const HistoryRow& row : plan.deletions) items.push_back(InsertRow(row));
  for (const RowAlignment& row : plan.alignments) {
    items.push_back(
        {.sql = absl::StrCat("update ", table_,
                             " set description = $2, type = $3, checksum = $4::integer "
                             "where installed_rank = $1::integer"),
         .parameters = {absl::StrCat(row.installed_rank), row.description,
                        std::string(HistoryTypeName(row.type)),
                        row.checksum ? std::optional(absl::StrCat(*row.checksum)) : std::nullopt}});
  }
  for (const InvalidIndex& index : plan.dropped_indexes) {
    items.push_back(
        {.sql = absl::StrCat("drop index if exists ", QualifiedName(index.schema, index.name))});
  }
  return PgHistoryError(Transact("repair the history", items, observer, stop), options_.history);
}

absl::StatusOr<std::vector<std::string>> PgHistoryCommands::FindOutside() {
  ASSIGN_OR_RETURN(const pg::PgResult result,
                   PgExecute(connection_, "look for what other schemas have on the managed ones",
                             absl::StrCat("with recursive ", kContents, ",", kOutside),
                             {PgArray(options_.history.schemas)}));
  std::vector<std::string> outside;
  for (int i = 0; i < PQntuples(result.get()); ++i) outside.push_back(PgText(result.get(), i, 0));
  return outside;
}

absl::StatusOr<SchemaContents> PgHistoryCommands::ReadContents() {
  SchemaContents contents;
  const std::string schemas = PgArray(options_.history.schemas);
  ASSIGN_OR_RETURN(
      const pg::PgResult names,
      PgExecute(connection_, "look for the schemas",
                "select s.name from unnest($1::text[]) with ordinality s (name, place) "
                "where s.name <> 'storefront_migrator' and exists (select from "
                "pg_catalog.pg_namespace n where n.nspname = s.name) order by s.place",
                {schemas}));
  for (int i = 0; i < PQntuples(names.get()); ++i) {
    contents.schemas.push_back(PgText(names.get(), i, 0));
  }
  ASSIGN_OR_RETURN(
      const pg::PgResult objects,
      PgExecute(
          connection_, "look into the schemas",
          absl::StrCat("with ", kContents,
                       "select c.catalog::oid, c.oid, c.nspname, i.type, i.identity from "
                       "content c cross join lateral pg_catalog.pg_identify_object("
                       "c.catalog, c.oid, 0) i where i.identity is not null order by 3, 4, 5"),
          {schemas}));
  contents.objects.reserve(static_cast<size_t>(PQntuples(objects.get())));
  for (int i = 0; i < PQntuples(objects.get()); ++i) {
    contents.objects.push_back({.schema = PgText(objects.get(), i, 2),
                                .kind = PgText(objects.get(), i, 3),
                                .identity = PgText(objects.get(), i, 4),
                                .catalog = Oid(objects.get(), i, 0),
                                .oid = Oid(objects.get(), i, 1)});
  }
  if (!contents.objects.empty()) {
    ASSIGN_OR_RETURN(contents.outside, FindOutside());
  }
  return contents;
}

absl::Status PgHistoryCommands::Clean(const CleanPlan& plan, ScriptObserver& observer,
                                      const std::stop_token& stop) {
  std::vector<std::string> statements = plan.Statements();
  std::vector<ScriptItem> items;
  for (std::string& sql : statements) items.push_back({.sql = std::move(sql)});
  return Transact("clean the schemas", items, observer, stop, [this]() -> absl::Status {
    ASSIGN_OR_RETURN(const SchemaContents left, ReadContents());
    if (left.objects.empty()) return absl::OkStatus();
    const SchemaObject& first = left.objects.front();
    return status::Error({.code = absl::StatusCode::kAborted,
                          .reason = Reason::kPlanChanged,
                          .message = absl::StrCat(
                              "The ", first.kind, " ", first.identity,
                              " is new since the clean began, so everything was rolled back. Stop "
                              "what creates objects in the managed schemas, then clean again."),
                          .metadata = {{"object", first.identity}}});
  });
}

}  // namespace storefront::migrator
