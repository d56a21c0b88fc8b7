-- SPDX-License-Identifier: Apache-2.0
-- Clean leaves publications; V2 makes this one, so that a clean database can be migrated again.
drop publication if exists "${debezium_storefront_publication_name}";
