"""Our migrators and the real Flyway at once: each script is applied once, nobody hangs.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

from flyway import finish
from wait import wait_until

Run = pb.MigrationRun
FIRST = {
    "V1__log.sql": "create table log (name text,"
    " who text default current_setting('application_name'));\n"
}
SLOWLY = "insert into log (name) values ('{0}');\nselect pg_sleep(0.01);\n"


def two_projects(project) -> tuple:
    """Two migrators over one database and the same 200 files."""
    files = {**FIRST, **{f"V{i}__s.sql": SLOWLY.format(f"V{i}") for i in range(2, 202)}}
    one = project(files)
    return one, project(files, url=one.url)


def assert_each_once(one) -> None:
    assert one.sql("select count(*), count(distinct name) from log") == [(200, 200)]
    assert_history_whole(one)


def assert_history_whole(one) -> None:
    history = one.history()
    assert [row[0] for row in history] == list(range(1, 202))
    assert {row[1] for row in history} == {str(i) for i in range(1, 202)}
    assert all(row[3] for row in history)


@pytest.mark.parametrize("first", ["ours", "flyway"])
def test_M1_two_migrators_and_flyway_on_200_files_apply_each_once(project, first):
    one, two = two_projects(project)
    names: list[tuple] = []
    if first == "flyway":
        theirs = one.start_flyway("migrate")
        wait_until(lambda: len(one.history()) > 5, 60, "Flyway applies", interval=0.01)
        names = [(one, one.start().name), (two, two.start().name)]
        assert len(one.history()) < 201, "Flyway was done before ours began"
    else:
        names = [(one, one.start().name), (two, two.start().name)]
        theirs = one.start_flyway("migrate")
    answer = finish(theirs)
    runs = [p.wait(name) for p, name in names]
    assert [run.state for run in runs] == [Run.SUCCEEDED] * 2, [run.error for run in runs]
    assert not answer.error
    assert_each_once(one)
    # Who gets the lock between two scripts is chance; together they did each script once.
    applied = sum(len(run.steps) for run in runs) + int(answer.lines[0].split()[1])
    assert applied == 201, (answer.lines, [len(run.steps) for run in runs])
    if first == "flyway":
        assert int(answer.lines[0].split()[1]) > 0


def test_M1_ours_apply_the_rest_when_a_flyway_dies_among_them(project):
    one, two = two_projects(project)
    theirs = one.start_flyway("migrate")
    try:
        wait_until(lambda: len(one.history()) > 5, 60, "Flyway applies", interval=0.01)
        names = [(one, one.start().name), (two, two.start().name)]
    finally:
        theirs.kill()
        theirs.communicate()
    before = len(one.history())
    assert before < 201, "Flyway was done before it died"
    runs = [p.wait(name) for p, name in names]
    assert [run.state for run in runs] == [Run.SUCCEEDED] * 2, [run.error for run in runs]
    assert sum(len(run.steps) for run in runs) > 0
    assert_history_whole(one)
    # Flyway commits a script on one connection and its row on another, in this order. Killed in
    # between it leaves a script without a row, which whoever comes next has to apply again: that
    # one script may be there twice, once by Flyway and once by ours. Ours apply nothing twice.
    names_of = "select name from log where who {} 'PostgreSQL JDBC%' order by name"
    ours = {name for (name,) in one.sql(names_of.format("not like"))}
    theirs_done = {name for (name,) in one.sql(names_of.format("like"))}
    assert one.sql("select count(*) from log") == [(len(ours) + len(theirs_done),)]
    assert ours | theirs_done == {f"V{i}" for i in range(2, 202)}
    applied = {step.script.removesuffix("__s.sql") for run in runs for step in run.steps}
    assert ours == applied, "ours say something else than what they did"
    first_of_ours = min(ours, key=lambda name: int(name[1:]))
    assert ours & theirs_done <= {first_of_ours}


def test_a_concurrent_index_is_built_while_a_migrator_and_flyway_wait(project, flyway):
    files = {
        **FIRST,
        "V2__slow.sql": "do $$ begin while not exists (select from log where name = 'go') loop"
        " perform pg_sleep(0.02); end loop; end $$;",
        "V3__i.sql": "create index concurrently log_name on log (name);",
    }
    one = project(files)
    one.migrate_ok(target="1")
    two = project(files, url=one.url)
    name = one.start().name
    status = pb.GetMigrationStatusRequest()
    wait_until(
        lambda: two.stub.GetMigrationStatus(status).lock_holder.pid, 20, "the first has the lock"
    )
    # docs/adr/0020: a Flyway that waits asks in one transaction, which keeps a snapshot; the index
    # waits for its end, so a Flyway that waits too is what limits the wait. By default 50 tries.
    theirs = one.start_flyway("migrate", lockRetryCount="6")
    waiting = two.start().name

    def flyway_waits() -> bool:
        return bool(
            one.sql(
                "select 1 from pg_stat_activity where application_name like 'PostgreSQL JDBC%'"
                " and query ilike '%pg_try_advisory%'"
            )
        )

    wait_until(flyway_waits, 30, "Flyway asks for the lock")
    assert two.get(waiting).state == Run.WAITING_FOR_LOCK
    assert one.get(name).progress.current_script == "V2__slow.sql"
    one.sql("insert into log (name) values ('go')")
    wait_until(
        lambda: one.get(name).progress.current_script == "V3__i.sql" and flyway_waits(),
        20,
        "the index is built while Flyway waits",
    )
    assert one.wait(name, deadline=30).state == Run.SUCCEEDED
    assert two.wait(waiting).state == Run.SUCCEEDED
    assert "Number of retries exceeded" in finish(theirs).error
    request = pb.WatchMigrationRunRequest(name=name)
    events = [e for message in one.stub.WatchMigrationRun(request) for e in message.events]
    assert any(e.type == "blocked" and "PostgreSQL JDBC" in e.message for e in events), (
        "the run does not say whom it waits for"
    )
    assert one.sql("select indisvalid from pg_index where indexrelid = 'log_name'::regclass") == [
        (True,)
    ]
    assert one.history()[-1] == (3, "3", "V3__i.sql", True)
    assert flyway(one, "migrate") == ["migrated 0"]
