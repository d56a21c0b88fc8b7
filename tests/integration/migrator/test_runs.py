"""Runs outlive their process: what is kept of them, and how it is followed.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import time

import grpc
import pytest
from google.rpc import error_details_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until

Run = pb.MigrationRun


def watch(p, name: str, after: int = 0, pause: float = 0) -> list[pb.WatchMigrationRunResponse]:
    """Every message until the stream ends, read with a pause after each."""
    messages = []
    request = pb.WatchMigrationRunRequest(name=name, after_sequence=after)
    for message in p.stub.WatchMigrationRun(request, timeout=60):
        messages.append(message)
        if pause:
            time.sleep(pause)
    return messages


def events_of(messages: list[pb.WatchMigrationRunResponse]) -> list[pb.MigrationRunEvent]:
    return [event for message in messages for event in message.events]


def stored_events(p, name: str, kind: str = "%") -> int:
    run = name.removeprefix("migrationRuns/")
    query = "select count(*) from storefront_migrator.run_event where run = %s and type like %s"
    return p.sql(query, run, kind)[0][0]


def listed(p) -> list[str]:
    answer = p.stub.ListMigrationRuns(pb.ListMigrationRunsRequest(page_size=1000), timeout=10)
    return [run.name for run in answer.migration_runs]


def info_of(run: Run) -> tuple[str, dict[str, str]]:
    """Reason and metadata of a run's error."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in run.error.details)
    return info.reason, dict(info.metadata)


def many(count: int) -> dict[str, str]:
    return {f"V{i}__t.sql": f"create table t{i} (i int);\n" for i in range(1, count + 1)}


def test_a_run_is_the_same_after_a_restart(project):
    p = project({"V1__a.sql": "create table a (i int);", "V2__b.sql": "select 1; select 2;"})
    first = p.migrate_ok()
    second = p.migrate_ok()
    seen = events_of(watch(p, first.name))
    p.service.restart()
    p.service.wait_ready()
    assert p.get(first.name) == first
    assert listed(p) == [second.name, first.name]
    messages = watch(p, first.name)
    assert messages[-1].run == first
    assert events_of(messages) == seen
    assert [e.type for e in seen][-1] == "finished"


def test_a_failed_run_keeps_its_error(project):
    p = project({"V1__a.sql": "select 1;\nselect 1/0;"})
    failed = p.migrate()
    p.service.restart()
    p.service.wait_ready()
    again = p.get(failed.name)
    assert (again.error.code, again.error.message) == (failed.error.code, failed.error.message)
    assert info_of(again) == info_of(failed)
    reason, metadata = info_of(again)
    assert (reason, metadata["line"], metadata["sqlstate"]) == ("SCRIPT_FAILED", "2", "22012")
    for each in (again, failed):
        each.ClearField("error")  # its details are bytes, in which a map has no order
    assert again == failed


def test_M3_a_killed_run_reads_interrupted_with_its_events(project):
    p = project({**many(5), "V6__wait.sql": "select pg_sleep(60);"})
    run = p.start()
    # Behind the run's back, but not far: what happened is kept within moments.
    wait_until(lambda: p.get(run.name).progress.scripts_done == 5, 20, "five are applied")
    wait_until(lambda: stored_events(p, run.name, "migration_finished") == 5, 10, "events are kept")
    before = events_of(watch_once(p, run.name))
    p.service.kill()
    p.service.start()
    p.service.wait_ready()
    wait_until(lambda: p.get(run.name).state == Run.INTERRUPTED, 10, "it reads INTERRUPTED")
    again = p.get(run.name)
    assert again.HasField("end_time")
    steps = [pb.MigrationStep.State.Name(step.state) for step in again.steps]
    assert steps == ["APPLIED"] * 5 + ["PENDING"]
    assert [row[1] for row in p.history()] == ["1", "2", "3", "4", "5"]
    wait_until(
        lambda: p.sql("select 1 from storefront_migrator.run where state = 'INTERRUPTED'"),
        10,
        "the new process writes it down",
    )
    messages = watch(p, run.name)
    assert messages[-1].run.state == Run.INTERRUPTED
    after = events_of(messages)
    assert after[-1].type == "finished"
    kept = {event.sequence for event in after}
    assert {e.sequence for e in before if e.type == "migration_finished"} <= kept
    # The next run goes on where the dead one stopped.
    p.write({"V6__wait.sql": "select 1;"})
    p.wait_without_sessions()
    assert p.migrate_ok().final_version == "6"


def watch_once(p, name: str) -> list[pb.WatchMigrationRunResponse]:
    stream = p.stub.WatchMigrationRun(pb.WatchMigrationRunRequest(name=name), timeout=10)
    message = next(stream)
    stream.cancel()
    return [message]


def test_M3_kill_right_after_the_answer_loses_no_run(project):
    """Whoever got a run's name, or saw it end, finds it so after the process was killed."""
    p = project({"V1__wait.sql": "select pg_sleep(60);"})
    started = p.start()
    p.service.kill()
    p.service.start()
    p.service.wait_ready()
    wait_until(lambda: p.get(started.name).state == Run.INTERRUPTED, 10, "it reads INTERRUPTED")
    p.write({"V1__wait.sql": "select 1;"})
    p.wait_without_sessions()
    ended = p.migrate_ok()
    p.service.kill()
    p.service.start()
    p.service.wait_ready()
    assert p.get(ended.name).state == Run.SUCCEEDED


def test_two_processes_see_each_others_runs(project, fails):
    p = project({"V1__wait.sql": "select pg_sleep(2.5);"})
    other = project({}, url=p.url)
    run = p.start()
    there = other.get(run.name)
    assert there.state in (Run.PENDING, Run.RUNNING)
    assert listed(other) == [run.name]
    error = fails(lambda: other.cancel(run.name))
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "RUN_STATE")
    assert "another process" in error.message
    messages = watch(other, run.name)
    assert messages[-1].run.state == Run.SUCCEEDED
    assert events_of(messages)[-1].type == "finished"
    p.write({"V2__wait.sql": "select pg_sleep(60);"})
    doomed = p.start()
    wait_until(lambda: other.get(doomed.name).state == Run.RUNNING, 10, "it runs")
    p.service.kill()
    wait_until(lambda: other.get(doomed.name).state == Run.INTERRUPTED, 10, "the other one sees it")


def test_a_watcher_that_comes_back_misses_nothing(project):
    p = project(many(60))
    run = p.start()
    p.wait(run.name)
    everything = events_of(watch(p, run.name))
    sequences = [event.sequence for event in everything]
    assert sequences == sorted(set(sequences)), "each event once, in order"
    assert len(everything) > 200, "more than one message holds"
    assert [e.script for e in everything if e.type == "migration_finished"] == [
        f"V{i}__t.sql" for i in range(1, 61)
    ]
    cut = sequences[len(sequences) // 2]
    assert [e.sequence for e in events_of(watch(p, run.name, after=cut))] == [
        each for each in sequences if each > cut
    ]
    p.service.restart()
    p.service.wait_ready()
    assert events_of(watch(p, run.name, after=cut)) == [e for e in everything if e.sequence > cut]
    assert events_of(watch(p, run.name, after=sequences[-1])) == []


def test_a_slow_reader_slows_nobody_and_misses_nothing(project):
    p = project(many(150))
    run = p.start()
    messages = watch(p, run.name, pause=0.2)
    assert messages[-1].run.state == Run.SUCCEEDED
    took = messages[-1].run.end_time.ToDatetime() - messages[-1].run.start_time.ToDatetime()
    assert took.total_seconds() < 20
    sequences = [event.sequence for event in events_of(messages)]
    assert sequences == sorted(set(sequences))
    finished = [e.script for e in events_of(messages) if e.type == "migration_finished"]
    assert len(finished) == 150


def test_the_same_request_gives_the_same_run_after_a_restart(project, fails):
    p = project({"V1__a.sql": "select 1;"})
    first = p.wait(p.start(request_id="release-7").name)
    p.service.restart()
    p.service.wait_ready()
    assert p.start(request_id="release-7") == first
    assert listed(p) == [first.name]
    error = fails(lambda: p.start(request_id="release-7", target="1"))
    assert (error.code.name, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert p.start(request_id="release-8").name != first.name


def test_old_runs_are_forgotten(project):
    p = project({"V1__a.sql": "select 1;"}, run_retention="60s")
    old, young = p.migrate_ok().name, p.migrate_ok().name
    p.sql(
        "update storefront_migrator.run set end_time = end_time - interval '2 minutes' where id = %s",
        old.removeprefix("migrationRuns/"),
    )
    p.service.restart()
    p.service.wait_ready()
    wait_until(lambda: listed(p) == [young], 10, "the old one is gone")
    assert stored_events(p, old) == 0
    # What was applied, and from which text, stays.
    assert p.sql("select count(*) from storefront_migrator.application") == [(1,)]


def test_texts_of_applied_scripts_are_kept_once(project):
    text = "create table if not exists t (i int);"
    p = project(
        {"V1__a.sql": text, "V2__b.sql": text, "R__v.sql": "select '${x}';"}, placeholders="x=1"
    )
    p.migrate_ok()
    rows = p.sql(
        "select a.installed_rank, a.script, s.text from storefront_migrator.application a"
        " join storefront_migrator.script s using (sha256) order by 1"
    )
    assert rows == [
        (1, "V1__a.sql", text),
        (2, "V2__b.sql", text),
        (3, "R__v.sql", "select '${x}';"),
    ]
    assert p.sql("select count(*) from storefront_migrator.script") == [(2,)]


def test_without_the_right_to_keep_runs_nothing_is_run(project, fails):
    p = project({"V1__t.sql": "create table t (i int);"})
    user = f"plain_{os.getpid()}"
    name = p.sql("select current_database()")[0][0]
    p.sql(f"create role {user} login password 'x'")
    p.sql(f"grant create, usage on schema public to {user}")
    plain = project(
        {"V1__t.sql": "create table t (i int);"},
        url=p.url.replace("postgres:postgres@", f"{user}:x@"),
    )
    error = fails(plain.start)
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "SIDE_SCHEMA_DENIED")
    assert "CREATE on the database" in error.message
    assert p.sql("select to_regclass('public.t')") == [(None,)]
    plain.wait_without_sessions()
    p.sql(f'grant create on database "{name}" to {user}')
    plain.migrate_ok()
    p.sql(f"drop owned by {user}")
    plain.service.terminate()
    p.sql(f"drop role {user}")


def test_the_tables_may_be_taken_away(project):
    p = project({"V1__t.sql": "create table t (i int);"})
    first = p.migrate_ok()
    p.sql("drop schema storefront_migrator cascade")
    p.write({"V2__u.sql": "create table u (i int);"})
    second = p.migrate_ok()
    p.service.restart()
    p.service.wait_ready()
    assert listed(p) == [second.name]
    with pytest.raises(grpc.RpcError):
        p.get(first.name)


def test_metrics_tell_where_the_database_stands(project):
    p = project({"V1__a.sql": "select 1;", "V2__b.sql": "select 1;", "V3__c.sql": "select 1/0;"})
    prefix = "storefront_migrator_"

    def value(name: str) -> float:
        return p.service.metrics().get(prefix + name, -1)

    wait_until(lambda: value("migrations_pending") == 3, 30, "three are pending")
    p.migrate_ok(target="2")
    wait_until(lambda: value("migrations_pending") == 1, 30, "one is pending")
    wait_until(lambda: value("current_rank") == 2, 20, "rank 2")
    p.migrate()
    metrics = p.service.metrics()
    assert metrics[prefix + 'runs_total{kind="migrate",state="SUCCEEDED"}'] == 1
    assert metrics[prefix + 'runs_total{kind="migrate",state="FAILED"}'] == 1
    assert metrics[prefix + 'run_seconds_count{kind="migrate"}'] == 2
    assert metrics[prefix + "lock_wait_seconds_count"] == 2
    assert metrics[prefix + "lock_wait_seconds_sum"] < 1
    p.write({"V3__c.sql": "begin; select 1/0; commit;"})
    p.migrate()
    wait_until(lambda: value("migrations_failed") == 1, 20, "one has failed")


def test_the_same_command_gives_the_same_run_after_a_restart(project, fails):
    p = project(
        {"V2__a.sql": "create table a (i int);", "U2__a.sql": "drop table a;"}, clean_enabled=True
    )
    name = p.sql("select current_database()")[0][0]
    calls = {
        "Baseline": pb.BaselineRequest(version="1", request_id="again"),
        "Migrate": pb.MigrateRequest(request_id="again"),
        "Repair": pb.RepairRequest(request_id="again"),
        "Undo": pb.UndoRequest(confirmation=name, request_id="again"),
        "Clean": pb.CleanRequest(confirmation=name, request_id="again"),
    }
    first = {}
    for method, request in calls.items():
        first[method] = p.wait(getattr(p.stub, method)(request, timeout=20).name)
        assert first[method].state == Run.SUCCEEDED, first[method]
    p.service.restart()
    p.service.wait_ready()
    for method, request in calls.items():
        assert getattr(p.stub, method)(request, timeout=20) == first[method], method
    assert len(listed(p)) == len(calls), "nothing was started again"
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)], "still clean"
    others = {
        "Baseline": pb.BaselineRequest(version="3", request_id="again"),
        "Repair": pb.RepairRequest(drop_invalid_indexes=True, request_id="again"),
        "Undo": pb.UndoRequest(target="1", confirmation=name, request_id="again"),
        "Clean": pb.CleanRequest(confirmation="another", request_id="again"),
    }
    for method, request in others.items():
        error = fails(lambda m=method, r=request: getattr(p.stub, m)(r, timeout=20))
        assert (error.code.name, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED"), method
    # What only checks is no run, and is not remembered.
    p.stub.Clean(pb.CleanRequest(validate_only=True, request_id="look"), timeout=20)
    p.service.restart()
    p.service.wait_ready()
    p.wait(p.stub.Clean(pb.CleanRequest(confirmation=name, request_id="look"), timeout=20).name)
