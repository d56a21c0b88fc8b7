-- SPDX-License-Identifier: Apache-2.0
cluster shop.orders;
cluster shop.orders
    using orders_pkey;
analyze shop.orders;
refresh materialized view shop.totals;
