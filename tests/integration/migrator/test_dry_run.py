"""The dry run: everything happens, nothing stays, and what was locked is told.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import time

import psycopg
from google.rpc import error_details_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

Run = pb.MigrationRun
Step = pb.MigrationStep


def events(p, run: Run, kind: str) -> list[pb.MigrationRunEvent]:
    """Events of this type, from the first message of a watch."""
    request = pb.WatchMigrationRunRequest(name=run.name)
    message = next(iter(p.stub.WatchMigrationRun(request, timeout=20)))
    return [event for event in message.events if event.type == kind]


def info_of(run: Run) -> error_details_pb2.ErrorInfo:
    info = error_details_pb2.ErrorInfo()
    for detail in run.error.details:
        if detail.Unpack(info):
            break
    return info


def relations(p) -> set[str]:
    return {
        row[0]
        for row in p.sql("select relname from pg_class where relnamespace = 'public'::regnamespace")
    }


def test_nothing_stays_of_a_first_dry_run(project):
    p = project(
        {"V1__a.sql": "create table a (i int);", "V2__b.sql": "alter table a add b int;"},
        schemas="public,extra",
    )
    run = p.migrate_ok(dry_run=True)
    assert run.dry_run
    assert [step.state for step in run.steps] == [Step.ROLLED_BACK, Step.ROLLED_BACK]
    assert run.progress.scripts_done == 2
    assert relations(p) == set(), "not even the history table"
    assert p.sql("select 1 from pg_namespace where nspname = 'extra'") == []
    assert run.steps[1].detail == "", "nobody else could see what the run made itself"
    p.migrate_ok()
    assert "a" in relations(p)


def test_locks_are_told_after_each_statement(project):
    p = project(
        {
            "V1__t.sql": "create table orders (id int primary key, total int);\ncreate table other (i int);"
        }
    )
    p.migrate_ok()
    p.write(
        {
            "V2__x.sql": "create index orders_total on orders (total);\n"
            "alter table orders alter column total set default 0;\n"
            "insert into other values (1);"
        }
    )
    run = p.migrate_ok(dry_run=True)
    told = [(event.statement, event.message) for event in events(p, run, "locks")]
    assert told == [
        (1, "SHARE on public.orders"),
        (2, "ACCESS EXCLUSIVE on public.orders"),
        (3, "ROW EXCLUSIVE on public.other"),
    ]
    assert run.steps[0].detail == (
        "holds ACCESS EXCLUSIVE on public.orders, SHARE on public.orders,"
        " ROW EXCLUSIVE on public.other"
    )
    assert p.sql("select 1 from pg_indexes where indexname = 'orders_total'") == []
    assert p.sql("select count(*) from other") == [(0,)]
    assert len(p.history()) == 1


def test_it_stops_before_what_it_could_not_take_back(project):
    p = project(
        {
            "V1__a.sql": "create table a (i int);",
            "V2__i.sql": "create index concurrently a_i on a (i);",
            "V3__b.sql": "create table b (i int);",
        }
    )
    run = p.migrate_ok(dry_run=True)
    assert [step.state for step in run.steps] == [Step.ROLLED_BACK, Step.PENDING, Step.PENDING]
    assert "outside a transaction" in run.steps[1].detail
    assert "V2__i.sql" in run.steps[2].detail
    assert "stops before V2__i.sql" in events(p, run, "notice")[-1].message
    assert relations(p) == set()


def test_a_failure_is_placed_and_rolled_back(project):
    p = project({"V1__a.sql": "create table a (i int);", "V2__b.sql": "select 1;\nselect 1/0;"})
    run = p.migrate(dry_run=True)
    assert run.state == Run.FAILED
    info = info_of(run)
    assert (info.reason, info.metadata["line"]) == ("SCRIPT_FAILED", "2")
    assert [step.state for step in run.steps] == [Step.ROLLED_BACK, Step.FAILED]
    assert relations(p) == set()


def test_nobody_waits_long_behind_a_lock_that_is_only_tried(project):
    p = project({"V1__a.sql": "create table a (i int);"}, lock_timeout="60s")
    p.migrate_ok()
    p.write({"V2__b.sql": "alter table a add b int;"})
    with psycopg.connect(p.url) as blocker:
        blocker.execute("select * from a")
        begin = time.monotonic()
        run = p.migrate(dry_run=True)
        assert time.monotonic() - begin < 10
    assert info_of(run).reason == "LOCK_TIMEOUT"
    assert p.migrate_ok(dry_run=True).steps[0].state == Step.ROLLED_BACK


def test_callbacks_are_part_of_it(project):
    p = project(
        {
            "V1__a.sql": "insert into made_before values (1);",
            "beforeMigrate.sql": "create table made_before (i int);",
            "afterMigrate.sql": "vacuum;",
        }
    )
    run = p.migrate_ok(dry_run=True)
    assert relations(p) == set()
    assert [event.script for event in events(p, run, "callback")] == ["beforeMigrate.sql"]
    assert "left out" in events(p, run, "notice")[0].message


def test_a_cancel_ends_it(project):
    p = project({"V1__a.sql": "select pg_sleep(60);"})
    run = p.start(dry_run=True)
    p.cancel(run.name)
    ended = p.wait(run.name, deadline=10)
    assert ended.state == Run.CANCELLED
    assert relations(p) == set()
    p.wait_without_sessions()
