"""The main job: files become schema and history.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from google.protobuf import duration_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = {
    "locations": REPOSITORY / "migrations",
    "schemas": "public,seeder,cdc_audit",
    "placeholders": "debezium_user=debezium_it,"
    "debezium_storefront_publication_name=storefront_publication",
}


def test_the_shipped_migrations_apply_once_and_then_there_is_nothing_to_do(project, scratch):
    secret = scratch.folder("migrate-secret") / "debezium_password"
    secret.write_text("canary-7f3a\n")
    p = project({}, **SHIPPED, secret_placeholders=f"debezium_password={secret}")

    run = p.migrate_ok()
    assert [step.script for step in run.steps] == [
        "V1__create_storefront_schema.sql",
        "V2__create_debezium_user.sql",
        "V3__create_pipeline_tables.sql",
    ]
    assert run.final_version == "3"
    assert p.lines() == ["schema SUCCESS", "V1 SUCCESS", "V2 SUCCESS", "V3 SUCCESS"]
    published = {
        row[0] for row in p.sql("select schemaname || '.' || tablename from pg_publication_tables")
    }
    assert published == {
        "public.customers",
        "public.products",
        "public.orders",
        "public.order_items",
        "public.payments",
        "cdc_audit.marker",
        "cdc_audit.signal",
    }
    assert p.sql("select script from flyway_schema_history where installed_rank = 0") == [
        ('"seeder","cdc_audit"',)
    ]

    again = p.migrate_ok()
    assert not again.steps
    assert again.initial_version == again.final_version == "3"
    assert len(p.history()) == 4

    status = p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest())
    assert (status.current_version, status.pending_count, status.failed_count) == ("3", 0, 0)
    assert not status.HasField("lock_holder")
    p.wait_without_sessions()
    assert "canary-7f3a" not in p.service.log_path.read_text()


def test_repeatables_run_again_when_their_text_changes(project):
    p = project(
        {
            "V1__t.sql": "create table t (i int);",
            "R__v.sql": "create or replace view v as select ${n} as n;",
        },
        placeholders="n=1",
    )
    p.migrate_ok()
    assert p.lines() == ["V1 SUCCESS", "R__v SUCCESS"]
    assert not p.migrate_ok().steps
    p.write({"R__v.sql": "create or replace view v as select ${n} + 1 as n;"})
    assert p.lines() == ["V1 SUCCESS", "R__v@2 OUTDATED", "R__v PENDING"]
    assert [step.migration for step in p.migrate_ok().steps] == ["migrations/R__v"]
    assert p.lines() == ["V1 SUCCESS", "R__v@2 SUPERSEDED", "R__v SUCCESS"]
    assert p.sql("select n from v") == [(2,)]


def test_a_version_by_version_target(project):
    p = project({f"V{i}__t.sql": f"create table t{i} (i int);" for i in (1, 2, 3)})
    assert p.migrate_ok(target="next").final_version == "1"
    assert p.migrate_ok(target="2").final_version == "2"
    assert p.lines() == ["V1 SUCCESS", "V2 SUCCESS", "V3 PENDING"]


def test_validate_only_starts_nothing(project):
    p = project({"V1__t.sql": "create table t (i int);"})
    run = p.start(validate_only=True)
    assert (run.name, [step.migration for step in run.steps]) == ("", ["migrations/V1"])
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]
    assert not p.stub.ListMigrationRuns(pb.ListMigrationRunsRequest()).migration_runs


def test_copy_data_many_statements_and_rows_of_selects(project):
    rows = "".join(f"{i}\ttext {i}; 'quoted'\n" for i in range(5000))
    inserts = "".join(f"insert into t values ({i}, 'x');\n" for i in range(10000, 12500))
    p = project(
        {
            "V1__copy.sql": "create table t (i int, s text);\ncopy t from stdin;\n"
            + rows
            + "\\.\nselect * from t;\n",
            "V2__many.sql": inserts + "select count(*) from t;",
        }
    )
    run = p.migrate_ok()
    assert [step.statements for step in run.steps] == [3, 2501]
    assert p.sql("select count(*), max(s) from t where i < 10") == [(10, "text 9; 'quoted'")]
    assert p.sql("select count(*) from t") == [(7500,)]


def test_a_script_leaves_no_session_state_for_the_next(project):
    p = project(
        {
            "V1__set.sql": "create role state_leak; grant state_leak to current_user;"
            "create schema other; set search_path = other; set work_mem = '1GB'; create table a (i int);"
            "set role state_leak;",
            "V2__next.sql": "create table b as select current_user::text as who,"
            " current_setting('work_mem') as mem;",
            "V3__gone.sql": "revoke state_leak from current_user; drop role state_leak;",
        }
    )
    p.migrate_ok()
    assert p.sql("select to_regclass('other.a') is not null, who, mem from public.b") == [
        (True, "postgres", p.sql("show work_mem")[0][0])
    ]


def test_a_non_transactional_script_gets_its_row(project):
    p = project(
        {
            "V1__t.sql": "create table t (i int);",
            "V2__i.sql": "create index concurrently t_i on t (i);",
        }
    )
    run = p.migrate_ok()
    assert [step.transactional for step in run.steps] == [True, False]
    assert p.history() == [(1, "1", "V1__t.sql", True), (2, "2", "V2__i.sql", True)]


def test_get_migration_full_shows_text_and_statements(project):
    text = "-- ${who}\ncreate table t (i int);\n\ncopy t from stdin;\n1\n\\.\n"
    p = project({"V1__t.sql": text}, placeholders="who=me")
    made = p.stub.GetMigration(pb.GetMigrationRequest(name="migrations/V1", view=pb.FULL))
    assert made.text == text
    assert [(s.line, s.command, s.copies_data) for s in made.statements] == [
        (2, "CREATE TABLE", False),
        (4, "COPY", True),
    ]
    assert made.transactional


def test_watch_ends_with_the_final_state_and_has_the_events(project):
    p = project({"V1__t.sql": "create table t (i int); do $$ begin raise notice 'hello'; end $$;"})
    name = p.start().name
    messages = list(p.stub.WatchMigrationRun(pb.WatchMigrationRunRequest(name=name), timeout=30))
    assert messages[-1].run.state == pb.MigrationRun.SUCCEEDED
    assert [m.sequence for m in messages] == sorted(m.sequence for m in messages)
    types = [event.type for message in messages for event in message.events]
    for wanted in (
        "lock_acquired",
        "validated",
        "migration_started",
        "statement_finished",
        "notice",
        "migration_finished",
        "finished",
    ):
        assert wanted in types, types
    last = messages[-1].sequence
    again = list(
        p.stub.WatchMigrationRun(
            pb.WatchMigrationRunRequest(name=name, after_sequence=last), timeout=30
        )
    )
    assert [len(m.events) for m in again] == [0]


def test_a_repeated_request_id_starts_nothing_twice(project, fails: Callable):
    p = project({"V1__t.sql": "create table t (i int);"})
    first = p.start(request_id="one")
    p.wait(first.name)
    assert p.start(request_id="one").name == first.name
    error = fails(lambda: p.start(request_id="one", target="1"))
    assert error.reason == "REQUEST_ID_REUSED"
    assert len(p.stub.ListMigrationRuns(pb.ListMigrationRunsRequest()).migration_runs) == 1


def test_pages_and_state_filter(project):
    p = project({f"V{i}__t.sql": "select 1;" for i in range(1, 8)})
    p.migrate_ok(target="3")
    seen, token = [], ""
    while True:
        page = p.stub.ListMigrations(pb.ListMigrationsRequest(page_size=3, page_token=token))
        seen += [each.name for each in page.migrations]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"migrations/V{i}" for i in range(1, 8)]
    pending = p.stub.ListMigrations(pb.ListMigrationsRequest(states=[pb.Migration.PENDING]))
    assert [each.name for each in pending.migrations] == [f"migrations/V{i}" for i in range(4, 8)]


def test_grpcurl_lists_and_describes(project):
    p = project({})
    tools = subprocess.run(
        [REPOSITORY / "tools/go-tools", "grpcurl"],
        check=True,
        capture_output=True,
        text=True,
        timeout=280,
    )
    folder = Path(tools.stdout.strip())

    def grpcurl(*words: str) -> str:
        return subprocess.run(
            [folder / "grpcurl", "-plaintext", *words],
            check=True,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            timeout=280,
        ).stdout

    assert "storefront.migrator.v1.MigratorService" in grpcurl(p.service.address, "list")
    assert "rpc Migrate" in grpcurl(
        p.service.address, "describe", "storefront.migrator.v1.MigratorService"
    )
    answer = grpcurl(
        "-d", "{}", p.service.address, "storefront.migrator.v1.MigratorService/GetMigrationStatus"
    )
    assert json.loads(answer)["history_table"] == '"public"."flyway_schema_history"'


def test_lock_wait_is_a_duration_of_the_request(project, fails):
    p = project({})
    error = fails(lambda: p.start(lock_wait=duration_pb2.Duration(seconds=3601)))
    assert (error.reason, list(error.fields)) == ("INVALID_FIELD", ["lock_wait"])
