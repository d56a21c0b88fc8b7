-- SPDX-License-Identifier: Apache-2.0
-- The storefront: customers buy products in orders and pay for them.
--
-- Times are UTC without a zone. No foreign key cascades and there is no trigger: whoever removes a
-- row removes what hangs on it first, so every change is a statement of its own in the change stream.
-- Foreign key columns have an index each; there are no other secondary indexes.

create table customers (
    id serial primary key,
    full_name text not null,
    email text not null unique,
    address text,
    city text,
    country text,
    created_at timestamp not null default (now() at time zone 'utc')
);

create table products (
    id serial primary key,
    name text not null,
    category text not null,
    price numeric(10, 2) not null check (price >= 0),
    stock_quantity integer not null check (stock_quantity >= 0),
    created_at timestamp not null default (now() at time zone 'utc')
);

create table orders (
    id serial primary key,
    customer_id integer not null references customers (id),
    status text not null default 'pending'
        constraint orders_status_check check (status in ('pending', 'shipped', 'delivered', 'cancelled')),
    total numeric(10, 2) not null check (total >= 0),
    created_at timestamp not null default (now() at time zone 'utc')
);
create index orders_customer_id_idx on orders (customer_id);

create table order_items (
    id serial primary key,
    order_id integer not null references orders (id),
    product_id integer not null references products (id),
    quantity integer not null check (quantity > 0),
    price_at_purchase numeric(10, 2) not null check (price_at_purchase >= 0)
);
create index order_items_order_id_idx on order_items (order_id);
create index order_items_product_id_idx on order_items (product_id);

create table payments (
    id serial primary key,
    order_id integer not null references orders (id),
    payment_method text not null,
    paid_at timestamp,
    amount numeric(10, 2) not null check (amount >= 0),
    status text not null default 'pending'
        constraint payments_status_check check (status in ('paid', 'pending', 'failed'))
);
create index payments_order_id_idx on payments (order_id);
