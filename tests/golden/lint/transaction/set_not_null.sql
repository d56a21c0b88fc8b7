-- SPDX-License-Identifier: Apache-2.0
alter table shop.orders alter column a set not null;
alter table shop.orders
    alter column b
        set not null;
alter table shop.items add constraint e_set check (e is not null) not valid;
alter table shop.items validate constraint e_set;
alter table shop.items alter column e set not null;
