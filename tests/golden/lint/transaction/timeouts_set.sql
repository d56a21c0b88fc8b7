-- SPDX-License-Identifier: Apache-2.0
set local lock_timeout = '1s';
set local statement_timeout = '5s';
alter table shop.orders add column if not exists a text;
