"""Undo: applied migrations are taken back, newest first, each whole or not at all.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random

import pytest
from history_calls import (
    Run,
    Step,
    database_of,
    hold,
    is_in,
    kinds,
    reason_of,
    run,
    run_ok,
    start,
    steps,
    tables,
    undoable,
    wait_for_worker,
)
from storefront.migrator.v1 import migrator_pb2 as pb

from tcp_gate import TO_CLIENT, TO_SERVER
from wait import wait_until


def test_the_newest_is_undone_and_applied_again_as_often_as_wanted(project):
    p = project(undoable(2))
    p.migrate_ok()
    for turn in range(3):
        undone = run_ok(p, "undo")
        assert (undone.kind, steps(undone)) == (Run.UNDO, ["UNDO V2"])
        assert (undone.initial_version, undone.final_version) == ("2", "1")
        assert undone.steps[0].installed_rank == 3 + 2 * turn
        assert undone.steps[0].script == "U2__t.sql"
        assert tables(p) == {"t1"}
        assert p.lines()[-1] == "V2 PENDING"
        assert f"V2@{2 + 2 * turn} DELETED" in p.lines()
        assert steps(p.migrate_ok()) == ["APPLY V2"]
        assert tables(p) == {"t1", "t2"}
    assert kinds(p) == [
        "SQL 1",
        "SQL 2",
        "DELETE 2",
        "SQL 2",
        "DELETE 2",
        "SQL 2",
        "DELETE 2",
        "SQL 2",
    ]
    row = "select version, description, script, checksum, success from flyway_schema_history"
    assert p.sql(f"{row} where installed_rank = 3") == p.sql(f"{row} where installed_rank = 2")
    assert p.stub.ValidateMigrations(pb.ValidateMigrationsRequest()).valid


def test_all_above_the_target_newest_first(project):
    p = project({**undoable(4), "R__v.sql": "create or replace view v as select 1 as one;"})
    p.migrate_ok()
    assert steps(run_ok(p, "undo", target="2")) == ["UNDO V4", "UNDO V3"]
    assert not run_ok(p, "undo", target="2").steps, "a repeat changes nothing"
    assert not run_ok(p, "undo", target="4").steps
    assert steps(run_ok(p, "undo", target="0?")) == ["UNDO V2", "UNDO V1"]
    assert tables(p) == set()
    assert not run_ok(p, "undo").steps, "nothing is left"
    assert p.migrate_ok().final_version == "4"


def test_every_missing_file_is_named_and_nothing_runs(project, fails):
    p = project(undoable(4))
    p.migrate_ok()
    (p.folder / "U1__t.sql").unlink()
    (p.folder / "U3__t.sql").unlink()
    error = fails(lambda: start(p, "undo", target="0?"))
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "UNDO_SCRIPT_MISSING")
    assert "V3" in error.message and "V1" in error.message
    assert tables(p) == {"t1", "t2", "t3", "t4"}


@pytest.mark.parametrize(
    ("files", "target", "reason"),
    [
        ({"U2__t.sql": "drop index concurrently if exists i;"}, "", "UNDO_REFUSED"),
        ({"U2__t.sql": "begin; drop table t2; commit;"}, "", "UNDO_REFUSED"),
        ({"U2__t.sql": "drop table '"}, "", "INVALID_SCRIPT"),
        ({"U2__t.sql": "drop table ${nobody};"}, "", "MISSING_PLACEHOLDER"),
        ({}, "9", "TARGET_NOT_FOUND"),
        ({}, "latest", "INVALID_FIELD"),
    ],
)
def test_what_cannot_be_undone(project, fails, files, target, reason):
    p = project(undoable(2))
    p.migrate_ok()
    p.write(files)
    assert fails(lambda: start(p, "undo", target=target)).reason == reason
    assert fails(lambda: start(p, "undo", target=target, validate_only=True)).reason == reason
    assert kinds(p) == ["SQL 1", "SQL 2"]


def test_a_version_from_a_baseline_is_not_undone(project, fails):
    p = project({"B2__base.sql": "create table base (i int);", **undoable(3)})
    p.migrate_ok()
    assert kinds(p) == ["SQL_BASELINE 2", "SQL 3"]
    assert fails(lambda: start(p, "undo", target="1")).reason == "UNDO_REFUSED"
    run_ok(p, "undo")
    assert fails(lambda: start(p, "undo")).reason == "UNDO_REFUSED"


def test_the_database_must_be_named(project, fails):
    p = project(undoable(1))
    p.migrate_ok()
    for typed in ("", "postgres", database_of(p).upper()):
        error = fails(lambda typed=typed: start(p, "undo", confirmation=typed))
        assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "CONFIRMATION_MISMATCH")
        assert list(error.fields) == ["confirmation"]
    shown = start(p, "undo", confirmation="", validate_only=True)
    assert (shown.name, steps(shown)) == ("", ["UNDO V1"])
    assert tables(p) == {"t1"}


def test_a_failure_stops_it_and_names_the_place(project):
    p = project(undoable(3))
    p.migrate_ok()
    p.write({"U2__t.sql": "drop table t2;\nselect * from nowhere;"})
    ended = run(p, "undo", target="0?")
    reason, facts = reason_of(ended)
    assert (ended.state, reason) == (Run.FAILED, "SCRIPT_FAILED")
    assert (facts["file"], facts["line"], facts["sqlstate"]) == ("U2__t.sql", "2", "42P01")
    assert [step.state for step in ended.steps] == [Step.APPLIED, Step.FAILED, Step.PENDING]
    assert tables(p) == {"t1", "t2"}, "what was undone before stays undone"
    assert kinds(p) == ["SQL 1", "SQL 2", "SQL 3", "DELETE 3"]


def test_a_watcher_sees_it_and_a_second_run_is_refused(project, fails):
    p = project(undoable(2))
    p.migrate_ok()
    p.write({"U2__t.sql": "select pg_sleep(1.5); drop table t2;"})
    name = start(p, "undo").name
    for other in ("baseline", "repair", "undo"):
        error = fails(lambda other=other: start(p, other))
        assert (error.reason, error.metadata["run"]) == ("RUN_ACTIVE", name)
    assert fails(p.start).reason == "RUN_ACTIVE"
    seen, last = {}, None
    for message in p.stub.WatchMigrationRun(pb.WatchMigrationRunRequest(name=name), timeout=30):
        seen |= dict.fromkeys(event.type for event in message.events)
        last = message.run
    assert last.state == Run.SUCCEEDED
    assert [each for each in seen if each != "notice"] == [
        "lock_acquired",
        "validated",
        "migration_started",
        "statement_started",
        "statement_finished",
        "migration_finished",
        "finished",
    ]


def test_cancel_takes_the_script_under_way_back(project):
    p = project(undoable(3))
    p.migrate_ok()
    p.write({"U2__t.sql": "drop table t2; select pg_sleep(60);"})
    name = start(p, "undo", target="0?").name
    wait_until(lambda: p.get(name).steps[1].state == Step.RUNNING, 20, "the second script runs")
    p.cancel(name)
    ended = p.wait(name, deadline=2)
    assert ended.state == Run.CANCELLED
    assert tables(p) == {"t1", "t2"}
    assert kinds(p) == ["SQL 1", "SQL 2", "SQL 3", "DELETE 3"]
    p.wait_without_sessions(2)


def test_M2_kill_inside_an_undo_script(project):
    p = project(undoable(2))
    p.migrate_ok()
    p.write({"U2__t.sql": "drop table t2;\nselect pg_sleep(60);"})
    start(p, "undo")
    wait_until(lambda: is_in(p, "pg_sleep"), 20, "the table is dropped in it")
    p.service.kill()
    p.wait_without_sessions()
    assert (tables(p), kinds(p)) == ({"t1", "t2"}, ["SQL 1", "SQL 2"])
    p.service.start()
    p.write({"U2__t.sql": "drop table t2;"})
    assert steps(run_ok(p, "undo")) == ["UNDO V2"]


def assert_undone_whole(p, count: int) -> None:
    """Tables and live rows are the same versions, and no version was undone twice."""
    found = kinds(p)
    live = [f"t{i}" for i in range(1, count + 1) if f"DELETE {i}" not in found]
    assert tables(p) == set(live)
    assert len(found) == len(set(found))


def test_M3_kill_between_undo_scripts(project):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    p = project(undoable(60))
    p.migrate_ok()
    start(p, "undo", target="0?")
    stop_at = random.Random(seed).randrange(1, 50)
    wait_until(lambda: len(p.history()) >= 60 + stop_at, 30, "some are undone", interval=0.001)
    p.service.kill()
    p.wait_without_sessions()
    assert_undone_whole(p, 60)
    p.service.start()
    run_ok(p, "undo", target="0?")
    assert tables(p) == set()
    assert_undone_whole(p, 60)


def test_M3_postgres_killed_at_a_random_point_of_an_undo(project, new_postgres):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    server = new_postgres()
    p = project(undoable(60), url=server.create_database("undo"))
    p.migrate_ok()
    name = start(p, "undo", target="10").name
    stop_at = random.Random(seed).randrange(0, 45)
    wait_until(
        lambda: p.get(name).progress.scripts_done >= stop_at, 30, "some are undone", interval=0.001
    )
    server.kill()
    server.start()
    ended = p.wait(name)
    assert ended.state == Run.SUCCEEDED, ended.error
    assert {step.state for step in ended.steps} == {Step.APPLIED}
    assert tables(p) == {f"t{i}" for i in range(1, 11)}
    assert_undone_whole(p, 60)


@pytest.mark.parametrize("twin", ["the COMMIT never arrives", "the answer is lost"])
def test_M5_connection_cut_in_the_commit_of_an_undo(project, database, postgres, gate, twin):
    between = gate("127.0.0.1", postgres.port)
    p = project(undoable(3), url=database.replace(f":{postgres.port}/", f":{between.port}/"))
    p.url = database
    p.migrate_ok()
    if twin == "the COMMIT never arrives":
        between.drop_from(TO_SERVER, b"drop table t3")
    else:
        between.drop_from(TO_CLIENT, b"DROP TABLE")
    name = start(p, "undo").name
    wait_until(lambda: between.hits >= 1, 20, "the rule fired")
    if twin != "the COMMIT never arrives":
        wait_until(lambda: "DELETE 3" in kinds(p), 20, "the server committed")
    between.cut()
    ended = p.wait(name)
    assert ended.state == Run.SUCCEEDED, ended.error
    assert ended.steps[0].installed_rank == 4
    assert tables(p) == {"t1", "t2"}, "the newest once, the next one not"
    assert kinds(p) == ["SQL 1", "SQL 2", "SQL 3", "DELETE 3"]


def test_M7_a_held_table_ends_an_undo_with_its_blocker(project):
    p = project(undoable(1), lock_timeout="1200ms", lock_retries=1)
    p.migrate_ok()
    with hold(p, "select * from t1") as blocker:
        name = start(p, "undo").name
        wait_for_worker(p)
        ended = p.wait(name)
        reason, facts = reason_of(ended)
        assert (ended.state, reason) == (Run.FAILED, "LOCK_TIMEOUT")
        assert facts["blocker_pid"] == str(blocker.info.backend_pid)
        assert ended.steps[0].attempts == 2
    assert kinds(p) == ["SQL 1"]


def test_the_text_of_an_undo_is_kept_with_its_row(project):
    files = undoable(2)
    p = project(files)
    p.migrate_ok()
    undone = run_ok(p, "undo")
    kept = p.sql(
        "select a.installed_rank, a.script, s.text from storefront_migrator.application a"
        " join storefront_migrator.script s using (sha256) where a.run = %s",
        undone.name.removeprefix("migrationRuns/"),
    )
    assert kept == [(3, "U2__t.sql", files["U2__t.sql"])]


@pytest.mark.parametrize("options", [{"group": True}, {"mixed": True}, {"skip_executing": True}])
def test_the_texts_of_other_runs_are_kept_too(project, options):
    files = {"V1__a.sql": "create table a (i int);", "V2__b.sql": "create table b (i int);"}
    if "mixed" in options:
        files["V2__b.sql"] += "\ncreate index concurrently b_i on b (i);"
    p = project(files)
    p.migrate_ok(**options)
    kept = p.sql(
        "select a.installed_rank, a.script, s.text from storefront_migrator.application a"
        " join storefront_migrator.script s using (sha256) order by 1"
    )
    assert kept == [(1, "V1__a.sql", files["V1__a.sql"]), (2, "V2__b.sql", files["V2__b.sql"])]
