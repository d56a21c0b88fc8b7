-- SPDX-License-Identifier: Apache-2.0
-- What clients no longer find.
alter table shop.orders drop column a;
alter table shop.orders
    drop column if exists b,
    drop constraint c,
    drop column d cascade;
drop table shop.old;
drop table if exists
    shop.older, shop.oldest cascade;
drop view shop.summary;
drop sequence shop.numbers;
drop materialized view shop.totals;
alter table shop.orders rename column total to amount;
alter table shop.orders
    rename status to state;
alter table shop.orders rename to purchases;
alter table only shop.items
    rename to lines;
alter view shop.summary rename to overview;
alter index shop.orders_total rename to orders_amount;
alter table shop.orders rename constraint a to b;
alter table shop.orders alter column email drop not null;
alter table shop.orders alter column a type text;
alter table shop.orders
    alter column b
        set data type numeric(12, 2)
        using b::numeric,
    alter c drop not null;
truncate shop.orders;
truncate shop.orders, shop.items
    cascade;
