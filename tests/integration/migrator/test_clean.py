"""Clean: everything in the managed schemas goes, in one transaction, and nothing else.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from history_calls import (
    Run,
    database_of,
    hold,
    reason_of,
    run,
    run_ok,
    start,
    steps,
    tables,
    undoable,
    wait_for_worker,
)

from wait import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]


def is_empty(p, schema: str = "public") -> bool:
    return not p.sql(
        "select 1 from pg_class where relnamespace = %s::regnamespace union all"
        " select 1 from pg_proc where pronamespace = %s::regnamespace union all"
        " select 1 from pg_type where typnamespace = %s::regnamespace",
        schema,
        schema,
        schema,
    )


def test_everything_goes_and_can_be_made_again(project):
    files = {
        **undoable(2),
        "V3__more.sql": "create extension hstore; create type mood as enum ('a');"
        " create function f(m mood) returns int language sql as 'select 1';"
        " create view v as select * from t1; create sequence s;"
        " create table h (h hstore, m mood, id int generated always as identity);",
    }
    p = project(files, clean_enabled=True)
    p.migrate_ok()
    p.sql("create publication stays for table t1")
    p.sql("create schema other")
    p.sql("create table other.t (i int)")
    cleaned = run_ok(p, "clean")
    assert (cleaned.kind, steps(cleaned)) == (Run.CLEAN, ["CLEAN_SCHEMA"])
    assert (
        cleaned.steps[0].detail
        == "public: 1 extension, 1 view, 4 tables, 1 sequence, 1 function, 1 type"
    )
    assert (cleaned.initial_version, cleaned.final_version) == ("3", "")
    assert is_empty(p)
    assert p.sql("select pubname from pg_publication") == [("stays",)]
    assert p.sql("select to_regclass('other.t')::text") == [("other.t",)]
    assert not run_ok(p, "clean").steps, "a repeat changes nothing"
    assert p.migrate_ok().final_version == "3"


def test_it_needs_its_setting_and_the_databases_name(project, fails):
    careful = project(undoable(1))
    careful.migrate_ok()
    for fields in ({}, {"validate_only": True}):
        error = fails(lambda fields=fields: start(careful, "clean", **fields))
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "CLEAN_DISABLED")
    p = project(undoable(1), clean_enabled=True)
    for typed in ("", "public", database_of(p) + " "):
        error = fails(lambda typed=typed: start(p, "clean", confirmation=typed))
        assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "CONFIRMATION_MISMATCH")
        assert list(error.fields) == ["confirmation"]
    shown = start(p, "clean", confirmation="", validate_only=True)
    assert (shown.name, shown.steps[0].detail) == ("", "public: 2 tables")
    assert tables(p) == {"t1"}


def test_schemas_that_were_created_for_it_go_too(project):
    p = project(
        {"V1__t.sql": "create table sales.t (i int);"}, schemas="public,sales", clean_enabled=True
    )
    p.migrate_ok()
    cleaned = run_ok(p, "clean")
    assert [step.detail for step in cleaned.steps] == [
        "public: 1 table",
        "sales: 1 table, the schema itself",
    ]
    assert p.sql("select nspname from pg_namespace where nspname in ('public', 'sales')") == [
        ("public",)
    ]
    p.migrate_ok()
    assert p.sql("select to_regclass('sales.t')::text") == [("sales.t",)]


def test_what_other_schemas_have_on_it_is_named_and_nothing_goes(project, fails):
    p = project(undoable(2), clean_enabled=True)
    p.migrate_ok()
    p.sql("create schema reporting")
    p.sql("create view reporting.sales as select * from t1")
    for fields in ({}, {"validate_only": True}):
        error = fails(lambda fields=fields: start(p, "clean", **fields))
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "CLEAN_BLOCKED")
        assert "view reporting.sales" in error.message
    assert tables(p) == {"t1", "t2"}
    p.sql("drop view reporting.sales")
    run_ok(p, "clean")


def test_M2_a_clean_that_is_killed_drops_nothing(project):
    p = project(undoable(40), clean_enabled=True, lock_timeout="30s")
    p.migrate_ok()
    before = p.history()
    with hold(p, "select * from t40"):
        start(p, "clean")
        wait_for_worker(p)
        assert len(tables(p)) == 40, "nothing is seen of it"
        p.service.kill()
        p.wait_without_sessions()
        assert len(tables(p)) == 40
        assert p.history() == before
    p.service.start()
    run_ok(p, "clean")
    assert is_empty(p)


@pytest.mark.parametrize("round_", range(2))
def test_M3_postgres_killed_around_a_clean(project, new_postgres, round_):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = new_postgres()
    p = project(undoable(80), url=server.create_database("clean"), clean_enabled=True)
    p.migrate_ok()
    name = start(p, "clean").name
    wait_until(lambda: chance.random() < 0.3, 1, "a while", interval=0.002)
    server.kill()
    server.start()
    ended = p.wait(name)
    assert ended.state == Run.SUCCEEDED, ended.error
    assert is_empty(p)
    assert p.migrate_ok().final_version == "80"


def test_cancel_takes_a_clean_back(project):
    p = project(undoable(5), clean_enabled=True, lock_timeout="30s")
    p.migrate_ok()
    with hold(p, "select * from t3"):
        name = start(p, "clean").name
        wait_for_worker(p)
        p.cancel(name)
        assert p.wait(name, deadline=2).state == Run.CANCELLED
    assert len(tables(p)) == 5


def test_M7_a_held_table_ends_a_clean_with_its_blocker(project):
    p = project(undoable(2), clean_enabled=True, lock_timeout="1200ms", lock_retries=1)
    p.migrate_ok()
    with hold(p, "select * from t2") as blocker:
        ended = run(p, "clean")
        reason, facts = reason_of(ended)
        assert (ended.state, reason) == (Run.FAILED, "LOCK_TIMEOUT")
        assert facts["blocker_pid"] == str(blocker.info.backend_pid)
    assert tables(p) == {"t1", "t2"}


def test_a_history_that_cannot_be_read_can_be_cleaned(project, fails):
    p = project(undoable(1), clean_enabled=True)
    p.migrate_ok()
    p.sql("update flyway_schema_history set type = 'NONSENSE'")
    assert fails(p.start).reason == "UNKNOWN_HISTORY_TYPE"
    run_ok(p, "clean")
    assert is_empty(p)


def test_the_shipped_migrations_can_be_undone_and_cleaned(project, scratch):
    secret = scratch.folder("clean-secret") / "password"
    secret.write_text("x")
    p = project(
        {},
        locations=REPOSITORY / "migrations",
        schemas="public,seeder,cdc_audit",
        placeholders="debezium_user=debezium_clean,debezium_storefront_publication_name=storefront",
        secret_placeholders=f"debezium_password={secret}",
        clean_enabled=True,
    )
    newest = p.migrate_ok().final_version
    published = p.sql("select * from pg_publication_tables order by 1, 2, 3")
    run_ok(p, "undo", target="2")
    assert p.sql("select to_regnamespace('seeder'), to_regnamespace('cdc_audit')") == [(None, None)]
    assert p.migrate_ok().final_version == newest
    assert p.sql("select * from pg_publication_tables order by 1, 2, 3") == published
    run_ok(p, "clean")
    assert p.sql("select to_regnamespace('seeder'), to_regnamespace('cdc_audit')") == [(None, None)]
    assert is_empty(p)
    assert p.migrate_ok().final_version == newest, "a callback took the publication away"
    assert p.sql("select * from pg_publication_tables order by 1, 2, 3") == published


def test_callbacks_run_around_it(project):
    p = project(
        {
            **undoable(1),
            "beforeClean.sql": "create table public.gone (i int); create schema notes;"
            " create table notes.before (i int);",
            "afterClean__a.sql": "alter table notes.before rename to after;",
        },
        clean_enabled=True,
    )
    p.migrate_ok()
    run_ok(p, "clean")
    assert is_empty(p), "what beforeClean made in the schema goes too"
    assert p.sql("select to_regclass('notes.after')::text") == [("notes.after",)]
