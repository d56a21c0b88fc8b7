"""Repair: the history is brought in line with the files, all at once or not at all.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random
import zlib

import psycopg
from history_calls import (
    Run,
    hold,
    kinds,
    reason_of,
    rows,
    run,
    run_ok,
    start,
    steps,
    wait_for_worker,
)
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until


def test_M4_whole_from_the_kill_to_the_index(project, fails):
    p = project({"V1__t.sql": "create table t (i int); insert into t values (1), (1);"})
    p.migrate_ok()
    p.write({"V2__i.sql": "create index concurrently t_i on t (i);"})
    with psycopg.connect(p.url) as blocker:
        blocker.execute("insert into t values (2)")  # the index waits for this transaction
        p.start()
        wait_until(
            lambda: p.sql(
                "select 1 from pg_stat_activity where query like 'create index%' and state = 'active'"
            ),
            20,
            "the index is being built",
        )
        p.service.kill()
        p.wait_without_sessions()
    assert p.history()[-1] == (2, "2", "V2__i.sql", False)
    p.service.start()
    status = p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest())
    assert [(f.script, list(f.invalid_indexes)) for f in status.failed] == [
        ("V2__i.sql", ["public.t_i"])
    ]
    assert fails(p.start).reason == "DIRTY_HISTORY"
    shown = start(p, "repair", drop_invalid_indexes=True, validate_only=True)
    repaired = run_ok(p, "repair", drop_invalid_indexes=True)
    assert steps(shown) == steps(repaired) == ["REMOVE_FAILED V2", "DROP_INDEX V2"]
    assert repaired.steps[1].detail == "public.t_i on t"
    assert p.sql("select to_regclass('t_i')") == [(None,)]
    assert p.migrate_ok().final_version == "2"
    assert p.sql("select indisvalid from pg_index where indexrelid = 't_i'::regclass") == [(True,)]
    assert not run_ok(p, "repair", drop_invalid_indexes=True).steps


def test_M4_an_index_of_somebody_else_stays(project):
    p = project({"V1__t.sql": "create table t (i int); insert into t values (1), (1);"})
    p.migrate_ok()
    p.sql("create table strange (i int)")
    p.sql("insert into strange values (1), (1)")
    p.write({"V2__i.sql": "create unique index concurrently t_i on t (i);"})
    failed = p.migrate()
    assert reason_of(failed)[1]["invalid_indexes"] == "public.t_i"
    with psycopg.connect(p.url, autocommit=True) as other:
        try:
            other.execute("create unique index concurrently strange_i on strange (i)")
        except psycopg.errors.UniqueViolation:
            pass
    without = run_ok(p, "repair")
    assert steps(without) == ["REMOVE_FAILED V2"]
    assert len(p.sql("select 1 from pg_index where not indisvalid")) == 2
    assert p.migrate().state == Run.FAILED, "what is left of the index is in its way"
    assert steps(run_ok(p, "repair", drop_invalid_indexes=True))[1:] == ["DROP_INDEX V2"]
    assert p.sql("select indexrelid::regclass::text from pg_index where not indisvalid") == [
        ("strange_i",)
    ]


def test_everything_at_once(project):
    p = project(
        {
            "V1__one.sql": "create table a (i int);",
            "V2__two.sql": "create table b (i int);",
            "V4__four.sql": "create table d (i int);",
            "R__gone.sql": "create or replace view gone as select 1 as one;",
            "R__kept.sql": "create or replace view kept as select '${word}' as word;",
        },
        placeholders="word=hello",
    )
    p.migrate_ok()
    p.write(
        {
            "V1__one_renamed.sql": "create table a (i int);",
            "V4__four.sql": "create table d (i int, j int);",
            "V5__bad.sql": "create index concurrently i on nowhere (i);",
            "V6__newer.sql": "select 6;",
        }
    )
    for name in ("V1__one.sql", "V2__two.sql", "R__gone.sql"):
        (p.folder / name).unlink()
    p.sql("update flyway_schema_history set type = 'JDBC' where version = '4'")
    kept = p.sql("select checksum from flyway_schema_history where script = 'R__kept.sql'")
    p.sql(
        "insert into flyway_schema_history values (6, '5', 'bad', 'SQL', 'V5__bad.sql', 1, 'x', now(), 1, false)"
    )
    p.sql(
        "insert into flyway_schema_history values (7, '9', 'future', 'SQL', 'V9__future.sql', 1, 'x', now(), 1, true)"
    )
    repaired = run_ok(p, "repair")
    assert steps(repaired) == [
        "REMOVE_FAILED V5",
        "MARK_DELETED V2",
        "MARK_DELETED R__gone",
        "ALIGN V1",
        "ALIGN V4",
    ]
    assert "type JDBC to SQL" in repaired.steps[4].detail
    assert kinds(p) == [
        "SQL 1",
        "SQL 2",
        "SQL 4",
        "SQL gone",
        "SQL kept",
        "SQL 9",
        "DELETE 2",
        "DELETE gone",
    ]
    assert [row[3] for row in rows(p)][:1] == ["one renamed"]
    assert p.sql("select script from flyway_schema_history where installed_rank = 1") == [
        ("V1__one.sql",)
    ], "the script stays"
    assert p.sql("select checksum from flyway_schema_history where script = 'R__kept.sql'") == kept
    assert not run_ok(p, "repair").steps, "a repeat changes nothing"
    assert p.stub.ValidateMigrations(
        pb.ValidateMigrationsRequest(ignore_patterns=["*:pending", "*:ignored", "*:future"])
    ).valid
    assert "V2@2 DELETED" in p.lines()


def test_a_repeatable_is_aligned_from_its_raw_checksum_only(project):
    p = project({"R__v.sql": "create or replace view v as select '${w}' as w;"}, placeholders="w=x")
    p.migrate_ok()
    right = rows(p)[0][4]
    p.sql("update flyway_schema_history set checksum = 12345")
    assert not run_ok(p, "repair").steps, "it is outdated and is applied again"
    # CRC-32 of the file's only line, as the history keeps it.
    raw = zlib.crc32(b"create or replace view v as select '${w}' as w;")
    raw = raw - (1 << 32) if raw >= 1 << 31 else raw
    p.sql(f"update flyway_schema_history set checksum = {raw}")
    assert steps(run_ok(p, "repair")) == ["ALIGN R__v@1"]
    assert rows(p)[0][4] == right


def test_files_that_cannot_be_used_are_refused(project, fails):
    p = project({"V1__t.sql": "select 1;"})
    p.migrate_ok()
    p.write({"notes.sql": ""})
    assert fails(lambda: start(p, "repair")).reason == "INVALID_NAME"


def test_a_database_without_history_needs_no_repair(project):
    p = project({"V1__t.sql": "select 1;"})
    assert not run_ok(p, "repair").steps
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]


def broken(count: int) -> dict[str, str]:
    return {f"V{i}__t.sql": f"create table t{i} (i int);" for i in range(1, count + 1)}


def test_M4_a_repair_that_is_killed_is_not_done_by_half(project):
    p = project(broken(20), lock_timeout="30s")
    p.migrate_ok()
    p.write({"V21__i.sql": "create unique index concurrently i on t1 (i);"})
    p.sql("insert into t1 values (1), (1)")
    p.migrate()
    for i in range(2, 12):
        (p.folder / f"V{i}__t.sql").unlink()
    before = rows(p)
    with hold(p, "select * from t1"):  # the index cannot be dropped while this reads it
        start(p, "repair", drop_invalid_indexes=True)
        wait_for_worker(p)
        assert rows(p) == before, "nothing is seen of it"
        p.service.kill()
        p.wait_without_sessions()
    assert rows(p) == before
    p.service.start()
    assert len(run_ok(p, "repair", drop_invalid_indexes=True).steps) == 12
    assert len(rows(p)) == 30


def test_M4_postgres_killed_around_a_repair(project, new_postgres):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = new_postgres()
    p = project(broken(30), url=server.create_database("repair"))
    p.migrate_ok()
    for i in range(1, 30):
        (p.folder / f"V{i}__t.sql").unlink()
    before = len(rows(p))
    name = start(p, "repair").name
    wait_until(lambda: chance.random() < 0.5, 1, "a while", interval=0.002)
    server.kill()
    server.start()
    ended = p.wait(name)
    assert ended.state == Run.SUCCEEDED, ended.error
    assert (before, len(rows(p))) == (30, 59)
    assert len(ended.steps) == 29
    assert not run_ok(p, "repair").steps


def test_cancel_takes_a_repair_back(project):
    p = project(
        {"V1__t.sql": "create table t (i int); insert into t values (1), (1);"}, lock_timeout="30s"
    )
    p.migrate_ok()
    p.write({"V2__i.sql": "create unique index concurrently i on t (i);"})
    p.migrate()
    before = rows(p)
    with hold(p, "select * from t"):
        name = start(p, "repair", drop_invalid_indexes=True).name
        wait_for_worker(p)
        p.cancel(name)
        assert p.wait(name, deadline=2).state == Run.CANCELLED
    assert rows(p) == before


def test_M7_a_held_table_ends_a_repair_with_its_blocker(project):
    p = project(
        {"V1__t.sql": "create table t (i int); insert into t values (1), (1);"},
        lock_timeout="1200ms",
        lock_retries=1,
    )
    p.migrate_ok()
    p.write({"V2__i.sql": "create unique index concurrently i on t (i);"})
    p.migrate()
    with hold(p, "select * from t") as blocker:
        ended = run(p, "repair", drop_invalid_indexes=True)
        reason, facts = reason_of(ended)
        assert (ended.state, reason) == (Run.FAILED, "LOCK_TIMEOUT")
        assert facts["blocker_pid"] == str(blocker.info.backend_pid)
    assert kinds(p) == ["SQL 1", "SQL 2"]


def test_M10_a_foreign_owner_is_named(project, fails):
    p = project({"V1__t.sql": "create table t (i int);"})
    p.migrate_ok()
    user = f"stranger_{os.getpid()}"
    p.sql(f"create role {user} login password 'x'")
    other = project({}, url=p.url.replace("postgres:postgres@", f"{user}:x@"), wait=False)
    for kind in ("repair", "undo", "baseline"):
        error = wait_until(lambda kind=kind: fails(lambda: start(other, kind)), 20, "it answers")
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "HISTORY_DENIED")
    p.sql(f"drop role {user}")
