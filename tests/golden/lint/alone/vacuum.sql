-- SPDX-License-Identifier: Apache-2.0
vacuum full shop.orders;
vacuum (full, analyze) shop.items;
vacuum shop.orders;
vacuum (full false) shop.orders;
cluster;
reindex schema shop;
drop database shop;
