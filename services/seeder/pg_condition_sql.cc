// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_condition_sql.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {
namespace {

// `bad` selects one text column, a sample per violation; `checked` selects a number.
std::string Judge(absl::string_view checked, absl::string_view bad) {
  return absl::StrCat("with bad(sample) as materialized (", bad, ") select (", checked,
                      "), (select count(*) from bad), (select coalesce(string_agg(sample, E'\\n'), "
                      "'') from (select sample from bad limit 10) s)");
}

std::string Orphans() {
  std::string checked, bad;
  for (const ForeignKey& key : ForeignKeys()) {
    absl::StrAppend(&checked, checked.empty() ? "" : " + ", "(select count(*) from ",
                    TableName(key.child), ")");
    absl::StrAppend(&bad, bad.empty() ? "" : " union all ", "select '", TableName(key.child),
                    " ' || c.id || ' ", key.column, " ' || c.", key.column, " from ",
                    TableName(key.child), " c where c.", key.column,
                    " is not null and not exists (select from ", TableName(key.parent),
                    " p where p.id = c.", key.column, ")");
  }
  return Judge(absl::StrCat("select ", checked), bad);
}

// Base of the first run, plus what chunks and batches of all runs say.
std::string LedgerBalance() {
  std::string bad;
  for (const Table table : kTables) {
    const int number = static_cast<int>(table);
    absl::StrAppend(&bad, bad.empty() ? "" : " union all ", "select '", TableName(table),
                    ": ' || stored || ' rows, ledger ' || promised from (select (select count(*) "
                    "from ",
                    TableName(table), ") as stored, coalesce((select (base_rows->>'",
                    TableName(table),
                    "')::bigint from seeder.run where base_rows <> '{}' "
                    "order by run_id limit 1), 0) + coalesce((select sum(rows) from "
                    "seeder.chunk_done where table_no = ",
                    number, "), 0) + coalesce((select sum(n) from counts where code = ", number * 4,
                    "), 0) - coalesce((select sum(n) from counts where code = ", number * 4 + 2,
                    "), 0) as promised) t where stored <> promised");
  }
  return absl::StrCat(
      "with counts as materialized (select code, sum(n) as n from seeder.batch, "
      "unnest(codes, counts) as u(code, n) group by code), bad(sample) as materialized (",
      bad, ") select ", kTables.size(),
      ", (select count(*) from bad), (select coalesce(string_agg(sample, E'\\n'), '') from bad)");
}

std::string Numbering() {
  std::string bad =
      "select 'run ' || run_id || ' shard ' || shard || ': ' || count(*) || ' batches up to ' || "
      "max(batch_no) from seeder.batch group by run_id, shard "
      "having count(*) <> max(batch_no) or min(batch_no) <> 1 "
      "union all select 'run ' || d.run_id || ' table ' || d.table_no || ': ' || count(*) || "
      "' chunks up to ' || max(d.chunk_no) from seeder.chunk_done d join seeder.run r "
      "on r.run_id = d.run_id and r.state = 'SUCCEEDED' group by d.run_id, d.table_no "
      "having count(*) <> max(d.chunk_no) + 1 or min(d.chunk_no) <> 0";
  for (const Table table : kTables) {
    const absl::string_view name = TableName(table);
    absl::StrAppend(&bad, " union all select '", name,
                    ": sequence at ' || last || ', highest id '"
                    " || top from (select coalesce(pg_sequence_last_value("
                    "pg_get_serial_sequence('",
                    name,
                    "', 'id')::regclass), 0) as last, "
                    "(select coalesce(max(id), 0) from ",
                    name, ") as top) t where last < top");
  }
  return Judge(
      "select (select count(*) from seeder.batch) + (select count(*) from "
      "seeder.chunk_done) + 5",
      bad);
}

}  // namespace

std::string ConditionSql(absl::string_view id) {
  if (id == "K1") {
    return Judge("select count(*) from orders",
                 "select 'order ' || o.id || ' total ' || o.total || ', items ' || "
                 "coalesce(sum(i.quantity * i.price_at_purchase), 0) from orders o left join "
                 "order_items i on i.order_id = o.id group by o.id "
                 "having o.total <> coalesce(sum(i.quantity * i.price_at_purchase), 0)");
  }
  if (id == "K2") {
    return Judge(
        "select count(*) from payments",
        "select 'payment ' || p.id || ' amount ' || p.amount || ', order total ' || o.total "
        "from payments p join orders o on o.id = p.order_id where p.amount <> o.total "
        "union all select 'order ' || order_id || ' has ' || count(*) || ' paid payments' "
        "from payments where status = 'paid' group by order_id having count(*) > 1");
  }
  if (id == "K3") {
    return Judge("select count(*) from orders",
                 "select 'order ' || o.id || ' is ' || o.status || ' but not paid' from orders o "
                 "where o.status in ('shipped', 'delivered') and not exists (select from payments "
                 "p where p.order_id = o.id and p.status = 'paid') "
                 "union all select 'order ' || o.id || ' is cancelled, payment ' || p.id || "
                 "' pending' from orders o join payments p on p.order_id = o.id "
                 "where o.status = 'cancelled' and p.status = 'pending'");
  }
  if (id == "K4") return Orphans();
  if (id == "K6") {
    return Judge("select count(*) from orders",
                 "select 'order ' || o.id || ' at ' || o.created_at || ', customer at ' || "
                 "c.created_at from orders o join customers c on c.id = o.customer_id "
                 "where o.created_at < c.created_at "
                 "union all select 'payment ' || p.id || ' at ' || p.paid_at || ', order at ' || "
                 "o.created_at from payments p join orders o on o.id = p.order_id "
                 "where p.paid_at < o.created_at "
                 "union all select 'payment ' || id || ' is ' || status || ', paid_at ' || "
                 "coalesce(paid_at::text, 'null') from payments "
                 "where (status = 'paid') <> (paid_at is not null)");
  }
  if (id == "K8") return LedgerBalance();
  if (id == "K10") return Numbering();
  return "";
}

}  // namespace storefront::seeder
