"""Deltas by API, on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import grpc
import pytest
from seeder_client import counts
from storefront_database import migrate

from stubs import error_of
from wait import wait_until

# A second of the schedule is more than a day of business: orders go through their whole life.
FAST = {"events_per_second": 1000, "time_compression": 100_000}


def test_an_empty_request_changes_rows_until_stopped(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas()
    assert run.deltas.events_per_second == 20
    client.wait_events(run, 20)
    stopped = client.stop(run.name)
    assert client.state(stopped) == "SUCCEEDED", stopped
    assert client.state(client.stop(run.name)) == "SUCCEEDED"  # repeat
    client.assert_consistent()


def test_every_table_is_inserted_updated_and_deleted(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    before = counts(storefront)
    run = client.wait_succeeded(client.deltas(max_events=3000, **FAST))
    assert run.progress.events_done == 3000
    done = {t.table: t for t in run.progress.tables}
    for table in ("customers", "orders", "order_items", "payments"):
        assert done[table].inserts > 0, done
        assert done[table].deletes > 0, done
    for table in ("customers", "products", "orders", "payments"):
        assert done[table].updates > 0, done
    after = counts(storefront)
    for table, progress in done.items():
        assert after[table] == before[table] + progress.inserts - progress.deletes
    client.assert_consistent()


def test_digests_are_equal_with_1_2_and_6_connections_interrupted_or_not(postgres, seeder):
    seen = []
    for connections, interrupt in ((1, False), (2, False), (6, False), (2, True)):
        name = f"deltas_{connections}_{interrupt}"
        client = seeder(migrate(postgres.create_database(name)))
        client.load_small()
        run = client.deltas(connections=connections, max_events=2000, **FAST)
        if interrupt:
            client.wait_events(run, 300)
            client.service.kill()
            client.service.restart()
            client.service.wait_ready()
        client.wait_succeeded(run)
        seen.append(client.digests())
        client.service.close()
        postgres.drop_database(name)
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_pause_holds_still_and_resume_goes_on(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas(events_per_second=200)
    client.wait_events(run, 50)
    assert client.state(client.pause(run.name)) == "PAUSED"
    assert client.state(client.pause(run.name)) == "PAUSED"

    def at_rest():
        events = client.get(run.name).progress.events_done
        return events if events == client.get(run.name).progress.events_done else None

    still = wait_until(at_rest, 10, "no event is in flight", interval=0.3)
    assert client.state(client.resume(run.name)) == "RUNNING"
    client.wait_events(run, still + 50)
    client.stop(run.name)
    client.assert_consistent()


def test_a_new_rate_shows_within_two_seconds(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas(events_per_second=0.5)
    changed = client.set_rate(run.name, 400)
    assert changed.deltas.events_per_second == 400
    client.wait_events(run, 100, seconds=5)
    assert client.get(run.name).progress.target_events_per_second == 400
    with pytest.raises(grpc.RpcError) as caught:
        client.set_rate(run.name, 10, etag="0")
    assert error_of(caught.value).reason == "ETAG_MISMATCH"
    client.stop(run.name)
    with pytest.raises(grpc.RpcError) as caught:
        client.set_rate(run.name, 10)
    assert error_of(caught.value).reason == "RUN_STATE"


def test_other_fields_cannot_be_changed(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas()
    request = client.pb.UpdateSeedRunRequest(seed_run=client.pb.SeedRun(name=run.name))
    request.update_mask.paths.append("seed")
    with pytest.raises(grpc.RpcError) as caught:
        client.api.UpdateSeedRun(request)
    assert error_of(caught.value).reason == "IMMUTABLE_FIELD"
    client.stop(run.name)


def test_deltas_on_empty_tables_say_what_to_do(storefront, seeder):
    client = seeder(storefront)
    with pytest.raises(grpc.RpcError) as caught:
        client.deltas()
    error = error_of(caught.value)
    assert (error.code, error.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "NOTHING_TO_CHANGE",
    )
    assert "full load" in error.message


def test_deltas_asked_during_a_full_load_wait_for_it(storefront, seeder):
    client = seeder(storefront)
    load = client.full_load(scale=5)
    run = client.deltas(max_events=50, events_per_second=500)
    assert client.state(run) == "PENDING"
    assert run.waiting_for == load.name
    with pytest.raises(grpc.RpcError) as caught:
        client.deltas()
    assert error_of(caught.value).reason == "RUN_ACTIVE"
    client.wait_succeeded(load)
    client.wait_succeeded(run)
    client.assert_consistent()


@pytest.mark.parametrize(
    "fields",
    [
        {"events_per_second": 0},
        {"events_per_second": float("nan")},
        {"events_per_second": -1},
        {"weights": {"nothing": 1}},
        {"weights": {"checkout": -1}},
        {"max_events": -1},
    ],
)
def test_S10_wrong_rates_are_refused(storefront, seeder, fields):
    client = seeder(storefront)
    with pytest.raises(grpc.RpcError) as caught:
        client.deltas(**fields)
    error = error_of(caught.value)
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"), error


def test_cancel_and_resume(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas(max_events=2000, **FAST)
    client.wait_events(run, 100)
    cancelled = client.cancel(run.name)
    assert client.state(cancelled) == "CANCELLED"
    assert cancelled.resumable
    client.resume(run.name)
    done = client.wait_succeeded(run)
    assert done.progress.events_done == 2000
    client.assert_consistent()


def test_someone_elses_changes_are_planned_around(storefront, seeder):
    import psycopg

    client = seeder(storefront)
    client.load_small()
    run = client.deltas(events_per_second=300, weights={"purge_order": 500})
    client.wait_events(run, 50)
    with psycopg.connect(storefront, autocommit=True) as connection:
        for _ in range(5):
            connection.execute(
                "with o as (select id from orders where status = 'delivered' order by created_at, id"
                " limit 50), i as (delete from order_items where order_id in (select id from o)), "
                "p as (delete from payments where order_id in (select id from o)) "
                "delete from orders where id in (select id from o)"
            )
    done = wait_until(
        lambda: (seen := client.get(run.name)).progress.replans and seen, 30, "events are replanned"
    )
    client.wait_events(run, done.progress.events_done + 50)
    assert client.state(client.stop(run.name)) == "SUCCEEDED"
