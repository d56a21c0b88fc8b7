-- SPDX-License-Identifier: Apache-2.0
-- squawk-ignore ban-drop-column
alter table shop.orders drop column a;
alter table shop.orders drop column b; -- squawk-ignore ban-drop-column
-- squawk-ignore ban-drop-table, ban-drop-column -- nobody reads it
drop table shop.old;
drop table shop.older;
alter table shop.orders
    -- squawk-ignore ban-drop-column
    drop column c,
    drop column d;
/* squawk-ignore prefer-timestamptz */
alter table shop.orders add column e timestamp;
-- squawk-ignore ban-drop-column

alter table shop.orders drop column f;
-- squawk-ignore
alter table shop.orders drop column g;
