"""Baseline: a database that stood before its migrations did.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import pytest
from history_calls import Run, kinds, rows, run_ok, start, steps, tables
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until

FILES = {
    "V1__a.sql": "create table a (i int);",
    "V2__b.sql": "create table b (i int);",
    "V3__c.sql": "create table c (i int);",
}


def test_a_database_with_content_is_taken_over(project, fails):
    p = project(FILES)
    p.sql("create table b (i int)")
    assert fails(p.start).reason == "NON_EMPTY_SCHEMA"
    made = run_ok(p, "baseline", version="2", description="as found")
    assert (made.kind, steps(made)) == (Run.BASELINE, ["RECORD B2"])
    assert made.name.startswith("migrationRuns/baseline-")
    assert (made.initial_version, made.final_version) == ("", "2")
    assert rows(p) == [(1, "BASELINE", "2", "as found", None, True)]
    assert p.sql("select script, execution_time, installed_by from flyway_schema_history") == [
        ("as found", 0, "postgres")
    ]
    assert p.lines() == [
        "V1 BELOW_BASELINE",
        "V2 IGNORED_BASELINE",
        "B2 BASELINED",
        "V3 PENDING",
    ]
    p.migrate_ok()
    assert tables(p) == {"b", "c"}
    assert p.stub.ValidateMigrations(pb.ValidateMigrationsRequest()).valid


def test_the_same_again_changes_nothing_and_another_is_refused(project, fails):
    p = project(FILES)
    run_ok(p, "baseline", version="1.0", description="x")
    again = run_ok(p, "baseline", version="1", description="x")
    assert not again.steps
    for fields in ({"version": "2", "description": "x"}, {"version": "1"}):
        error = fails(lambda fields=fields: start(p, "baseline", **fields))
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "ALREADY_BASELINED")
        assert error.metadata["version"] == "1.0"
    assert kinds(p) == ["BASELINE 1.0"]


def test_a_history_with_scripts_is_refused(project, fails):
    p = project(FILES)
    p.migrate_ok(target="1")
    error = fails(lambda: start(p, "baseline"))
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "HISTORY_NOT_EMPTY")


def test_settings_give_what_a_call_leaves_empty(project):
    p = project(
        FILES, baseline_version="007.5", baseline_description="ours", installed_by="release bot"
    )
    run_ok(p, "baseline")
    assert rows(p) == [(1, "BASELINE", "007.5", "ours", None, True)]
    assert p.sql("select installed_by from flyway_schema_history") == [("release bot",)]


def test_schemas_that_are_created_have_their_row_first(project):
    p = project(FILES, schemas="sales", default_schema="sales")
    run_ok(p, "baseline")
    assert p.sql(
        "select installed_rank, type, script from sales.flyway_schema_history order by 1"
    ) == [(0, "SCHEMA", '"sales"'), (1, "BASELINE", "<< Flyway Baseline >>")]


def test_validate_only_starts_nothing(project, fails):
    p = project(FILES)
    checked = start(p, "baseline", validate_only=True)
    assert (checked.name, checked.state, steps(checked)) == ("", Run.PENDING, ["RECORD B1"])
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]
    p.migrate_ok()
    error = fails(lambda: start(p, "baseline", validate_only=True))
    assert error.reason == "HISTORY_NOT_EMPTY"


@pytest.mark.parametrize("version", ["x", "1..2", "9" * 51, "-1"])
def test_a_version_that_is_none(project, fails, version):
    error = fails(lambda: start(project(FILES), "baseline", version=version))
    assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert list(error.fields) == ["version"]


def test_a_repeated_request_id_is_one_run(project):
    p = project(FILES)
    first = start(p, "baseline", request_id="once")
    assert start(p, "baseline", request_id="once").name == first.name
    p.wait(first.name)
    assert kinds(p) == ["BASELINE 1"]


def test_M5_postgres_killed_around_a_baseline_leaves_all_of_it_or_nothing(project, new_postgres):
    server = new_postgres()
    p = project(FILES, url=server.create_database("m5"))
    name = start(p, "baseline").name
    server.kill()
    server.start()
    assert p.wait(name).state == Run.SUCCEEDED
    wait_until(lambda: kinds(p) == ["BASELINE 1"], 10, "the baseline stands")


def test_M10_a_standby_takes_no_baseline(project, new_postgres, scratch, fails):
    primary = new_postgres()
    primary.create_database("m10")
    standby = primary.standby(scratch.folder("standby"))
    standby.start()
    try:
        p = project(FILES, url=standby.url("m10"), wait=False)
        wait_until(lambda: p.sql("select pg_is_in_recovery()")[0][0], 20, "the standby answers")
        for kind in ("baseline", "repair", "undo"):
            error = fails(lambda kind=kind: start(p, kind))
            assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "READ_ONLY_SERVER")
        error = fails(p.start)
        assert error.reason == "READ_ONLY_SERVER"
    finally:
        standby.close()
