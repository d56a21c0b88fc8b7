-- SPDX-License-Identifier: Apache-2.0
-- Names: without a schema, or longer than Postgres keeps.
create table orders (id bigint);
create table shop.items (id bigint);
create temp table scratch (id bigint);
alter table
    orders add column total numeric;
alter table orders rename to purchases;
drop table if exists old_orders;
create view overview as select 1 as a;
create table shop.a_table_with_a_name_that_is_longer_than_sixty_three_bytes_is_cut_by_postgres (
    id bigint,
    "a column with a name that is longer than sixty three bytes is cut as well" text
);
create view shop.v as select 'a string that is longer than sixty three bytes is no name at all, of course' as s;
