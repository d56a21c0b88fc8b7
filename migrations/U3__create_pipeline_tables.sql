-- SPDX-License-Identifier: Apache-2.0
-- Takes V3 back: the seeder's ledger and the tables of the pipeline go, with what is in them.
alter publication "${debezium_storefront_publication_name}" drop table cdc_audit.marker, cdc_audit.signal;

drop table cdc_audit.signal;
drop table cdc_audit.marker;
drop schema cdc_audit;

drop function seeder.assert_count(bigint, bigint, text);
drop table seeder.scenario;
drop table seeder.dropped_index;
drop table seeder.change;
drop table seeder.total;
drop table seeder.batch;
drop table seeder.chunk_done;
drop table seeder.chunk;
drop table seeder.run;
drop schema seeder;
