"""ForceUnlock: the session that holds the history lock is ended, and only that one.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import psycopg
import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from history_calls import LOCK_KEY, Run, database_of, undoable
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until


def holder_of(p) -> pb.LockHolder:
    return p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest()).lock_holder


def force(p, pid: int, begin: timestamp_pb2.Timestamp, **more: str) -> pb.LockHolder:
    more.setdefault("confirmation", database_of(p))
    request = pb.ForceUnlockRequest(pid=pid, backend_start_time=begin, **more)
    return p.stub.ForceUnlock(request, timeout=20).ended


@pytest.fixture
def holder(database):
    """A session that holds the lock and has forgotten it."""
    session = psycopg.connect(database, application_name="forgotten", autocommit=True)
    session.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
    yield session
    session.close()


def test_the_holder_is_ended_and_a_waiting_run_goes_on(project, holder):
    p = project(undoable(1))
    name = p.start(lock_wait=duration_pb2.Duration(seconds=60)).name
    wait_until(lambda: p.get(name).state == Run.WAITING_FOR_LOCK, 10, "the run waits")
    seen = p.get(name).lock_holder
    ended = force(p, seen.pid, seen.backend_start_time)
    assert (ended.pid, ended.application_name) == (holder.info.backend_pid, "forgotten")
    assert ended.backend_start_time == seen.backend_start_time
    assert p.wait(name).state == Run.SUCCEEDED
    with pytest.raises(psycopg.OperationalError):
        holder.execute("select 1")


def test_only_the_session_that_is_named(project, holder, fails):
    p = project(undoable(1))
    seen = holder_of(p)
    with psycopg.connect(p.url, autocommit=True) as bystander:
        other = bystander.info.backend_pid
        began = timestamp_pb2.Timestamp()
        began.FromDatetime(
            bystander.execute(
                "select backend_start at time zone 'utc' from pg_stat_activity where pid = %s",
                (other,),
            ).fetchone()[0]
        )
        later = timestamp_pb2.Timestamp()
        later.CopyFrom(seen.backend_start_time)
        later.nanos = (later.nanos + 1000) % 1_000_000_000
        for pid, begin in (
            (other, began),
            (seen.pid, later),
            (seen.pid, timestamp_pb2.Timestamp(seconds=1)),
            (2**31 - 1, seen.backend_start_time),
        ):
            error = fails(lambda pid=pid, begin=begin: force(p, pid, begin))
            assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "LOCK_NOT_HELD")
        assert bystander.execute("select 1").fetchone() == (1,)
    assert holder.execute("select 1").fetchone() == (1,)
    assert holder_of(p).pid == seen.pid


def test_another_lock_is_not_ours(project, fails):
    p = project(undoable(1))
    with psycopg.connect(p.url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", (LOCK_KEY + 1,))
        began = timestamp_pb2.Timestamp()
        began.FromDatetime(
            other.execute(
                "select backend_start at time zone 'utc' from pg_stat_activity"
                " where pid = pg_backend_pid()"
            ).fetchone()[0]
        )
        error = fails(lambda: force(p, other.info.backend_pid, began))
        assert error.reason == "LOCK_NOT_HELD"
        assert other.execute("select 1").fetchone() == (1,)


def test_the_database_must_be_named(project, holder, fails):
    p = project(undoable(1))
    seen = holder_of(p)
    for typed in ("", "postgres"):
        error = fails(
            lambda typed=typed: force(p, seen.pid, seen.backend_start_time, confirmation=typed)
        )
        assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "CONFIRMATION_MISMATCH")
        assert list(error.fields) == ["confirmation"]
    assert holder_of(p).pid == seen.pid


def test_what_is_missing_is_named(project, fails):
    p = project(undoable(1))
    error = fails(lambda: p.stub.ForceUnlock(pb.ForceUnlockRequest()))
    assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert set(error.fields) >= {"pid", "backend_start_time"}


def test_a_repeat_with_its_request_id_has_the_same_answer(project, holder):
    p = project(undoable(1))
    seen = holder_of(p)
    first = force(p, seen.pid, seen.backend_start_time, request_id="once")
    assert force(p, seen.pid, seen.backend_start_time, request_id="once") == first


def test_a_run_whose_session_is_ended_on_purpose_fails(project):
    p = project({**undoable(1), "V2__sleep.sql": "create table s (i int); select pg_sleep(60);"})
    name = p.start().name
    seen = wait_until(
        lambda: (h := holder_of(p)).application_name.startswith("storefront-migrator") and h,
        10,
        "our own worker holds it",
    )
    wait_until(lambda: p.get(name).progress.current_script == "V2__sleep.sql", 10, "it sleeps")
    force(p, seen.pid, seen.backend_start_time)
    ended = p.wait(name)
    assert ended.state == Run.FAILED
    assert [row[1] for row in p.history()] == ["1"]
    assert p.sql("select to_regclass('s')") == [(None,)]
