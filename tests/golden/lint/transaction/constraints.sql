-- SPDX-License-Identifier: Apache-2.0
-- Constraints on tables with rows.
alter table shop.orders add constraint total_positive check (total > 0);
alter table shop.orders add constraint status_known check (status <> '') not valid;
alter table shop.orders
    add constraint customer_fk
        foreign key (customer_id) references shop.customers (id);
alter table shop.orders add constraint product_fk foreign key (product_id) references shop.products (id) not valid;
alter table shop.orders validate constraint product_fk;
alter table shop.orders add constraint number_once unique (number);
alter table shop.orders add unique (a, b), add primary key (id);
alter table shop.orders add constraint n_once unique using index orders_n;
alter table shop.orders add constraint k primary key using index orders_k;
alter table shop.orders add column x bigint
    references shop.x (id),
    add column y bigint unique,
    add column z bigint
        primary key;
alter table shop.orders add constraint no_overlap exclude using gist (room with =);
alter table shop.items add constraint c_set check (c is not null) not valid;
alter table shop.items alter c set not null;
create table shop.fresh (
    id bigint primary key,
    order_id bigint references shop.orders (id),
    constraint once unique (order_id)
);
alter table shop.fresh add constraint positive check (id > 0);
alter table shop.fresh add constraint other unique (id, order_id);
create index fresh_order on shop.fresh (order_id);
