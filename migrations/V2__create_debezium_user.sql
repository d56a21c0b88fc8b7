-- SPDX-License-Identifier: Apache-2.0
-- The role that Debezium logs in with, and the publication it reads.
--
-- Roles belong to the cluster: another database may have made this one already. Then it stays as it
-- is, password included.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = '${debezium_user}') then
        create role "${debezium_user}" login replication password '${debezium_password}';
    end if;
exception
    -- Another database of the cluster was migrated at the same moment.
    when duplicate_object or unique_violation then null;
end
$$;

grant usage on schema public to "${debezium_user}";
grant select on customers, products, orders, order_items, payments to "${debezium_user}";

-- A list, not FOR ALL TABLES: the migration history and the seeder's ledger stay out of Kafka. A
-- migration that adds a table to the storefront adds it here and to the grants.
create publication "${debezium_storefront_publication_name}"
    for table customers, products, orders, order_items, payments
    with (publish_via_partition_root = true);
