-- SPDX-License-Identifier: Apache-2.0
-- Tables, types, indexes and what belongs to them.
create schema shop authorization current_user create table a (id int) create view b as select 1 as x;
create table shop.orders (
    id bigint generated always as identity (start with 10 increment by 2) primary key,
    total numeric(10, 2) not null default 0 check (total >= 0),
    tax numeric generated always as (total * 0.2) stored,
    state text collate "C" default 'new;' not null,
    customer bigint references shop.customers (id) on delete cascade deferrable initially deferred,
    tags text[] default '{";"}',
    during tstzrange,
    constraint once unique nulls not distinct (state, customer) include (total),
    exclude using gist (during with &&) where (state <> ';')
) partition by range (id) with (fillfactor = 70) tablespace pg_default;
create table shop.orders_1 partition of shop.orders for values from (1) to (100);
create table shop.orders_rest partition of shop.orders default;
create unlogged table if not exists shop.cache (like shop.orders including all excluding indexes);
create temp table scratch on commit drop as select 1 as a with no data;
create type shop.mood as enum ('good;', 'bad');
create type shop.address as (street text, zip varchar(10));
create type shop.spread as range (subtype = float8, subtype_diff = float8mi);
create domain shop.email as text collate "C" not null check (value ~ '^[^;]+@');
create index concurrently if not exists orders_lower on shop.orders using btree (lower(state) desc nulls last) include (total) where state <> ';';
create unique index on only shop.orders ((total * 2), state text_pattern_ops);
create statistics shop.st (ndistinct, dependencies) on total, state from shop.orders;
create view shop.v (a, b) with (security_barrier) as select 1, ';' with local check option;
create recursive view shop.numbers (n) as values (1) union all select n + 1 from shop.numbers where n < 5;
create materialized view shop.mv as select * from shop.orders with no data;
create sequence shop.s as int start 5 no cycle owned by shop.orders.id;
create extension if not exists pgcrypto with schema shop cascade;
create foreign data wrapper w options (a ';');
create server remote foreign data wrapper w options (host ';');
create foreign table shop.far (a int options (column_name ';')) server remote;
create user mapping for current_user server remote options (user 'a;b');
create publication p for table shop.orders (id, total) where (total > 0), tables in schema shop with (publish = 'insert');
create subscription s connection 'host=x;' publication p with (connect = false);
create policy own on shop.orders as restrictive for all to public using (customer = 1) with check (true);
create collation shop.de (provider = icu, locale = 'de;');
create text search configuration shop.c (copy = simple);
create access method am type index handler bthandler;
create role r login password 'a;b' valid until 'infinity' in role pg_monitor;
create database d template = template0 encoding 'UTF8';
create tablespace ts location '/x;y';
comment on column shop.orders.total is 'what it costs; -- without tax';
comment on function f(int, text) is null;
security label on table shop.orders is ';';
