-- SPDX-License-Identifier: Apache-2.0
-- Data, and names that come twice.
insert into shop.orders (id, total) values (1, 2);
insert into shop.orders (id, total, id) values (1, 2, 3);
update shop.orders set total = 1, status = 'x' where id = 1;
update shop.orders
    set total = 1,
        status = 'x',
        total = 2
    where id = 1;
update shop.orders set (total, status) = (1, 'x'), total = 3 where id = 1;
insert into shop.orders (id) values (1)
    on conflict (id) do update set total = 1,
        total = 2;
create table shop.twice (
    id bigint,
    name text,
    id text
);
delete from shop.orders where id = 1;
