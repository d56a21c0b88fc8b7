"""Drift: the live catalog against its last capture.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import subprocess

from storefront.migrator.v1 import migrator_pb2 as pb

from native_stack import backends
from services import REPOSITORY

SHOP = {
    "V1__shop.sql": """
create type mood as enum ('sad', 'ok');
create table customers (id int generated always as identity primary key, mood mood default 'ok');
create table orders (id bigserial primary key, customer_id int references customers);
create view happy as select id from customers where mood = 'ok';
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touched before update on customers for each row execute function touch();
create publication cdc for table customers, orders;
grant select on customers to public;
"""
}


def drift(p) -> pb.Drift:
    return p.stub.GetDrift(pb.GetDriftRequest(), timeout=20)


def capture(p) -> pb.SchemaCapture:
    return p.stub.CaptureSchema(pb.CaptureSchemaRequest(), timeout=20)


def changes(p) -> list[str]:
    actions = pb.SchemaChange.Action.Name
    return [f"{actions(c.action)} {c.object_kind} {c.object}" for c in drift(p).changes]


def test_nothing_to_compare_with(project, fails):
    p = project(SHOP)
    error = fails(lambda: drift(p))
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "NOT_CAPTURED")


def test_a_run_captures_what_it_made(project):
    p = project(SHOP)
    run = p.migrate_ok()
    seen = drift(p)
    assert not seen.drifted
    assert seen.capture.migration_run == run.name
    assert seen.capture.object_count > 10
    assert len(seen.capture.digest) == 64
    p.migrate_ok()
    assert drift(p) == seen, "a run that changed nothing captures nothing"


def test_changes_by_hand_are_named_with_both_definitions(project):
    p = project(SHOP)
    p.migrate_ok()
    p.sql("alter table customers alter mood set default 'sad'")
    p.sql("create index by_hand on orders (customer_id)")
    p.sql("alter publication cdc drop table orders")
    p.sql("alter table orders replica identity full")
    p.sql("grant insert on customers to public")
    p.sql("drop view happy")
    assert changes(p) == [
        "CHANGED column public.customers.mood",
        "CHANGED grant public.customers to public",
        "ADDED index public.by_hand",
        "REMOVED publication cdc of public.orders",
        "CHANGED replica identity public.orders",
        "REMOVED view public.happy",
    ]
    by_object = {change.object: change for change in drift(p).changes}
    column = by_object["public.customers.mood"]
    assert column.captured_definition == "public.mood default 'ok'::public.mood"
    assert column.current_definition == "public.mood default 'sad'::public.mood"
    assert by_object["public.by_hand"].captured_definition == ""
    assert "btree (customer_id)" in by_object["public.by_hand"].current_definition
    assert by_object["public.happy"].current_definition == ""
    assert drift(p).change_count == 6
    # A run with nothing to do does not make it look meant; asking for it does.
    p.migrate_ok()
    assert drift(p).change_count == 6
    assert capture(p).migration_run == ""
    assert not drift(p).drifted


def test_data_and_statistics_are_no_drift(project):
    p = project(SHOP)
    p.migrate_ok()
    p.sql("insert into customers (mood) select 'ok' from generate_series(1, 10000)")
    p.sql("insert into orders (customer_id) select id from customers")
    p.sql("select setval('orders_id_seq', 999999)")
    p.sql("vacuum analyze")
    p.sql("create table storefront_migrator.stranger (i int)")
    p.sql("create schema elsewhere")
    p.sql("create table elsewhere.t (i int)")
    assert changes(p) == []


def test_a_restored_dump_is_no_drift(project, postgres):
    p = project(SHOP)
    p.migrate_ok()
    before = drift(p).capture
    p.sql("insert into customers (mood) values ('ok')")
    copy = f"restored_{os.getpid()}"
    url = postgres.create_database(copy)
    try:
        dump = subprocess.run(
            [f"{backends.POSTGRES_BIN}/pg_dump", "--dbname", p.url],
            check=True,
            capture_output=True,
            timeout=60,
        )
        subprocess.run(
            [f"{backends.POSTGRES_BIN}/psql", "--dbname", url, "-q", "-v", "ON_ERROR_STOP=1"],
            check=True,
            input=dump.stdout.replace(b"CREATE SCHEMA public;", b""),
            capture_output=True,
            timeout=60,
        )
        restored = project(SHOP, url=url)
        assert changes(restored) == []
        assert drift(restored).capture == before
        assert capture(restored).digest == before.digest
        restored.service.close()
    finally:
        postgres.drop_database(copy)


def test_the_projects_own_migrations_do_not_drift_by_a_load(project):
    """The real schema, the seeder's tables among it, with rows and statistics."""
    p = project(
        {},
        locations=REPOSITORY / "migrations",
        schemas="public,seeder,cdc_audit",
        placeholders="debezium_user=drift_debezium,debezium_storefront_publication_name=drift_pub,"
        "debezium_password=x",
    )
    p.migrate_ok()
    assert changes(p) == []
    p.sql(
        "insert into customers (full_name, email, address, city, country)"
        " select 'n', 'e' || i, 'a', 'c', 'c' from generate_series(1, 100) i"
    )
    p.sql("analyze")
    assert changes(p) == []
    p.migrate_ok()
    assert changes(p) == []
