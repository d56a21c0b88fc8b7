// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_catalog_reader.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "services/migrator/history_row.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_published.h"
#include "services/migrator/pg_values.h"

namespace storefront::migrator {
namespace {

// The names come as quoted text, so that to_regclass reads them as a script would. A tree is a
// relation with all partitions and inheriting tables below it. Measuring a table takes a lock on it
// for an instant, so one that others have locked away is estimated by its pages.
constexpr char kAsked[] = R"(
with recursive asked as (
  select place, pg_catalog.to_regclass(name)::oid as oid
  from unnest($1::text[]) with ordinality u (name, place)
), tree as (
  select a.oid as root, a.oid as member from asked a where a.oid is not null
  union
  select t.root, h.inhrelid from tree t join pg_catalog.pg_inherits h on h.inhparent = t.member
), busy as (
  select distinct relation from pg_catalog.pg_locks
  where locktype = 'relation' and mode = 'AccessExclusiveLock'
))";

// One row for each name that exists; rows -1 when one of them was never analyzed.
constexpr char kFacts[] = R"(, measured as (
  select t.root,
    case when bool_or(c.reltuples < 0) then -1 else sum(c.reltuples) end::bigint as rows,
    sum(case when c.oid in (select relation from busy)
      then c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
      else pg_catalog.pg_total_relation_size(c.oid) end)::bigint as bytes
  from tree t join pg_catalog.pg_class c on c.oid = t.member
  where c.relkind in ('r', 'm', 'f') group by t.root
)
select a.place, n.nspname, c.relname, c.relkind, m.rows, m.bytes, tn.nspname, tc.relname,
  exists (select from pg_catalog.pg_index k where k.indrelid = c.oid and k.indisprimary),
  c.relreplident
from asked a
join pg_catalog.pg_class c on c.oid = a.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join measured m on m.root = c.oid
left join pg_catalog.pg_index i on i.indexrelid = c.oid
left join pg_catalog.pg_class tc on tc.oid = i.indrelid
left join pg_catalog.pg_namespace tn on tn.oid = tc.relnamespace)";

constexpr char kChildren[] = R"(
select a.place, n.nspname, c.relname from asked a
join tree t on t.root = a.oid and t.member <> a.oid
join pg_catalog.pg_class c on c.oid = t.member
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f') order by 1, 2, 3)";

constexpr char kPublications[] = R"(
select distinct a.place, b.pubname from asked a join published p on p.oid = a.oid
join pg_catalog.pg_publication b on b.oid = p.publication order by 1, 2)";

constexpr char kPublishedTables[] = R"(
select distinct n.nspname, c.relname from published p
join pg_catalog.pg_class c on c.oid = p.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace order by 1, 2)";

RelationKind KindOf(char kind) {
  switch (kind) {
    case 'r':
      return RelationKind::kTable;
    case 'p':
      return RelationKind::kPartitionedTable;
    case 'i':
    case 'I':
      return RelationKind::kIndex;
    case 'v':
      return RelationKind::kView;
    case 'm':
      return RelationKind::kMaterializedView;
    case 'S':
      return RelationKind::kSequence;
    case 'f':
      return RelationKind::kForeignTable;
    default:
      return RelationKind::kOther;
  }
}

size_t PlaceOf(const PGresult* result, int row) {
  return static_cast<size_t>(PgNumber(result, row, 0)) - 1;
}

RelationFacts FactsOf(const PGresult* result, int row) {
  RelationFacts facts{.name = {PQgetvalue(result, row, 1), PQgetvalue(result, row, 2)},
                      .kind = KindOf(*PQgetvalue(result, row, 3)),
                      .size_bytes = PgNumber(result, row, 5),
                      .has_primary_key = PgIsTrue(result, row, 8),
                      .replica_identity = PgReplicaIdentity(result, row, 9)};
  if (PQgetisnull(result, row, 4) == 0 && PgNumber(result, row, 4) >= 0) {
    facts.estimated_rows = PgNumber(result, row, 4);
  }
  if (PQgetisnull(result, row, 7) == 0) {
    facts.table = RelationName{PQgetvalue(result, row, 6), PQgetvalue(result, row, 7)};
  }
  return facts;
}

}  // namespace

PgCatalogReader::PgCatalogReader(pg::ConnectionOptions connection,
                                 const std::string& default_schema)
    : session_(std::move(connection), [default_schema](PGconn* made) {
        // As a script sees names: the default schema, then what the server gives.
        return PgExecute(made, "set the search path",
                         "select pg_catalog.set_config('search_path', $1 || coalesce(', ' || "
                         "nullif(pg_catalog.current_setting('search_path'), ''), ''), false)",
                         {QuoteIdentifier(default_schema)})
            .status();
      }) {}

absl::StatusOr<std::vector<std::optional<RelationFacts>>> PgCatalogReader::Find(
    const std::vector<RelationName>& names) {
  if (names.empty()) return std::vector<std::optional<RelationFacts>>();
  std::vector<std::string> quoted;
  for (const RelationName& name : names) {
    quoted.push_back(name.schema.empty() ? QuoteIdentifier(name.name)
                                         : QualifiedName(name.schema, name.name));
  }
  const std::string array = PgArray(quoted);
  return session_.With(
      [&](PgStatements& statements) -> absl::StatusOr<std::vector<std::optional<RelationFacts>>> {
        std::vector<std::optional<RelationFacts>> found(names.size());
        ASSIGN_OR_RETURN(
            const pg::PgResult facts,
            statements.Execute("look relations up", absl::StrCat(kAsked, kFacts), {array}));
        for (int i = 0; i < PQntuples(facts.get()); ++i) {
          found.at(PlaceOf(facts.get(), i)) = FactsOf(facts.get(), i);
        }
        ASSIGN_OR_RETURN(
            const pg::PgResult children,
            statements.Execute("look partitions up", absl::StrCat(kAsked, kChildren), {array}));
        for (int i = 0; i < PQntuples(children.get()); ++i) {
          auto& parent = found.at(PlaceOf(children.get(), i));
          if (!parent) continue;
          parent->children.push_back(
              {PQgetvalue(children.get(), i, 1), PQgetvalue(children.get(), i, 2)});
        }
        ASSIGN_OR_RETURN(
            const pg::PgResult publications,
            statements.Execute("look publications up",
                               absl::StrCat(kAsked, ", ", kPgPublished, kPublications), {array}));
        for (int i = 0; i < PQntuples(publications.get()); ++i) {
          auto& table = found.at(PlaceOf(publications.get(), i));
          if (table) table->publications.emplace_back(PQgetvalue(publications.get(), i, 1));
        }
        return found;
      });
}

absl::StatusOr<std::vector<RelationName>> PgCatalogReader::PublishedTables() {
  ASSIGN_OR_RETURN(const pg::PgResult result, session_.With([](PgStatements& statements) {
    return statements.Execute("list published tables",
                              absl::StrCat("with recursive ", kPgPublished, kPublishedTables));
  }));
  std::vector<RelationName> tables;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    tables.push_back({PQgetvalue(result.get(), i, 0), PQgetvalue(result.get(), i, 1)});
  }
  return tables;
}

}  // namespace storefront::migrator
