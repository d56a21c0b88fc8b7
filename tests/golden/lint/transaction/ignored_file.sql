-- SPDX-License-Identifier: Apache-2.0
drop table shop.old;
-- squawk-ignore-file ban-drop-table, renaming-column
alter table shop.orders drop column a;
alter table shop.orders rename column b to c;
drop table shop.older;
