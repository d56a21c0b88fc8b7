-- SPDX-License-Identifier: Apache-2.0
select 1;
insert into shop.orders (id) values (1);
create table shop.fresh (id bigint);
set statement_timeout = '5s';
set shop.lock_timeout = '1s';
alter table shop.orders add column if not exists a text;
create index concurrently_not on shop.fresh (id);
