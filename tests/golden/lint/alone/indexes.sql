-- SPDX-License-Identifier: Apache-2.0
create index concurrently orders_total on shop.orders (total);
create index concurrently if not exists orders_status
    on shop.orders (status);
create unique index concurrently on shop.orders (number);
drop index concurrently shop.orders_total;
drop index concurrently if exists shop.orders_status;
reindex table concurrently shop.orders;
reindex (concurrently) index shop.orders_number;
alter table shop.orders detach partition shop.orders_2020 concurrently;
