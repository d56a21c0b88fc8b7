"""SIGKILL and cut connections at many random points: history rows equal effects, always.

Each script makes its table and writes its name; what a crash must never do is to leave one without
the other. Seeds are printed; STOREFRONT_TEST_SEED replays one.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random

import grpc
import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

from tcp_gate import TO_CLIENT, TO_SERVER
from wait import wait_until

Run = pb.MigrationRun
COMMIT = b"\0commit\0"  # as the Parse message has it; synchronous_commit is something else
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE.value[0]
ENDED = {Run.SUCCEEDED, Run.FAILED, Run.CANCELLED, Run.INTERRUPTED}


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("STOREFRONT_TEST_SEED", int.from_bytes(os.urandom(4))))
    print(f"STOREFRONT_TEST_SEED={seed}")
    return random.Random(seed)


def scripts(first: int, count: int) -> dict[str, str]:
    return {
        f"V{i}__t.sql": f"create table t{i} (i int);\ninsert into log (name) values ('V{i}__t.sql');\n"
        for i in range(first, first + count)
    }


FIRST = {"V1__log.sql": "create table log (name text);\ninsert into log values ('V1__log.sql');\n"}


def assert_rows_equal_effects(p) -> int:
    """How many scripts are applied; each has its row, its table and its line once."""
    if p.sql("select to_regclass('flyway_schema_history')")[0][0] is None:
        assert p.sql("select to_regclass('log')")[0][0] is None
        return 0
    history = p.history()
    assert all(row[3] for row in history), "a transactional script left a failed row"
    assert [row[0] for row in history] == list(range(1, len(history) + 1))
    rows = sorted(row[2] for row in history)
    logged = [] if not history else sorted(row[0] for row in p.sql("select name from log"))
    assert rows == logged, "history rows and effects differ"
    tables = p.sql("select count(*) from pg_class where relkind = 'r' and relname ~ '^t[0-9]+$'")
    assert tables == [(max(0, len(history) - 1),)]
    return len(history)


def applied(p) -> int:
    """Without the service: it may be dead."""
    known = p.sql("select to_regclass('flyway_schema_history') is not null")[0][0]
    return p.sql("select count(*) from flyway_schema_history")[0][0] if known else 0


def test_M2_M3_kill_9_of_the_migrator_at_24_random_points(project, chance):
    p = project({**FIRST, **scripts(2, 99)})
    total, points = 100, []
    while len(points) < 24:
        before = applied(p)
        if total - before < 20:  # enough left to be killed in
            p.write(scripts(total + 1, 100))
            total += 100
        name = p.start().name
        goal = before + chance.randrange(0, total - before)
        wait_until(
            lambda goal=goal, name=name: applied(p) >= goal or p.get(name).state in ENDED,
            60,
            "some are applied",
            interval=0.0005,
        )
        p.service.kill()
        p.wait_without_sessions(5)
        points.append(assert_rows_equal_effects(p) - before)
        p.service.start()
    assert sum(1 for point in points if 0 < point) >= 12, points
    p.migrate_ok()
    assert assert_rows_equal_effects(p) == total


def test_M2_M3_kill_9_of_postgres_at_20_random_points(project, new_postgres, chance):
    server = new_postgres()
    p = project({**FIRST, **scripts(2, 99)}, url=server.create_database("killed"))
    total = 100
    name = p.start().name
    for _ in range(20):
        run = p.get(name)
        if run.state in ENDED:
            # INTERRUPTED or FAILED never: an outage of seconds is waited for.
            assert run.state == Run.SUCCEEDED, run.error
            assert assert_rows_equal_effects(p) == total
            p.write(scripts(total + 1, 100))
            total += 100
            name = p.start().name
            run = p.get(name)
        goal = run.progress.scripts_done + chance.randrange(0, 60)
        wait_until(
            lambda goal=goal, name=name: (
                (now := p.get(name)).progress.scripts_done >= goal or now.state in ENDED
            ),
            60,
            "some are applied",
            interval=0.0005,
        )
        server.kill()
        server.start()
        # A crash may take back the last ones, each whole.
        assert_rows_equal_effects_while_running(p)
    run = p.wait(name)
    assert run.state == Run.SUCCEEDED, run.error
    assert assert_rows_equal_effects(p) == total


def assert_rows_equal_effects_while_running(p) -> None:
    """One snapshot: the run has reconnected and goes on."""
    known = p.sql("select to_regclass('flyway_schema_history') is not null")[0][0]
    if not known or p.sql("select to_regclass('log')")[0][0] is None:
        return
    differences = p.sql(
        "select coalesce(h.script, l.name) from flyway_schema_history h"
        " full join log l on l.name = h.script where h.script is null or l.name is null"
    )
    assert differences == []


@pytest.mark.parametrize("twin", ["before its effect", "after its effect"])
def test_M5_cut_inside_the_commit(project, database, postgres, gate, twin):
    between = gate("127.0.0.1", postgres.port)
    p = project(
        {**FIRST, **scripts(2, 3)},
        url=database.replace(f":{postgres.port}/", f":{between.port}/"),
    )
    p.url = database
    p.migrate_ok(target="1")
    if twin == "before its effect":
        between.drop_from(TO_SERVER, COMMIT)  # the statements arrive, their COMMIT does not
    else:
        between.lose_reply_to(COMMIT)
    name = p.start().name
    wait_until(lambda: between.hits >= 1, 20, "the rule fired")
    if twin == "after its effect":
        wait_until(lambda: applied(p) >= 2, 20, "the server committed")
    else:
        wait_until(
            lambda: p.sql(
                "select 1 from pg_stat_activity where backend_xid is not null"
                " and wait_event = 'ClientRead' and application_name = 'storefront-migrator worker'"
            ),
            20,
            "the server waits for the COMMIT",
        )
        assert applied(p) == 1
    between.cut()
    run = p.wait(name)
    assert run.state == Run.SUCCEEDED, run.error
    assert assert_rows_equal_effects(p) == 4
    p.wait_without_sessions(5)


def test_M5_cut_at_100_random_bytes(project, database, postgres, gate, chance):
    between = gate("127.0.0.1", postgres.port)
    p = project(
        {**FIRST, **scripts(2, 299)},
        url=database.replace(f":{postgres.port}/", f":{between.port}/"),
        wait=False,
    )
    p.url = database
    p.service.wait_ready()
    total, cuts, name = 300, 0, ""
    while cuts < 100:
        if not name or p.get(name).state in ENDED:
            if name:
                run = p.get(name)
                # More than the allowed losses of one script may end a run; nothing else may.
                assert run.state == Run.SUCCEEDED or run.error.code == UNAVAILABLE, run.error
                assert_rows_equal_effects(p)
            if applied(p) > total - 50:
                p.write(scripts(total + 1, 300))
                total += 300
            between.forward()
            name = start_patiently(p)
        between.cut_after(chance.choice((TO_SERVER, TO_CLIENT)), chance.randrange(1, 6000))
        before = between.hits
        wait_until(
            lambda before=before, name=name: between.hits > before or p.get(name).state in ENDED,
            60,
            "the cut, or the end of the run",
            interval=0.0005,
        )
        cuts += between.hits - before
    between.forward()
    p.wait(name)
    assert_rows_equal_effects(p)
    p.migrate_ok()
    assert assert_rows_equal_effects(p) == total
    p.wait_without_sessions(5)


def start_patiently(p) -> str:
    """Migrate again while its own first connection is what was cut."""

    def started() -> str:
        try:
            return p.start().name
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED), error
            return ""

    return wait_until(started, 60, "a run starts")
