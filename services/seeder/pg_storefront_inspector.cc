// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_storefront_inspector.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/status/macros.h"
#include "services/seeder/consistency_conditions.h"
#include "services/seeder/pg_condition_sql.h"
#include "services/seeder/pg_snapshot.h"

namespace storefront::seeder {
namespace {

int64_t Int(const PGresult* row, int field) {
  return std::strtoll(PQgetvalue(row, 0, field), nullptr, 10);
}
int32_t Int32(const PGresult* row, int field) { return static_cast<int32_t>(Int(row, field)); }
int64_t Int(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

// Tables that only loads wrote, and that were empty before the first one: there the sums of the
// chunks' digests must be those of the stored rows.
absl::StatusOr<ConditionResult> CheckDigests(PgSnapshot& snapshot) {
  ConditionResult result = {.condition = "K11"};
  for (const Table table : kTables) {
    const int number = static_cast<int>(table);
    ASSIGN_OR_RETURN(
        const auto facts,
        snapshot.Query(absl::StrCat(
            "select exists (select from seeder.batch, unnest(codes) as u(code) "
            "where code / 4 = ",
            number, "), coalesce((select (base_rows->>'", TableName(table),
            "')::bigint from seeder.run where base_rows <> '{}' order by run_id limit 1), 0), "
            "(select count(*) from seeder.chunk_done where table_no = ",
            number, ")")));
    if (facts[0][0] == "t" || Int(facts[0][1]) != 0 || Int(facts[0][2]) == 0) continue;
    ASSIGN_OR_RETURN(const auto chunks,
                     snapshot.Query(absl::StrCat(
                         "select digest, rows from seeder.chunk_done where table_no = ", number)));
    DigestSum promised;
    int64_t promised_rows = 0;
    for (const PgSnapshot::Row& chunk : chunks) {
      promised.Merge(DigestSum::FromDecimal(chunk[0]).value_or(DigestSum()));
      promised_rows += Int(chunk[1]);
    }
    int64_t rows = 0;
    ASSIGN_OR_RETURN(const DigestSum stored, snapshot.Digest(table, &rows));
    result.checked += rows;
    if (stored == promised && rows == promised_rows) continue;
    ++result.violations;
    result.samples.push_back(absl::StrCat(TableName(table), ": ", rows, " rows with digest ",
                                          stored.Hex(), ", chunks say ", promised_rows, " with ",
                                          promised.Hex()));
  }
  if (result.checked == 0 && result.violations == 0) {
    result.skipped = "no table was written by loads alone";
  }
  return result;
}

}  // namespace

absl::StatusOr<std::map<int16_t, LiveEntities>> PgStorefrontInspector::ReadShards(
    const std::vector<int16_t>& shards, const std::stop_token& stop) {
  std::map<int16_t, LiveEntities> live;
  for (const int16_t shard : shards) live[shard];
  const auto where = [&](absl::string_view column) {
    if (shards.size() == static_cast<size_t>(kShards)) return std::string();
    return absl::StrCat(" where ", column, " % ", kShards, " in (", absl::StrJoin(shards, ", "),
                        ")");
  };
  ASSIGN_OR_RETURN(const auto snapshot, PgSnapshot::Open(options_, clock_, stop));
  RETURN_IF_ERROR(snapshot->ForEach(
      absl::StrCat("select id, email like '%", kErasedMailDomain, "' from customers", where("id")),
      [&](const PGresult* row) {
        const int32_t id = Int32(row, 0);
        live[ShardOf(id)].customers.push_back({.id = id, .erased = *PQgetvalue(row, 0, 1) == 't'});
      }));
  RETURN_IF_ERROR(snapshot->ForEach(
      absl::StrCat("select id, stock_quantity, (price * 100)::bigint from products", where("id")),
      [&](const PGresult* row) {
        const int32_t id = Int32(row, 0);
        live[ShardOf(id)].products.push_back(
            {.id = id, .stock = Int32(row, 1), .price_cents = Int(row, 2)});
      }));
  RETURN_IF_ERROR(snapshot->ForEach(
      absl::StrCat(
          "select o.id, o.customer_id, coalesce(p.pending, 0), o.status, coalesce(i.n, 0), "
          "coalesce(p.n, 0), (extract(epoch from o.created_at) * 1000000)::bigint from orders o "
          "left join (select order_id, count(*) as n from order_items group by order_id) i "
          "on i.order_id = o.id left join (select order_id, count(*) as n, "
          "min(id) filter (where status = 'pending') as pending from payments group by order_id) p "
          "on p.order_id = o.id",
          where("o.customer_id")),
      [&](const PGresult* row) {
        const int32_t customer = Int32(row, 1);
        const int32_t pending = Int32(row, 2);
        live[ShardOf(customer)].orders.push_back(
            {.id = Int32(row, 0),
             .customer_id = customer,
             .payment_id = pending,
             .status = ParseOrderStatus(PQgetvalue(row, 0, 3)).value_or(OrderStatus::kCancelled),
             .payment_pending = pending != 0,
             .items = Int32(row, 4),
             .payments = Int32(row, 5),
             .created_at = Int(row, 6)});
      }));
  return live;
}

absl::StatusOr<std::vector<TableStats>> PgStorefrontInspector::ReadStats(
    bool digest, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const auto snapshot, PgSnapshot::Open(options_, clock_, stop));
  std::map<int64_t, int64_t> by_code;
  ASSIGN_OR_RETURN(
      const auto counts,
      snapshot->Query("select code, sum(n) from (select code, n from seeder.batch, "
                      "unnest(codes, counts) as u(code, n) union all select table_no * 4, rows "
                      "from seeder.chunk_done) t group by code"));
  for (const PgSnapshot::Row& row : counts) by_code[Int(row[0])] = Int(row[1]);
  std::vector<TableStats> tables;
  for (const Table table : kTables) {
    const int64_t code = static_cast<int64_t>(table) * 4;
    TableStats stats = {.table = table,
                        .ledger_inserts = by_code[code],
                        .ledger_updates = by_code[code + 1],
                        .ledger_deletes = by_code[code + 2]};
    ASSIGN_OR_RETURN(
        const auto sizes,
        snapshot->Query(absl::StrCat("select ", digest ? "0" : "count(*)",
                                     ", pg_total_relation_size('", TableName(table), "')",
                                     digest ? "" : absl::StrCat(" from ", TableName(table)))));
    stats.rows = Int(sizes[0][0]);
    stats.bytes = Int(sizes[0][1]);
    if (digest) {
      ASSIGN_OR_RETURN(stats.digest, snapshot->Digest(table, &stats.rows));
    }
    tables.push_back(std::move(stats));
  }
  return tables;
}

absl::StatusOr<std::vector<ConditionResult>> PgStorefrontInspector::Check(
    const std::vector<std::string>& conditions, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const auto snapshot, PgSnapshot::Open(options_, clock_, stop));
  std::vector<ConditionResult> results;
  for (const std::string& id : conditions) {
    ConditionResult result = {.condition = id};
    if (id == "K11") {
      ASSIGN_OR_RETURN(result, CheckDigests(*snapshot));
    } else {
      ASSIGN_OR_RETURN(const auto rows, snapshot->Query(ConditionSql(id)));
      result.checked = Int(rows[0][0]);
      result.violations = Int(rows[0][1]);
      result.samples = absl::StrSplit(rows[0][2], '\n', absl::SkipEmpty());
    }
    result.description = std::string(ConditionDescription(id));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace storefront::seeder
