// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_storefront_catalog.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::seeder {
namespace {

constexpr int kServerVersionMin = 170000;

std::string Sequence(Table table) {
  return absl::StrCat("pg_get_serial_sequence('", TableName(table), "', 'id')");
}

}  // namespace

absl::Status PgStorefrontCatalog::CheckSchema() {
  std::vector<std::string> missing;
  RETURN_IF_ERROR(link_.Run("check the schema", [&](pqxx::connection& session) {
    missing.clear();
    if (session.server_version() < kServerVersionMin) missing.emplace_back("server version 17");
    pqxx::nontransaction tx(session);
    std::set<std::string> there;
    for (const pqxx::row& row :
         tx.exec("select c.relname || '.' || a.attname || ' ' || t.typname from pg_attribute a "
                 "join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid "
                 "where c.relnamespace = 'public'::regnamespace and a.attnum > 0 "
                 "and not a.attisdropped and c.relkind in ('r', 'p')")) {
      there.insert(row[0].as<std::string>());
    }
    for (const Table table : kTables) {
      for (const Column& column : Columns(table)) {
        const std::string want = absl::StrCat(TableName(table), ".", column.name, " ", column.type);
        if (!there.contains(want)) missing.push_back(want);
      }
    }
    for (const char* ledger : {"run", "chunk", "chunk_done", "batch", "change"}) {
      const pqxx::result found = tx.exec("select to_regclass('seeder.' || $1) is not null",
                                         pqxx::params{std::string(ledger)});
      if (!found[0][0].as<bool>()) missing.push_back(absl::StrCat("seeder.", ledger));
    }
  }));
  if (missing.empty()) return absl::OkStatus();
  status::ErrorSpec spec = {
      .code = absl::StatusCode::kFailedPrecondition,
      .reason = status::Reason::kSchemaIncomplete,
      .message = absl::StrCat("missing in the database: ", absl::StrJoin(missing, ", "),
                              ". Run the migrations.")};
  for (const std::string& what : missing) {
    spec.preconditions.push_back({"SCHEMA", what, "is missing or of another type"});
  }
  return status::Error(std::move(spec));
}

absl::StatusOr<HighestIds> PgStorefrontCatalog::Highest() {
  HighestIds ids;
  RETURN_IF_ERROR(link_.Run("read the highest ids", [&](pqxx::connection& session) {
    ids.clear();
    pqxx::nontransaction tx(session);
    for (const Table table : kTables) {
      // A sequence that was never used has no last_value here.
      ids[table] = tx.query_value<int64_t>(
          absl::StrCat("select greatest((select coalesce(max(id), 0) from ", TableName(table),
                       "), coalesce(pg_sequence_last_value(", Sequence(table), "::regclass), 0))"));
    }
  }));
  return ids;
}

absl::Status PgStorefrontCatalog::Reserve(const HighestIds& ids) {
  return link_.Run("reserve ids", [&](pqxx::connection& session) {
    pqxx::work tx(session);
    for (const auto& [table, id] : ids) {
      if (id < 1) continue;
      tx.exec(absl::StrCat("select setval(", Sequence(table),
                           "::regclass, greatest($1::bigint, coalesce(pg_sequence_last_value(",
                           Sequence(table), "::regclass), 1)))"),
              pqxx::params{id});
    }
    tx.commit();
  });
}

absl::StatusOr<std::map<Table, int64_t>> PgStorefrontCatalog::CountRows() {
  std::map<Table, int64_t> rows;
  RETURN_IF_ERROR(link_.Run("count rows", [&](pqxx::connection& session) {
    rows.clear();
    pqxx::nontransaction tx(session);
    for (const Table table : kTables) {
      rows[table] =
          tx.query_value<int64_t>(absl::StrCat("select count(*) from ", TableName(table)));
    }
  }));
  return rows;
}

absl::StatusOr<Micros> PgStorefrontCatalog::LatestBusinessTime() {
  Micros latest = 0;
  RETURN_IF_ERROR(link_.Run("read the latest time", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    latest = tx.query_value<int64_t>(
        "select coalesce((extract(epoch from greatest((select max(created_at) from customers), "
        "(select max(created_at) from orders), (select max(paid_at) from payments))) "
        "* 1000000)::bigint, 0)");
  }));
  return latest;
}

absl::StatusOr<int64_t> PgStorefrontCatalog::CountOrphans(const ForeignKey& key) {
  int64_t orphans = 0;
  RETURN_IF_ERROR(link_.Run("check foreign keys", [&](pqxx::connection& session) {
    orphans = pqxx::nontransaction(session).query_value<int64_t>(
        absl::StrCat("select count(*) from ", TableName(key.child), " c where c.", key.column,
                     " is not null and not exists (select from ", TableName(key.parent),
                     " p where p.id = c.", key.column, ")"));
  }));
  return orphans;
}

absl::Status PgStorefrontCatalog::Analyze() {
  return link_.Run("analyze", [&](pqxx::connection& session) {
    pqxx::nontransaction tx(session);
    for (const Table table : kTables) tx.exec(absl::StrCat("analyze ", TableName(table)));
  });
}

}  // namespace storefront::seeder
