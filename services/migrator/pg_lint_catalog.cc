// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_lint_catalog.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/status/macros.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_published.h"
#include "services/migrator/pg_values.h"

namespace storefront::migrator {
namespace {

// Names $2 (schema, empty for none) and $3, found along the path $1: the oid of each.
constexpr absl::string_view kNamed =
    "named as (select distinct on (q.schema, q.name) c.oid "
    "from unnest($2::text[], $3::text[]) q (schema, name) "
    "join pg_catalog.pg_class c on c.relname = q.name "
    "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
    "left join unnest($1::text[]) with ordinality p (schema, place) on p.schema = n.nspname "
    "where case when q.schema = '' then p.place is not null else n.nspname = q.schema end "
    "order by q.schema, q.name, p.place)";

constexpr absl::string_view kTables =
    "select c.oid, n.nspname, c.relname, "
    "case when c.relkind = 'p' then (select case when bool_or(l.reltuples < 0) then null "
    "else coalesce(sum(l.reltuples), 0)::bigint end from pg_catalog.pg_partition_tree(c.oid) t "
    "join pg_catalog.pg_class l on l.oid = t.relid where t.isleaf) "
    "when c.reltuples >= 0 then c.reltuples::bigint end, "
    "c.relispartition, c.relpersistence = 'u', c.relreplident, coalesce(k.conname, '') "
    "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
    "left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'p' "
    "where c.relkind in ('r', 'p', 'm', 'f') and c.oid in (select oid from named "
    "union select i.indrelid from pg_catalog.pg_index i join named on named.oid = i.indexrelid "
    "union select oid from published)";

// What belongs to the tables $1 (oids): kind and up to three values.
constexpr absl::string_view kParts =
    "select k.conrelid, 'key', a.attname, '', '' from pg_catalog.pg_constraint k "
    "cross join unnest(k.conkey) with ordinality u (attnum, place) "
    "join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum "
    "where k.contype = 'p' and k.conrelid = any ($1::oid[]) "
    "union all select k.conrelid, 'check', k.conname, a.attname, k.convalidated::text "
    "from pg_catalog.pg_constraint k join pg_catalog.pg_attribute a "
    "on a.attrelid = k.conrelid and a.attnum = k.conkey[1] "
    "where k.contype = 'c' and cardinality(k.conkey) = 1 and k.conrelid = any ($1::oid[]) "
    "and pg_catalog.pg_get_expr(k.conbin, k.conrelid) = "
    "pg_catalog.format('(%I IS NOT NULL)', a.attname) "
    "union all select a.attrelid, 'type', n.nspname, t.typname, '' "
    "from pg_catalog.pg_attribute a join pg_catalog.pg_type s on s.oid = a.atttypid "
    "join pg_catalog.pg_type t on t.oid = case when s.typelem <> 0 and s.typlen = -1 "
    "then s.typelem else s.oid end "
    "join pg_catalog.pg_namespace n on n.oid = t.typnamespace "
    "where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped "
    "and t.typtype in ('c', 'd', 'e') and n.nspname <> 'pg_catalog'";

struct Names {
  std::vector<std::string> schemas, names;
};

// What one reading asks, step by step.
class Reading {
 public:
  Reading(PgStatements& statements, const LintCatalogRequest& request)
      : statements_(statements), request_(request) {
    for (const RelationName& name : request.relations) {
      relations_.schemas.push_back(name.schema);
      relations_.names.push_back(name.name);
    }
  }

  absl::StatusOr<LintCatalog> Run(const std::string& default_schema) {
    RETURN_IF_ERROR(ReadPath(default_schema));
    RETURN_IF_ERROR(ReadTables());
    RETURN_IF_ERROR(ReadParts());
    RETURN_IF_ERROR(ReadIndexes());
    RETURN_IF_ERROR(ReadPublications());
    RETURN_IF_ERROR(ReadFunctions());
    for (auto& [oid, table] : tables_) catalog_.tables.push_back(std::move(table));
    return std::move(catalog_);
  }

 private:
  absl::StatusOr<pg::PgResult> Ask(const std::string& sql,
                                   const std::vector<std::optional<std::string>>& values = {}) {
    return statements_.Execute("read the catalog for lint", sql, values);
  }
  std::vector<std::optional<std::string>> NamedValues() const {
    return {PgArray(catalog_.search_path), PgArray(relations_.schemas), PgArray(relations_.names)};
  }

  absl::Status ReadPath(const std::string& default_schema) {
    catalog_.search_path.push_back(default_schema);
    ASSIGN_OR_RETURN(const pg::PgResult rows,
                     Ask("select s from unnest(pg_catalog.current_schemas(false)) s"));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const std::string schema = PQgetvalue(rows.get(), i, 0);
      if (schema != default_schema) catalog_.search_path.push_back(schema);
    }
    return absl::OkStatus();
  }

  absl::Status ReadTables() {
    ASSIGN_OR_RETURN(const pg::PgResult rows,
                     Ask(absl::StrCat("with recursive ", kNamed, ", ", kPgPublished, " ", kTables),
                         NamedValues()));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const auto text = [&](int column) { return PQgetvalue(rows.get(), i, column); };
      tables_[text(0)] = {.name = {text(1), text(2)},
                          .estimated_rows = PQgetisnull(rows.get(), i, 3) != 0
                                                ? std::nullopt
                                                : std::optional(PgNumber(rows.get(), i, 3)),
                          .is_partition = PgIsTrue(rows.get(), i, 4),
                          .is_unlogged = PgIsTrue(rows.get(), i, 5),
                          .primary_key = text(7),
                          .replica_identity = PgReplicaIdentity(rows.get(), i, 6)};
    }
    return absl::OkStatus();
  }

  absl::Status ReadParts() {
    if (tables_.empty()) return absl::OkStatus();
    std::vector<std::string> oids;
    for (const auto& [oid, table] : tables_) oids.push_back(oid);
    ASSIGN_OR_RETURN(const pg::PgResult rows, Ask(std::string(kParts), {PgArray(oids)}));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const auto text = [&](int column) { return std::string(PQgetvalue(rows.get(), i, column)); };
      const auto found = tables_.find(text(0));
      if (found == tables_.end()) continue;
      LintTable& table = found->second;
      const std::string kind = text(1);
      if (kind == "key") table.primary_key_columns.push_back(text(2));
      if (kind == "type") table.types.insert({text(2), text(3)});
      if (kind == "check") {
        table.not_null_checks.push_back(
            {.constraint = text(2), .column = text(3), .validated = text(4) == "true"});
      }
    }
    ASSIGN_OR_RETURN(
        const pg::PgResult members,
        Ask(absl::StrCat("with recursive ", kPgPublished,
                         " select m.oid, p.pubname from published m "
                         "join pg_catalog.pg_publication p on p.oid = m.publication")));
    for (int i = 0; i < PQntuples(members.get()); ++i) {
      const auto found = tables_.find(PQgetvalue(members.get(), i, 0));
      if (found != tables_.end())
        found->second.publications.insert(PQgetvalue(members.get(), i, 1));
    }
    return absl::OkStatus();
  }

  absl::Status ReadIndexes() {
    ASSIGN_OR_RETURN(
        const pg::PgResult rows,
        Ask(absl::StrCat("with ", kNamed,
                         " select n.nspname, c.relname, tn.nspname, t.relname from named "
                         "join pg_catalog.pg_index i on i.indexrelid = named.oid "
                         "join pg_catalog.pg_class c on c.oid = i.indexrelid "
                         "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
                         "join pg_catalog.pg_class t on t.oid = i.indrelid "
                         "join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace"),
            NamedValues()));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const auto text = [&](int column) { return PQgetvalue(rows.get(), i, column); };
      catalog_.indexes.push_back({.name = {text(0), text(1)}, .table = {text(2), text(3)}});
    }
    return absl::OkStatus();
  }

  absl::Status ReadPublications() {
    ASSIGN_OR_RETURN(const pg::PgResult rows,
                     Ask("select p.pubname, p.puballtables, coalesce(n.nspname, '') "
                         "from pg_catalog.pg_publication p "
                         "left join pg_catalog.pg_publication_namespace pn on pn.pnpubid = p.oid "
                         "left join pg_catalog.pg_namespace n on n.oid = pn.pnnspid"));
    std::map<std::string, LintPublication> publications;
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const std::string name = PQgetvalue(rows.get(), i, 0);
      LintPublication& publication = publications[name];
      publication.name = name;
      publication.all_tables = PgIsTrue(rows.get(), i, 1);
      const std::string schema = PQgetvalue(rows.get(), i, 2);
      if (!schema.empty()) publication.schemas.insert(schema);
    }
    for (auto& [name, each] : publications) catalog_.publications.push_back(std::move(each));
    return absl::OkStatus();
  }

  absl::Status ReadFunctions() {
    if (request_.functions.empty()) return absl::OkStatus();
    Names functions;
    for (const std::string& name : request_.functions) {
      const size_t dot = name.find('.');
      functions.schemas.push_back(dot == std::string::npos ? "" : name.substr(0, dot));
      functions.names.push_back(dot == std::string::npos ? name : name.substr(dot + 1));
    }
    ASSIGN_OR_RETURN(
        const pg::PgResult rows,
        Ask("select q.schema, q.name from unnest($2::text[], $3::text[]) q (schema, name) "
            "join pg_catalog.pg_proc f on f.proname = q.name "
            "join pg_catalog.pg_namespace n on n.oid = f.pronamespace "
            "where case when q.schema = '' then n.nspname = 'pg_catalog' "
            "or n.nspname = any ($1::text[]) else n.nspname = q.schema end "
            "group by q.schema, q.name having bool_and(f.provolatile <> 'v')",
            {PgArray(catalog_.search_path), PgArray(functions.schemas), PgArray(functions.names)}));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      const std::string schema = PQgetvalue(rows.get(), i, 0);
      const std::string name = PQgetvalue(rows.get(), i, 1);
      catalog_.stable_functions.insert(schema.empty() ? name : absl::StrCat(schema, ".", name));
    }
    return absl::OkStatus();
  }

  PgStatements& statements_;
  const LintCatalogRequest& request_;
  Names relations_;
  LintCatalog catalog_;
  std::map<std::string, LintTable> tables_;  // by oid
};

}  // namespace

absl::StatusOr<LintCatalog> PgLintCatalogReader::Read(const LintCatalogRequest& request) {
  return session_.With(
      [&](PgStatements& statements) { return Reading(statements, request).Run(default_schema_); });
}

}  // namespace storefront::migrator
