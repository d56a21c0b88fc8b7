"""Faults of the seeder, its database and the network between them: nothing lost, nothing doubled.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import random
import time

import grpc
import psycopg
import pytest
from storefront_database import migrate

from stubs import error_of
from tcp_gate import TO_CLIENT, TO_SERVER
from wait import wait_until

FAST = {"events_per_second": 1000, "time_compression": 100_000}
# Five tables in some 60 chunks.
LOAD = {"rows": {"customers": 10_000, "products": 1000, "orders": 20_000}, "chunk_rows": 2000}
# S3: cuts per direction, and the events of a run that outlives them.
CUTS, CUT_EVENTS = 100, 15_000


def writers(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select count(*) from pg_stat_activity where application_name = "
            "'storefront-seeder writer' and datname = current_database()"
        ).fetchone()[0]


@pytest.fixture(scope="module")
def undisturbed() -> dict[int, dict[str, str]]:
    """Digests after the load and so many events that nothing disturbed."""
    return {}


def expected(undisturbed, postgres, seeder, *, events: int) -> dict[str, str]:
    if events not in undisturbed:
        name = f"undisturbed_{events}"
        client = seeder(migrate(postgres.create_database(name)))
        client.wait_succeeded(client.full_load(**LOAD))
        if events:
            client.wait_succeeded(client.deltas(max_events=events, **FAST))
        undisturbed[events] = client.digests()
        client.service.close()
        postgres.drop_database(name)
    return undisturbed[events]


def test_S1_postgres_is_killed_in_a_copy(new_postgres, postgres, seeder, undisturbed):
    want = expected(undisturbed, postgres, seeder, events=0)
    server = new_postgres()
    url = migrate(server.create_database("storefront"))
    client = seeder(url)
    run = client.full_load(**LOAD)
    wait_until(lambda: client.get(run.name).progress.chunks_done > 5, 30, "chunks are done")
    server.kill()
    server.start()
    client.wait_succeeded(run)
    assert client.digests() == want
    client.assert_consistent()


def test_S1_postgres_stays_away_and_the_run_is_interrupted(new_postgres, seeder):
    server = new_postgres()
    url = migrate(server.create_database("storefront"))
    client = seeder(url, reconnect_wait="1s")
    client.load_small()
    run = client.deltas(events_per_second=200)
    client.wait_events(run, 50)
    server.stop(mode="immediate")
    seen = client.wait_end(run)
    assert client.state(seen) == "INTERRUPTED"
    assert seen.resumable
    assert seen.error.code == grpc.StatusCode.UNAVAILABLE.value[0]
    server.start()
    wait_until(lambda: client.resume(run.name), 20, "the run is resumed")
    client.wait_events(run, seen.progress.events_done + 50)
    client.stop(run.name)
    client.assert_consistent()


def test_S1_postgres_is_killed_in_deltas(new_postgres, postgres, seeder, undisturbed):
    want = expected(undisturbed, postgres, seeder, events=1500)
    server = new_postgres()
    client = seeder(migrate(server.create_database("storefront")))
    client.wait_succeeded(client.full_load(**LOAD))
    run = client.deltas(max_events=1500, **FAST)
    client.wait_events(run, 300)
    server.kill()
    server.start()
    client.wait_succeeded(run)
    assert client.digests() == want
    client.assert_consistent()


def test_S2_backends_are_terminated(storefront, postgres, seeder, undisturbed):
    want = expected(undisturbed, postgres, seeder, events=1500)
    client = seeder(storefront)

    def terminate() -> int:
        with psycopg.connect(storefront, autocommit=True) as connection:
            return connection.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where "
                "application_name = 'storefront-seeder writer' and datname = current_database()"
            ).fetchone()[0]

    # A load takes a few tenths of a second: its writers are ended as soon as there are any.
    load = client.full_load(**LOAD)
    wait_until(lambda: terminate() > 0, 30, "writers of the load are ended", interval=0.005)
    client.wait_succeeded(load)
    run = client.deltas(max_events=1500, **FAST)
    client.wait_events(run, 300)
    assert terminate() > 0
    client.wait_succeeded(run)
    assert client.digests() == want
    client.assert_consistent()


@pytest.mark.parametrize("lost", [TO_CLIENT, TO_SERVER], ids=["reply_lost", "sync_lost"])
def test_S3_connection_cut_at_random_points(storefront, postgres, seeder, gate, undisturbed, lost):
    """Both ends are reset after a random number of bytes in one direction: on the way back the
    server has committed and its answers are lost, on the way there Syncs never arrive."""
    want = expected(undisturbed, postgres, seeder, events=CUT_EVENTS)
    proxy = gate("127.0.0.1", postgres.port)
    client = seeder(
        storefront,
        port=proxy.port,
        lock_timeout="500ms",
        delta_transaction_timeout="1s",
        chunk_transaction_timeout="5s",
    )
    client.wait_succeeded(client.full_load(**LOAD))
    chance = random.Random(lost)
    run = client.deltas(max_events=CUT_EVENTS, **FAST)
    client.wait_events(run, 1)
    for cut in range(CUTS):
        hits = proxy.hits
        proxy.cut_after(lost, chance.randrange(1, 4000 if lost == TO_CLIENT else 20_000))
        wait_until(lambda hits=hits: proxy.hits > hits, 20, f"cut {cut} happens")
    assert client.state(client.get(run.name)) == "RUNNING", "the run ended before its last cut"
    done = client.wait_succeeded(run)
    assert done.progress.events_done == CUT_EVENTS
    assert client.digests() == want
    client.assert_consistent()


def test_S4_sigterm_leaves_whole_transactions_and_the_next_process_goes_on(
    storefront, postgres, seeder, undisturbed
):
    want = expected(undisturbed, postgres, seeder, events=1500)
    client = seeder(storefront)
    client.wait_succeeded(client.full_load(**LOAD))
    run = client.deltas(max_events=1500, **FAST)
    client.wait_events(run, 200)
    began = time.monotonic()
    assert client.service.terminate() == 0
    assert time.monotonic() - began < 15
    wait_until(lambda: writers(storefront) == 0, 15, "no session of the seeder is left")
    client.service.restart()
    client.service.wait_ready()
    client.wait_succeeded(run)
    assert client.digests() == want
    client.assert_consistent()


def test_S4_sigkill_in_a_load_and_in_deltas(storefront, postgres, seeder, undisturbed):
    want = expected(undisturbed, postgres, seeder, events=1500)
    client = seeder(storefront)

    def kill() -> None:
        client.service.kill()
        client.service.restart()
        client.service.wait_ready()

    load = client.full_load(**LOAD)
    wait_until(lambda: client.get(load.name).progress.chunks_done > 5, 30, "chunks are done")
    kill()
    client.wait_succeeded(load)
    run = client.deltas(max_events=1500, **FAST)
    for events in (100, 500, 900):
        client.wait_events(run, events)
        kill()
    client.wait_succeeded(run)
    assert client.digests() == want
    client.assert_consistent()


def test_without_auto_resume_the_run_stays_interrupted(storefront, seeder):
    client = seeder(storefront, auto_resume=False)
    client.load_small()
    run = client.deltas(events_per_second=100)
    client.wait_events(run, 20)
    client.service.kill()
    client.service.restart()
    client.service.wait_ready()
    wait_until(
        lambda: client.state(client.get(run.name)) == "INTERRUPTED", 20, "the run is interrupted"
    )
    client.resume(run.name)
    client.wait_events(run, 60)
    client.stop(run.name)
    client.assert_consistent()


def test_a_violation_is_found(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    with psycopg.connect(storefront, autocommit=True) as connection:
        connection.execute("update orders set total = total + 1 where id = 7")
        connection.execute("delete from payments where id = 9")
    found = {r.condition: r.violations for r in client.verify().results}
    assert found["K1"] == 1
    assert found["K2"] == 1
    assert found["K8"] == 1
    assert found["K11"] == 2
    assert found["K4"] == 0


def test_S11_a_dropped_column_interrupts_and_names_itself(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    run = client.deltas(events_per_second=300)
    client.wait_events(run, 50)
    with psycopg.connect(storefront, autocommit=True) as connection:
        connection.execute("alter table customers rename column city to town")
    seen = client.wait_end(run)
    assert client.state(seen) == "INTERRUPTED", seen
    with psycopg.connect(storefront, autocommit=True) as connection:
        connection.execute("alter table customers rename column town to city")
    client.resume(run.name)
    client.wait_events(run, seen.progress.events_done + 50)
    client.stop(run.name)
    with pytest.raises(grpc.RpcError) as caught:
        client.get("seedRuns/deltas-999")
    assert error_of(caught.value).reason == "RESOURCE_NOT_FOUND"
