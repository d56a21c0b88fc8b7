-- SPDX-License-Identifier: Apache-2.0
begin;
alter table shop.orders drop column a;
create index concurrently if not exists i
    on shop.orders (a);
commit;
alter table shop.orders drop column b;
alter table shop.orders drop column if exists c;
alter table shop.orders add column d text;
alter table shop.orders drop constraint e;
alter table shop.orders drop constraint if exists f;
alter table shop.orders add constraint f check (a > 1) not valid;
alter table shop.orders validate constraint f;
alter table shop.orders
    alter column g set default 1;
alter table shop.orders rename column h to i;
create table shop.made (id bigint);
create table if not exists shop.kept (id bigint);
create index j on shop.made (id);
drop table shop.made;
drop type shop.kind;
drop index shop.j;
drop view shop.v;
create temp table t (id bigint) on commit drop;
start transaction;
select 1;
rollback;
savepoint s;
begin;
alter table shop.orders add column k text;
