-- SPDX-License-Identifier: Apache-2.0
create index orders_total on shop.orders (total);
create unique index if not exists orders_number
    on shop.orders (number);
create index on shop.orders (status);
drop index shop.orders_total;
drop index if exists
    shop.a, shop.b;
reindex table shop.orders;
reindex (verbose) index shop.orders_number;
alter table shop.orders
    detach partition shop.orders_2020;
create table shop.fresh (id bigint);
create index fresh_id on shop.fresh (id);
