-- SPDX-License-Identifier: Apache-2.0
-- ALTER, DROP, GRANT and the commands of maintenance.
alter table if exists only shop.orders
    add column if not exists a text default 'x;' not null,
    drop column b cascade, alter column c type int using c::int,
    alter d set default ';', alter e drop not null, alter f set statistics 100,
    add constraint k check (a <> ';') not valid, validate constraint k,
    replica identity full, owner to current_user, set (fillfactor = 80), enable row level security;
alter table shop.orders rename column a to "b;";
alter table shop.orders rename to purchases;
alter table shop.orders set schema public;
alter table shop.orders attach partition shop.p for values in ('a;', null);
alter table shop.orders detach partition shop.p concurrently;
alter index shop.i set (fillfactor = 50);
alter type shop.mood add value if not exists 'so;so' before 'bad';
alter type shop.address alter attribute zip type text cascade, add attribute city text;
alter domain shop.email add constraint c check (value <> ';') not valid;
alter sequence shop.s restart with 10;
alter view shop.v alter column a set default 1;
alter function f(int) immutable set search_path = 'a;b', public;
alter default privileges in schema shop grant select on tables to public;
alter publication p add table shop.a, shop.b;
alter publication p set (publish = 'insert, update');
alter subscription s set publication p, q with (refresh = false);
alter role r set search_path to 'a;', public;
alter database d set work_mem = '1MB';
alter system reset all;
alter event trigger watch disable;
drop table if exists shop.a, shop.b cascade;
drop index concurrently shop.i;
drop function f(int, text), g;
drop operator === (int, int);
drop owned by r cascade;
grant select (a, b), update on shop.orders to r with grant option;
grant pg_monitor to r;
revoke all on all tables in schema shop from public;
reassign owned by r to current_user;
truncate shop.a, only shop.b restart identity cascade;
lock table shop.a in access exclusive mode nowait;
vacuum (full, analyze, verbose) shop.a (x, y), shop.b;
analyze shop.a;
cluster shop.a using i;
reindex (concurrently, verbose) table shop.a;
refresh materialized view concurrently shop.mv;
checkpoint;
discard plans;
load 'x;y';
set local search_path to 'a;b', "c;d";
set time zone 'UTC';
set session characteristics as transaction isolation level serializable;
reset all;
show search_path;
listen "a;b";
notify a, 'b;c';
import foreign schema a limit to (b, c) from server remote into shop;
