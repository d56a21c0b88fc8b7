"""What goes wrong on the way: killed processes, cut connections, broken scripts.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random
import time

import psycopg
import pytest
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2
from history_calls import tables
from storefront.migrator.v1 import migrator_pb2 as pb

from tcp_gate import TO_CLIENT, TO_SERVER
from wait import wait_until

Run = pb.MigrationRun


def reason_of(run: Run) -> tuple[str, dict[str, str]]:
    """Reason and metadata of a run's error."""
    info = error_details_pb2.ErrorInfo()
    for detail in run.error.details:
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return "", {}


def in_statement(p, text: str) -> bool:
    return bool(
        p.sql(
            "select 1 from pg_stat_activity where application_name = 'storefront-migrator worker'"
            " and state = 'active' and query like %s",
            f"%{text}%",
        )
    )


def many(count: int) -> dict[str, str]:
    return {
        f"V{i}__t.sql": f"create table t{i} (i int);\ninsert into t{i} values ({i});\n"
        for i in range(1, count + 1)
    }


def assert_history_and_schema_agree(p, count: int) -> None:
    applied = {row[1] for row in p.history() if row[3]}
    assert tables(p) == {f"t{version}" for version in applied}
    assert [row[0] for row in p.history()] == list(range(1, len(applied) + 1))
    assert len(applied) <= count


def test_M2_kill_inside_a_transactional_script(project):
    p = project(
        {
            "V1__a.sql": "create table a (i int);",
            "V2__b.sql": "create table b (i int);\nselect pg_sleep(60);\ncreate table c (i int);",
        }
    )
    p.start()
    wait_until(lambda: in_statement(p, "pg_sleep"), 20, "the script sleeps")
    p.service.kill()
    p.wait_without_sessions(5)
    assert tables(p) == {"a"}
    assert [row[1] for row in p.history()] == ["1"]
    p.write({"V2__b.sql": "create table b (i int);\ncreate table c (i int);"})
    p.service.start()
    assert [step.migration for step in p.migrate_ok().steps] == ["migrations/V2"]
    assert tables(p) == {"a", "b", "c"}


@pytest.mark.parametrize("round_", range(4))
def test_M3_kill_at_a_random_point_leaves_history_and_schema_equal(project, round_):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    p = project(many(120))
    p.start()
    stop_at = random.Random(seed).randrange(1, 100)
    wait_until(
        lambda: (
            p.sql("select to_regclass('flyway_schema_history') is not null")[0][0]
            and len(p.history()) >= stop_at
        ),
        30,
        "some scripts are applied",
        interval=0.001,
    )
    p.service.kill()
    p.wait_without_sessions(5)
    assert_history_and_schema_agree(p, 120)
    p.service.start()
    p.migrate_ok()
    assert_history_and_schema_agree(p, 120)
    assert len(p.history()) == 120


@pytest.mark.parametrize("round_", range(3))
def test_M3_postgres_killed_at_a_random_point_is_waited_for(project, new_postgres, round_):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    server = new_postgres()
    p = project(many(150), url=server.create_database("m3"))
    name = p.start().name
    stop_at = random.Random(seed).randrange(0, 140)
    wait_until(
        lambda: p.get(name).progress.scripts_done >= stop_at, 30, "some are applied", interval=0.001
    )
    server.kill()
    server.start()
    run = p.wait(name)
    assert run.state == Run.SUCCEEDED, run.error
    assert len(p.history()) == 150
    assert_history_and_schema_agree(p, 150)
    assert {step.state for step in run.steps} == {pb.MigrationStep.APPLIED}


def test_M4_kill_in_create_index_concurrently(project):
    p = project({"V1__t.sql": "create table t (i int); insert into t values (1), (1);"})
    p.migrate_ok()
    p.write({"V2__i.sql": "create index concurrently t_i on t (i);"})
    with psycopg.connect(p.url) as blocker:
        blocker.execute("insert into t values (2)")  # the index waits for this transaction
        p.start()
        wait_until(lambda: in_statement(p, "create index"), 20, "the index is being built")
        p.service.kill()
        p.wait_without_sessions(5)
    assert p.history()[-1] == (2, "2", "V2__i.sql", False)
    p.service.start()
    status = p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest())
    assert [(f.script, list(f.invalid_indexes)) for f in status.failed] == [
        ("V2__i.sql", ["public.t_i"])
    ]


def test_M4_a_dirty_history_is_refused(project, fails):
    p = project(
        {
            "V1__t.sql": "create table t (i int);",
            "V2__i.sql": "create index concurrently i on nowhere (i);",
        }
    )
    run = p.migrate()
    reason, facts = reason_of(run)
    assert (run.state, reason, facts["rolled_back"]) == (Run.FAILED, "SCRIPT_FAILED", "false")
    assert p.history()[-1] == (2, "2", "V2__i.sql", False)
    error = fails(p.start)
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "DIRTY_HISTORY")


@pytest.mark.parametrize("twin", ["the COMMIT never arrives", "the answer is lost"])
def test_M5_connection_cut_in_commit(project, database, postgres, gate, twin):
    between = gate("127.0.0.1", postgres.port)
    p = project(
        {f"V{i}__t.sql": f"create table t{i} (i int);" for i in (1, 2, 3)},
        url=database.replace(f":{postgres.port}/", f":{between.port}/"),
    )
    p.url = database
    p.migrate_ok(target="1")
    if twin == "the COMMIT never arrives":
        between.drop_from(TO_SERVER, b"create table t2")
    else:
        between.drop_from(TO_CLIENT, b"CREATE TABLE")
    name = p.start().name
    wait_until(lambda: between.hits >= 1, 20, "the rule fired")
    if twin != "the COMMIT never arrives":
        wait_until(lambda: len(p.history()) >= 2, 20, "the server committed")
    between.cut()
    run = p.wait(name)
    assert run.state == Run.SUCCEEDED, run.error
    assert tables(p) == {"t1", "t2", "t3"}
    assert [row[1] for row in p.history()] == ["1", "2", "3"]
    p.wait_without_sessions()


def test_M5_connection_cut_at_random_points(project, database, postgres, gate):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = random.Random(seed)
    between = gate("127.0.0.1", postgres.port)
    p = project(
        many(60), url=database.replace(f":{postgres.port}/", f":{between.port}/"), wait=False
    )
    p.url = database
    p.service.wait_ready()
    name = p.start().name
    for _ in range(6):
        goal = min(59, p.get(name).progress.scripts_done + chance.randrange(1, 12))
        wait_until(
            lambda goal=goal: (
                (run := p.get(name)).progress.scripts_done >= goal
                or run.state != Run.RUNNING
                and run.state != Run.WAITING_FOR_LOCK
            ),
            30,
            "it goes on",
            interval=0.001,
        )
        between.cut()
    run = p.wait(name)
    assert run.state == Run.SUCCEEDED, run.error
    assert_history_and_schema_agree(p, 60)
    assert len(p.history()) == 60


def test_M6_validate_names_each_and_migrate_refuses(project, fails):
    p = project({f"V{i}__t.sql": f"create table t{i} (i int);\n" for i in (1, 2, 3, 5)})
    p.migrate_ok()
    p.write(
        {
            "V1__t.sql": "create table t1 (i int);\r\n",  # another line end: the same script
            "V2__t.sql": "\ufeffcreate table t2 (i int);\n",  # a byte order mark: the same
            "V3__t.sql": "create table t3 (j int);\n",
            "V4__t.sql": "select 1;",
        }
    )
    (p.folder / "V5__t.sql").unlink()
    answer = p.stub.ValidateMigrations(
        pb.ValidateMigrationsRequest(ignore_patterns=["repeatable:missing"])
    )
    assert [(f.migration, f.code) for f in answer.findings] == [
        ("migrations/V3", "CHECKSUM_MISMATCH"),
        ("migrations/V5", "APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED"),
        ("migrations/V4", "RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED"),
    ]
    assert fails(p.start).reason == "VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"V1__a.sql": "select 1;", "V1.0__b.sql": "select 1;"}, "DUPLICATE_VERSIONED_MIGRATION"),
        ({"V1__a.sql": b"select '\xe9';"}, "INVALID_ENCODING"),
        ({"notes.sql": "select 1;"}, "INVALID_NAME"),
        ({"V1__a.sql": "select 'open;"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": b"select 1;\x00"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": "prepare transaction 'x';"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": "discard all;"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": "select pg_advisory_unlock_all();"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": "copy t from stdin;\n1\n"}, "INVALID_SCRIPT"),
        ({"V1__a.sql": "select '${nobody}';"}, "MISSING_PLACEHOLDER"),
        ({"V1__a.sql": "create table t (i int); vacuum t;"}, "MIXED_SCRIPT"),
        (
            {"V1__a.sql": "select 1;", "V1__a.sql.conf": "shouldExecute=false"},
            "INVALID_SCRIPT_CONFIG",
        ),
    ],
)
def test_M6_files_that_cannot_be_used(project, fails, files, reason):
    p = project(files)
    error = fails(p.start)
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", reason)
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]
    p.wait_without_sessions()


def test_M7_a_locked_table_fails_with_its_blocker(project):
    p = project({"V1__t.sql": "create table t (i int);"}, lock_timeout="1500ms", lock_retries=1)
    p.migrate_ok()
    p.write({"V2__t.sql": "alter table t add column j int;"})
    with psycopg.connect(p.url, application_name="idle one") as blocker:
        blocker.execute("select * from t")
        pid = blocker.info.backend_pid
        run = p.migrate()
    reason, facts = reason_of(run)
    assert (run.state, reason) == (Run.FAILED, "LOCK_TIMEOUT")
    assert facts["blocker_pid"] == str(pid)
    assert (facts["blocker_application_name"], facts["blocker_relation"]) == ("idle one", "t")
    assert run.steps[0].attempts == 2
    assert [row[1] for row in p.history()] == ["1"]
    assert p.migrate_ok().final_version == "2"


def test_M8_an_error_has_file_line_column_and_sqlstate(project):
    p = project(
        {
            "V1__t.sql": "create table ok (i int);\n-- ünï ; '\ndo $$ begin perform 1; end $$;\n"
            "select 'ü', ${what} from nowhere;\n"
        },
        placeholders="what=a_long_value",
    )
    run = p.migrate()
    reason, facts = reason_of(run)
    assert (run.state, reason) == (Run.FAILED, "SCRIPT_FAILED")
    assert (facts["file"], facts["line"], facts["column"], facts["sqlstate"]) == (
        "V1__t.sql",
        "4",
        "26",
        "42P01",
    )
    assert 'relation "nowhere" does not exist' in run.error.message
    assert (tables(p), p.history()) == (set(), [])


def test_M10_content_without_history_is_refused(project, fails):
    p = project({"V1__t.sql": "create table t (i int);"})
    p.sql("create table stranger (i int)")
    error = fails(p.start)
    assert (error.reason, error.metadata["objects"]) == ("NON_EMPTY_SCHEMA", "public.stranger")
    p.sql("drop table stranger")
    p.migrate_ok()
    p.sql("drop table flyway_schema_history")
    assert fails(p.start).reason == "NON_EMPTY_SCHEMA"


def test_M10_foreign_owner(project, postgres, fails):
    p = project({"V1__t.sql": "create table t (i int);"})
    p.migrate_ok()
    user = f"stranger_{os.getpid()}"
    p.sql(f"create role {user} login password 'x'")
    other = project({}, url=p.url.replace("postgres:postgres@", f"{user}:x@"), wait=False)
    error = wait_until(lambda: fails(other.start), 20, "it answers")
    p.sql(f"drop role {user}")
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "HISTORY_DENIED")


def test_M11_links_out_and_fifos_are_refused_at_once(project, fails, scratch):
    outside = scratch.folder("outside") / "secret.sql"
    outside.write_text("select 1;")
    p = project({"V1__t.sql": "select 1;"})
    (p.folder / "V2__link.sql").symlink_to(outside)
    os.mkfifo(p.folder / "V3__pipe.sql")
    (p.folder / "inner").mkdir()
    (p.folder / "inner" / "real").write_text("select 1;")
    (p.folder / "V4__inner.sql").symlink_to("inner/real")  # stays inside: as Kubernetes does it
    error = fails(lambda: p.stub.Migrate(pb.MigrateRequest(), timeout=5))
    assert error.reason == "UNSAFE_FILE"
    (p.folder / "V2__link.sql").unlink()
    (p.folder / "V3__pipe.sql").unlink()
    assert p.migrate_ok().final_version == "4"


def test_M11_a_run_applies_what_it_read(project):
    p = project(
        {"V1__wait.sql": "select pg_sleep(1.5);", "V2__t.sql": "create table before (i int);"}
    )
    name = p.start().name
    wait_until(lambda: in_statement(p, "pg_sleep"), 20, "the first script runs")
    p.write({"V2__t.sql": "create table after (i int);"})
    assert p.wait(name).state == Run.SUCCEEDED
    assert tables(p) == {"before"}


def test_cancel_rolls_back_within_two_seconds(project):
    p = project(
        {
            "V1__a.sql": "create table a (i int);",
            "V2__b.sql": "create table b (i int); select pg_sleep(60);",
        }
    )
    name = p.start().name
    wait_until(lambda: in_statement(p, "pg_sleep"), 20, "the script sleeps")
    assert p.cancel(name).state in (Run.CANCELLING, Run.CANCELLED)
    run = p.wait(name, deadline=2)
    assert run.state == Run.CANCELLED
    assert not run.HasField("error")
    assert tables(p) == {"a"}
    assert p.cancel(name).state == Run.CANCELLED
    p.wait_without_sessions(2)


def test_cancel_of_an_ended_run_is_refused(project, fails):
    p = project({})
    run = p.migrate_ok()
    assert fails(lambda: p.cancel(run.name)).reason == "RUN_STATE"


def test_a_held_lock_is_waited_for_and_named(project, fails):
    p = project({"V1__t.sql": "create table t (i int);"})
    with psycopg.connect(
        p.url, application_name="Flyway by another name", autocommit=True
    ) as other:
        other.execute("select pg_advisory_lock(77433833903597)")
        name = p.start().name
        run = wait_until(
            lambda: (r := p.get(name)).state == Run.WAITING_FOR_LOCK and r, 10, "it waits"
        )
        assert run.lock_holder.pid == other.info.backend_pid
        assert run.lock_holder.application_name == "Flyway by another name"
        status = p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest())
        assert status.lock_holder.pid == other.info.backend_pid
        assert status.active_run == name
        error = fails(p.start)
        assert (error.code.name, error.reason, error.metadata["run"]) == (
            "ABORTED",
            "RUN_ACTIVE",
            name,
        )
    assert p.wait(name).state == Run.SUCCEEDED


def test_a_held_lock_ends_the_wait_at_its_limit(project):
    p = project({"V1__t.sql": "create table t (i int);"})
    with psycopg.connect(p.url, application_name="holder", autocommit=True) as other:
        other.execute("select pg_advisory_lock(77433833903597)")
        run = p.migrate(lock_wait=duration_pb2.Duration(nanos=500_000_000))
        reason, facts = reason_of(run)
        assert (run.state, reason) == (Run.FAILED, "HISTORY_LOCK_TIMEOUT")
        assert facts["pid"] == str(other.info.backend_pid)


def test_M1_two_migrators_apply_each_script_once(project):
    files = {
        f"V{i}__t.sql": f"create table t{i} (i int); select pg_sleep(0.02);" for i in range(1, 41)
    }
    first = project(files)
    second = project(files, url=first.url)
    names = [first.start().name, second.start().name]
    runs = [first.wait(names[0]), second.wait(names[1])]
    assert [run.state for run in runs] == [Run.SUCCEEDED, Run.SUCCEEDED]
    assert len(first.history()) == 40
    assert sorted(len(run.steps) for run in runs) == [0, 40]


def test_a_concurrent_index_is_built_while_a_second_migrator_waits(project):
    files = {
        "V1__t.sql": "create table t (i int);",
        "V2__i.sql": "create index concurrently t_i on t (i);",
    }
    first = project(files)
    first.migrate_ok(target="1")
    second = project(files, url=first.url)
    with psycopg.connect(first.url) as blocker:
        blocker.execute("insert into t values (2)")
        name = first.start().name
        wait_until(lambda: in_statement(first, "create index"), 20, "the index is being built")
        waiting = second.start().name
        wait_until(
            lambda: second.get(waiting).state == Run.WAITING_FOR_LOCK, 10, "the second waits"
        )
    assert first.wait(name).state == Run.SUCCEEDED
    assert second.wait(waiting).state == Run.SUCCEEDED
    assert first.history()[-1] == (2, "2", "V2__i.sql", True)


def test_sigterm_interrupts_the_run_and_rolls_back(project):
    p = project({"V1__a.sql": "create table a (i int); select pg_sleep(60);"})
    p.start()
    wait_until(lambda: in_statement(p, "pg_sleep"), 20, "the script sleeps")
    assert p.service.terminate() == 0
    assert (tables(p), p.history()) == (set(), [])


def test_M7_others_queue_behind_us_for_lock_timeout_at_most(project):
    p = project({"V1__t.sql": "create table t (i int);"}, lock_timeout="1s", lock_retries=2)
    p.migrate_ok()
    p.write({"V2__t.sql": "alter table t add column j int;"})
    waits: list[float] = []
    with psycopg.connect(p.url, application_name="idle one") as blocker:
        blocker.execute("select * from t")
        pid = blocker.info.backend_pid
        name = p.start().name
        with psycopg.connect(p.url, autocommit=True) as other:
            while p.get(name).state not in (Run.SUCCEEDED, Run.FAILED):
                began = time.monotonic()
                other.execute("select * from t")  # behind the ACCESS EXCLUSIVE that waits
                waits.append(time.monotonic() - began)
        run = p.get(name)
    reason, facts = reason_of(run)
    assert (run.state, reason, facts["blocker_pid"]) == (Run.FAILED, "LOCK_TIMEOUT", str(pid))
    assert run.steps[0].attempts == 3
    assert sum(1 for wait in waits if wait > 0.3) >= 2, "nobody ever queued: the test saw nothing"
    assert max(waits) < 1.0 + 0.8, f"one waited {max(waits):.1f} s"
    watch = p.stub.WatchMigrationRun(pb.WatchMigrationRunRequest(name=name), timeout=10)
    events = [event for message in watch for event in message.events]
    blocked = [event.message for event in events if event.type == "blocked"]
    assert blocked and f"pid {pid} (idle one, idle in transaction, on " in blocked[0], events
    assert len([event for event in events if event.type == "retry"]) == 2
    p.wait_without_sessions(5)


TRICKY = """-- a comment with ; and '
create table t (i int, s text);
/* outer ; /* inner ; ' */ still a comment */
insert into t values (1, 'semi;colon ''quoted'''), (2, E'back\\\\slash\\';'), (3, $$dollar;$$);
do $body$ begin execute 'insert into t values (4, $q$;nested$q$)'; end; $body$;
create function f() returns int begin atomic select case when true then 5 else 0 end; end;
insert into t values (f(), U&'\\0041;');
copy t from stdin;
6\tcopied; 'data'
7\t$$not a quote
\\.
create table "odd;name" ("a;b" int); -- the end;
insert into t values (8, 'last')"""


def test_M8_semicolons_in_strings_bodies_comments_and_copy_end_nothing(project):
    p = project({"V1__tricky.sql": TRICKY})
    p.migrate_ok()
    assert p.sql("select i, s from t order by i") == [
        (1, "semi;colon 'quoted'"),
        (2, "back\\slash';"),
        (3, "dollar;"),
        (4, ";nested"),
        (5, "A;"),
        (6, "copied; 'data'"),
        (7, "$$not a quote"),
        (8, "last"),
    ]
    assert tables(p) == {"t", "odd;name"}


@pytest.mark.parametrize(
    ("text", "line", "column", "sqlstate"),
    [
        ("select 1;\r\nselect 2;\r\nselect no_column;\r\n", "3", "8", "42703"),
        ("\ufeffselect nothing;", "1", "8", "42703"),
        (
            "create table c (i int);\ncopy c from stdin;\n1\nx\n\\.\nselect 1;",
            "2",
            None,
            "22P02",
        ),
        ("/* ; */ select 'ä;' as \"ö\", broken;\n", "1", "29", "42703"),
        ("do $$ begin\n  raise exception 'at ; last' using errcode = 'P0777';\nend $$;", "1", None,
         "P0777"),
    ],
)  # fmt: skip
def test_M8_each_error_is_placed(project, text, line, column, sqlstate):
    p = project({"V1__ok.sql": "create table ok (i int);", "V2__bad.sql": text})
    run = p.migrate()
    reason, facts = reason_of(run)
    assert (run.state, reason) == (Run.FAILED, "SCRIPT_FAILED"), run.error
    assert (facts["file"], facts["line"], facts["sqlstate"]) == ("V2__bad.sql", line, sqlstate)
    if column:
        assert facts["column"] == column
    assert [row[1] for row in p.history()] == ["1"], "rolled back whole"
    assert tables(p) == {"ok"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("select 1;\nselect 'open;\nselect 2;", "2"),
        ("select 1;\n/* open /* inner */\nselect 2;", "2"),
        ("select 1;\ndo $a$ begin end; $b$;", "2"),
        ("select 1;\n\nselect '\x00';", "3"),
    ],
)
def test_M8_what_never_ends_is_refused_where_it_began(project, fails, text, line):
    p = project({"V1__bad.sql": text})
    error = fails(p.start)
    assert error.reason == "INVALID_SCRIPT"
    assert f"V1__bad.sql:{line}" in error.message or f"line {line}" in error.message, error.message


def test_M10_a_read_only_standby_is_refused_before_any_write(project, new_postgres, scratch, fails):
    primary = new_postgres()
    primary.create_database("shop")
    standby = primary.standby(scratch.folder("standby"))
    try:
        standby.start()
        p = project({"V1__t.sql": "create table t (i int);"}, url=standby.url("shop"), wait=False)
        error = wait_until(lambda: fails(p.start), 20, "it answers")
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "READ_ONLY_SERVER")
        assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]
    finally:
        standby.close()
