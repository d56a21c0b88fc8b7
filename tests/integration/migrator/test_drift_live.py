"""Drift while the real seeder writes: data is none, whatever runs beside it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb
from storefront.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from services import REPOSITORY
from wait import wait_until

SHIPPED = {
    path.name: path.read_text() for path in sorted((REPOSITORY / "migrations").glob("[VU]*.sql"))
}
SETTINGS = {
    "schemas": "public,seeder,cdc_audit",
    "placeholders": "debezium_user=debezium_drift_test,debezium_password=debezium_drift_test,"
    "debezium_storefront_publication_name=storefront",
}
# Beside the load: a table of its own, and an index on a table that is written to.
MORE = {
    "V4__notes.sql": "create table notes (id int primary key, note text);\n"
    "create index customers_city_idx on customers (city);\n",
    "U4__notes.sql": "drop index customers_city_idx;\ndrop table notes;\n",
    "V5__late.sql": "alter table notes add column late text;\n",
    "U5__late.sql": "alter table notes drop column late;\n",
}


@pytest.fixture
def drop_role(postgres):
    """A role belongs to the whole server, which other tests use too."""
    yield
    postgres.psql("drop role if exists debezium_drift_test")


def test_a_load_beside_migrate_group_and_undo_is_no_drift(
    drop_role, project, start_service, database
):
    p = project(SHIPPED, **SETTINGS)
    p.migrate_ok()
    name = p.sql("select current_database()")[0][0]
    service = start_service("seeder", {"database_url": database})
    service.wait_ready()
    seeder = service.stub(seeder_pb2_grpc.SeederServiceStub)
    load = seeder.StartFullLoad(seeder_pb2.StartFullLoadRequest(scale=1), timeout=30).name

    def ended(run: str, states: set[str]) -> bool:
        request = seeder_pb2.GetSeedRunRequest(name=run)
        now = seeder_pb2.SeedRun.State.Name(seeder.GetSeedRun(request, timeout=30).state)
        assert now not in {"FAILED", "INTERRUPTED"}
        return now in states

    def assert_no_drift(when: str) -> None:
        seen = p.stub.GetDrift(pb.GetDriftRequest(), timeout=30)
        assert not seen.drifted, f"{when}: {seen.changes}"

    assert_no_drift("while it loads")
    wait_until(lambda: ended(load, {"SUCCEEDED"}), 120, "the load ends")
    assert_no_drift("loaded")
    deltas = seeder.StartDeltas(
        seeder_pb2.StartDeltasRequest(events_per_second=300), timeout=30
    ).name
    wait_until(lambda: ended(deltas, {"RUNNING"}), 30, "deltas run")

    p.write(MORE)
    p.migrate_ok(group=True)
    assert_no_drift("after a group")
    for turn in range(2):
        undone = p.wait(p.stub.Undo(pb.UndoRequest(confirmation=name, target="3")).name)
        assert undone.state == pb.MigrationRun.SUCCEEDED, undone.error
        assert_no_drift(f"after undo {turn}")
        p.migrate_ok()
        assert_no_drift(f"after migrate {turn}")
    written = p.sql("select count(*) from orders")[0][0]
    wait_until(
        lambda: p.sql("select count(*) from orders")[0][0] > written, 30, "rows are still written"
    )
    assert_no_drift("while deltas run")
    # It is no blindness: what somebody changes by hand shows beside all those rows.
    p.sql("create index by_hand on notes (note)")
    seen = p.stub.GetDrift(pb.GetDriftRequest(), timeout=30)
    assert [change.object for change in seen.changes] == ["public.by_hand"]
