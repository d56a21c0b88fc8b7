// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_schema_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// One of everything that the reader knows.
constexpr char kSchema[] = R"sql(
create schema shop;
create schema other;
create type shop.mood as enum ('sad', 'it''s ok');
create domain shop.positive as integer not null default 1 check (value > 0);
create type shop.pair as (a integer, b text);
create type shop.span as range (subtype = integer);
create sequence shop.counter as smallint increment 5 cycle;
create table shop.customers (
  id integer generated always as identity primary key,
  email varchar(100) collate "C" not null unique,
  mood shop.mood default 'sad',
  twice integer generated always as (id * 2) stored,
  constraint email_has_at check (email like '%@%')
);
create table shop.orders (
  id bigserial,
  customer_id integer references shop.customers (id) on delete cascade,
  placed date not null,
  primary key (id, placed)
) partition by range (placed);
create table shop.orders_2026 partition of shop.orders for values from ('2026-01-01') to ('2027-01-01');
create index orders_customer on shop.orders (customer_id) where customer_id > 0;
create view shop.happy as select c.id, c.email from shop.customers c where c.mood <> 'sad';
create materialized view shop.counted as select count(*) from shop.customers;
create rule no_delete as on delete to shop.happy do instead nothing;
create function shop.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create procedure shop.noop(a integer) language sql as 'select 1';
create aggregate shop.total (integer) (sfunc = int4pl, stype = integer, initcond = '0');
create trigger touched before update on shop.customers for each row execute function shop.touch();
create policy own on shop.customers for select using (id = 1);
alter table shop.customers enable row level security;
alter table shop.customers replica identity full;
create statistics shop.stats (dependencies) on id, twice from shop.customers;
create publication pub for table shop.customers (id, email, mood) where (id > 0), shop.orders with (publish = 'insert');
create publication pub_schema for tables in schema shop;
grant select on shop.customers to public;
grant update (email) on shop.customers to public;
create table other.unmanaged (i integer);
create publication pub_other for table other.unmanaged;
)sql";

class PgSchemaReaderTest : public ::testing::Test {
 protected:
  PgSchemaReaderTest() : name_(testing::UniqueName("catalog")) {
    Execute(admin_, "create database " + name_);
    std::string url = testing::PostgresUrl();
    url.replace(url.find('/', url.find("://") + 3) + 1, std::string::npos, name_);
    connection_ = {.url = url};
    Execute(connection_, kSchema);
  }
  ~PgSchemaReaderTest() override { Execute(admin_, "drop database " + name_ + " with (force)"); }

  static void Execute(const pg::ConnectionOptions& options, const std::string& sql) {
    const auto connection = pg::ConnectLibpq(options);
    ASSERT_THAT(connection, testing::IsOk());
    const pg::PgResult result(PQexec(connection->get(), sql.c_str()));
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_COMMAND_OK)
        << sql << PQerrorMessage(connection->get());
  }
  Catalog Read() const { return PgSchemaReader(connection_, {"shop"}).ReadObjects().value(); }

  // "changed table shop.a" for each difference that the statements make.
  std::vector<std::string> ChangesOf(const std::string& sql) const {
    const Catalog before = Read();
    Execute(connection_, sql);
    std::vector<std::string> changes;
    for (const CatalogChange& change : DiffCatalogs(before, Read())) {
      const char* action = change.action == CatalogChange::Action::kAdded     ? "added "
                           : change.action == CatalogChange::Action::kRemoved ? "removed "
                                                                              : "changed ";
      changes.push_back(action + change.object.kind + " " + change.object.name);
    }
    return changes;
  }
  static std::string Definition(const Catalog& catalog, const std::string& kind,
                                const std::string& name) {
    for (const CatalogObject& object : catalog) {
      if (object.kind == kind && object.name == name) return object.definition;
    }
    return "none";
  }

  const pg::ConnectionOptions admin_{.url = testing::PostgresUrl()};
  const std::string name_;
  pg::ConnectionOptions connection_;
};

TEST_F(PgSchemaReaderTest, EachObjectHasItsDefinition) {
  const Catalog c = Read();
  EXPECT_EQ(Definition(c, "column", "shop.customers.email"),
            "character varying(100) collate \"C\" not null");
  EXPECT_EQ(Definition(c, "column", "shop.customers.id"),
            "integer not null generated always as identity");
  EXPECT_EQ(Definition(c, "column", "shop.customers.twice"),
            "integer generated always as ((id * 2)) stored");
  EXPECT_EQ(Definition(c, "column", "shop.customers.mood"), "shop.mood default 'sad'::shop.mood");
  EXPECT_EQ(Definition(c, "constraint", "shop.orders.orders_customer_id_fkey"),
            "FOREIGN KEY (customer_id) REFERENCES shop.customers(id) ON DELETE CASCADE");
  EXPECT_THAT(Definition(c, "table", "shop.orders"),
              ::testing::HasSubstr("partition by RANGE (placed)"));
  EXPECT_THAT(Definition(c, "table", "shop.orders_2026"),
              ::testing::HasSubstr("partition of shop.orders FOR VALUES FROM ('2026-01-01')"));
  EXPECT_THAT(Definition(c, "table", "shop.customers"), ::testing::HasSubstr("row level security"));
  EXPECT_EQ(Definition(c, "replica identity", "shop.customers"), "full");
  EXPECT_EQ(Definition(c, "replica identity", "shop.orders"), "default");
  EXPECT_THAT(Definition(c, "type", "shop.mood"), ::testing::EndsWith("enum ('sad', 'it''s ok')"));
  EXPECT_THAT(Definition(c, "type", "shop.positive"),
              ::testing::HasSubstr("domain integer not null default 1 constraint"));
  EXPECT_THAT(Definition(c, "type", "shop.pair"),
              ::testing::EndsWith("composite (a integer, b text)"));
  EXPECT_THAT(Definition(c, "sequence", "shop.counter"), ::testing::HasSubstr("increment 5"));
  EXPECT_THAT(Definition(c, "sequence", "shop.orders_id_seq"),
              ::testing::EndsWith("owned by shop.orders.id"));
  EXPECT_EQ(Definition(c, "grant", "shop.customers to public"), "select");
  EXPECT_EQ(Definition(c, "grant", "shop.customers.email to public"), "update");
  EXPECT_EQ(Definition(c, "publication", "pub of shop.customers"),
            "table (id, email, mood) where (id > 0)");
  EXPECT_THAT(Definition(c, "publication", "pub"), ::testing::EndsWith(", insert"));
  EXPECT_NE(Definition(c, "publication", "pub_schema of schema shop"), "none");
  EXPECT_EQ(Definition(c, "publication", "pub_other"), "none");
  EXPECT_EQ(Definition(c, "table", "other.unmanaged"), "none");
  EXPECT_THAT(Definition(c, "view", "shop.happy"), ::testing::HasSubstr("shop.customers"));
  EXPECT_THAT(Definition(c, "function", "shop.touch()"), ::testing::HasSubstr("return new"));
  EXPECT_THAT(Definition(c, "function", "shop.total(integer)"), ::testing::HasSubstr("int4pl"));
  for (const auto& [kind, name] :
       std::vector<std::pair<std::string, std::string>>{{"schema", "shop"},
                                                        {"extension", "plpgsql"},
                                                        {"index", "shop.orders_customer"},
                                                        {"materialized view", "shop.counted"},
                                                        {"rule", "shop.happy.no_delete"},
                                                        {"function", "shop.noop(IN a integer)"},
                                                        {"trigger", "shop.customers.touched"},
                                                        {"policy", "shop.customers.own"},
                                                        {"statistics", "shop.stats"},
                                                        {"type", "shop.span"}}) {
    EXPECT_NE(Definition(c, kind, name), "none") << kind << " " << name;
  }
  EXPECT_EQ(Definition(c, "type", "shop.customers"), "none") << "a row type is no object";
  EXPECT_EQ(Definition(c, "index", "shop.customers_pkey"), "none") << "its constraint says it all";
}

TEST_F(PgSchemaReaderTest, WhatHasOtherOidsIsTheSame) {
  const Catalog before = Read();
  Execute(connection_,
          std::string("drop publication pub, pub_schema, pub_other; drop schema shop, other "
                      "cascade; create table filler (i integer);") +
              kSchema);
  EXPECT_THAT(DiffCatalogs(before, Read()), IsEmpty());
}

TEST_F(PgSchemaReaderTest, DataIsNoChange) {
  EXPECT_THAT(
      ChangesOf("insert into shop.customers (email) select i || '@x' from generate_series(1, 1000) "
                "i; insert into shop.orders (customer_id, placed) select i, '2026-05-05' from "
                "generate_series(1, 1000) i; select nextval('shop.counter'); analyze; refresh "
                "materialized view shop.counted;"
                "grant delete on shop.customers to public; revoke delete on shop.customers from "
                "public; revoke execute on function shop.touch() from public; grant execute on "
                "function shop.touch() to public; create temporary table t (i integer);"
                "create table other.t (i integer)"),
      IsEmpty());
}

TEST_F(PgSchemaReaderTest, EachKindOfChangeIsSeen) {
  EXPECT_THAT(ChangesOf("alter table shop.orders alter customer_id type bigint"),
              ElementsAre("changed column shop.orders.customer_id",
                          "changed column shop.orders_2026.customer_id"));
  EXPECT_THAT(ChangesOf("alter table shop.customers alter mood drop default"),
              ElementsAre("changed column shop.customers.mood"));
  EXPECT_THAT(ChangesOf("alter table shop.customers alter id set (n_distinct = 5)"),
              ElementsAre("changed column shop.customers.id"));
  EXPECT_THAT(ChangesOf("alter table shop.customers drop constraint email_has_at"),
              ElementsAre("removed constraint shop.customers.email_has_at"));
  EXPECT_THAT(ChangesOf("create index extra on shop.customers (mood)"),
              ElementsAre("added index shop.extra"));
  EXPECT_THAT(ChangesOf("alter type shop.mood add value 'new'"),
              ElementsAre("changed type shop.mood"));
  EXPECT_THAT(ChangesOf("alter sequence shop.counter increment 6"),
              ElementsAre("changed sequence shop.counter"));
  EXPECT_THAT(ChangesOf("create or replace view shop.happy as select c.id, c.email from "
                        "shop.customers c"),
              ElementsAre("changed view shop.happy"));
  EXPECT_THAT(ChangesOf("create or replace function shop.touch() returns trigger language plpgsql "
                        "as $$ begin return old; end $$"),
              ElementsAre("changed function shop.touch()"));
  EXPECT_THAT(ChangesOf("alter table shop.customers disable trigger touched"),
              ElementsAre("changed trigger shop.customers.touched"));
  EXPECT_THAT(ChangesOf("alter policy own on shop.customers using (id = 2)"),
              ElementsAre("changed policy shop.customers.own"));
  EXPECT_THAT(ChangesOf("grant insert on shop.customers to public"),
              ElementsAre("changed grant shop.customers to public"));
  EXPECT_THAT(ChangesOf("revoke select, insert on shop.customers from public"),
              ElementsAre("removed grant shop.customers to public"));
  EXPECT_THAT(ChangesOf("revoke execute on function shop.touch() from public"),
              ElementsAre("added grant shop.touch() to public"));
  EXPECT_THAT(ChangesOf("alter table shop.customers replica identity default"),
              ElementsAre("changed replica identity shop.customers"));
  EXPECT_THAT(ChangesOf("alter publication pub drop table shop.customers"),
              ElementsAre("removed publication pub of shop.customers"));
  EXPECT_THAT(ChangesOf("alter publication pub set (publish = 'insert, update')"),
              ElementsAre("changed publication pub"));
  EXPECT_THAT(ChangesOf("alter table shop.customers disable row level security"),
              ElementsAre("changed table shop.customers"));
  EXPECT_THAT(ChangesOf("alter table shop.customers set (fillfactor = 70)"),
              ElementsAre("changed table shop.customers"));
  EXPECT_THAT(ChangesOf("create table shop.\"New T\" (i integer)"),
              ElementsAre("added column shop.\"New T\".i", "added replica identity shop.\"New T\"",
                          "added table shop.\"New T\""));
  EXPECT_THAT(ChangesOf("alter default privileges in schema shop grant select on tables to public"),
              ElementsAre(::testing::StartsWith("added default grant shop: tables of ")));
  EXPECT_THAT(ChangesOf("drop schema shop cascade"), Not(IsEmpty()));
}

}  // namespace
}  // namespace storefront::migrator
