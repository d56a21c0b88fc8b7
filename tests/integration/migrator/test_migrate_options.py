"""What a Migrate call may ask for: group, mixed, rows only, baselines, targets, configuration.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import time

from google.rpc import error_details_pb2
from history_calls import tables
from storefront.migrator.v1 import migrator_pb2 as pb

from tcp_gate import TO_SERVER

Run = pb.MigrationRun
Step = pb.MigrationStep


def create(*names: str) -> dict[str, str]:
    return {
        f"V{i}__{name}.sql": f"create table {name} (i int);"
        for i, name in enumerate(names, start=1)
    }


def reason_of(run: Run) -> str:
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in run.error.details if detail.Unpack(info)), "")


def test_a_group_applies_all_or_nothing(project):
    p = project({**create("a", "b"), "V3__c.sql": "select 1/0;"})
    run = p.migrate(group=True)
    assert run.state == Run.FAILED
    assert tables(p) == set()
    assert p.history() == []
    assert [step.state for step in run.steps] == [Step.PENDING, Step.PENDING, Step.FAILED]
    p.write({"V3__c.sql": "create table c (i int);"})
    run = p.migrate_ok(group=True)
    assert tables(p) == {"a", "b", "c"}
    assert [row[0] for row in p.history()] == [1, 2, 3]
    assert [step.installed_rank for step in run.steps] == [1, 2, 3]
    assert len(p.sql("select distinct xmin::text from flyway_schema_history")) == 1


def test_each_script_of_a_group_has_its_own_time(project):
    p = project(
        {
            "V1__a.sql": "select pg_sleep(0.4);",
            "V2__b.sql": "select 1;",
            "V3__c.sql": "select pg_sleep(0.2);",
        }
    )
    p.migrate_ok(group=True)
    times = [
        row[0]
        for row in p.sql("select execution_time from flyway_schema_history order by installed_rank")
    ]
    assert times[0] >= 400 > times[2] >= 200 > times[1], times


def test_a_group_of_both_kinds_is_refused_before_anything(project, fails):
    p = project({**create("a"), "V2__v.sql": "vacuum;"})
    error = fails(lambda: p.start(group=True))
    assert error.reason == "MIXED_GROUP"
    assert p.sql("select 1 from pg_class where relname = 'flyway_schema_history'") == []
    p.migrate_ok(group=True, mixed=True)
    assert tables(p) == {"a"}


def test_mixed_scripts_run_outside_a_transaction_where_they_are_allowed(project, fails):
    p = project({"V1__m.sql": "create table a (i int);\nvacuum a;"})
    assert fails(p.start).reason == "MIXED_SCRIPT"
    run = p.migrate_ok(mixed=True)
    assert not run.steps[0].transactional
    assert tables(p) == {"a"}


def test_rows_only(project):
    p = project({**create("a", "b"), "beforeEachMigrate.sql": "create table never (i int);"})
    run = p.migrate_ok(skip_executing=True)
    assert tables(p) == set()
    assert [step.action for step in run.steps] == [Step.RECORD, Step.RECORD]
    assert p.lines() == ["V1 SUCCESS", "V2 SUCCESS"]
    assert p.sql("select execution_time from flyway_schema_history") == [(0,), (0,)]


def test_content_without_history_gets_a_baseline_where_that_is_allowed(project, fails):
    p = project(create("a", "b"))
    p.sql("create table old (i int)")
    assert fails(p.start).reason == "NON_EMPTY_SCHEMA"

    q = project(
        {**create("a", "b"), "afterBaseline.sql": "create table baselined (i int);"},
        url=p.url,
        baseline_on_migrate="true",
        baseline_version="1",
        baseline_description="as it was",
    )
    run = q.migrate_ok()
    assert [(step.migration, step.action) for step in run.steps] == [
        ("migrations/B1", Step.RECORD),
        ("migrations/V2", Step.APPLY),
    ]
    assert tables(q) == {"old", "b", "baselined"}
    assert q.sql(
        "select version, description, type, script, checksum, execution_time, success"
        " from flyway_schema_history where installed_rank = 1"
    ) == [("1", "as it was", "BASELINE", "as it was", None, 0, True)]
    assert q.lines() == ["V1 IGNORED_BASELINE", "B1 BASELINED", "V2 SUCCESS"]


def test_an_empty_schema_gets_no_baseline(project):
    p = project(create("a"), baseline_on_migrate="true")
    p.migrate_ok()
    assert p.lines() == ["V1 SUCCESS"]


def test_the_highest_baseline_file_starts_an_empty_history(project):
    p = project(
        {
            **create("a", "b", "c"),
            "B1__old.sql": "create table never (i int);",
            "B2__base.sql": "create table base (i int);",
        }
    )
    p.migrate_ok()
    assert tables(p) == {"base", "c"}
    assert p.sql("select version, type from flyway_schema_history order by installed_rank") == [
        ("2", "SQL_BASELINE"),
        ("3", "SQL"),
    ]


def test_targets(project, fails):
    p = project(create("a", "b", "c", "d"))
    assert p.migrate_ok(target="next").final_version == "1"
    assert p.migrate_ok(target="current").final_version == "1"
    assert p.migrate_ok(target="2").final_version == "2"
    assert p.migrate_ok(target="3.7?").final_version == "3"
    assert fails(lambda: p.start(target="3.7")).reason == "TARGET_NOT_FOUND"
    assert p.migrate_ok(target="latest").final_version == "4"


def test_a_script_below_the_highest_is_applied_where_that_is_allowed(project, fails):
    p = project({"V2__b.sql": "create table b (i int);"})
    p.migrate_ok()
    p.write({"V1__a.sql": "create table a (i int);"})
    error = fails(p.start)
    assert error.reason == "VALIDATION_FAILED"
    p.migrate_ok(out_of_order=True)
    assert p.lines() == ["V2 SUCCESS", "V1 OUT_OF_ORDER"]


def test_the_configuration_of_a_script(project, fails):
    p = project(
        {
            "V1__a.sql": "create table a (i int);\nselect '${nobody}';",
            "V1__a.sql.conf": "executeInTransaction=false\nplaceholderReplacement=false\n"
            "encoding=UTF-8\n",
        }
    )
    assert not p.migrate_ok().steps[0].transactional
    p.write({"V2__b.sql": "vacuum;", "V2__b.sql.conf": "executeInTransaction=true"})
    assert fails(p.start).reason == "INVALID_SCRIPT_CONFIG"
    p.write({"V2__b.sql.conf": "shouldExecute=false"})
    error = fails(p.start)
    assert error.reason == "INVALID_SCRIPT_CONFIG"
    assert "shouldExecute" in error.message
    answer = p.stub.ValidateMigrations(pb.ValidateMigrationsRequest())
    assert [each.code for each in answer.findings][0] == "INVALID_SCRIPT_CONFIG"


def test_wrong_options_are_named(project, fails):
    p = project(create("a"))
    assert fails(lambda: p.start(target="one")).reason == "INVALID_FIELD"
    assert fails(lambda: p.start(plan_hash="xyz")).reason == "INVALID_FIELD"


def test_a_transactional_file_costs_one_round_trip(project, database, postgres, gate):
    """Turns on the wire are counted where they pass; n files may take n + 40."""
    count = 60
    between = gate("127.0.0.1", postgres.port)
    p = project(
        {
            f"V{i}__t.sql": f"create table t{i} (i int);\ninsert into t{i} values (1);"
            for i in range(1, count + 1)
        },
        url=database.replace(f":{postgres.port}/", f":{between.port}/"),
    )
    before, began = between.turns[TO_SERVER], time.monotonic()
    run = p.migrate_ok()
    turns = between.turns[TO_SERVER] - before
    # What a run is at is written twice a second, so on a slow machine there is more of it.
    written = 2 * int((time.monotonic() - began) / 0.5)
    assert len(run.steps) == count
    assert count < turns <= count + 40 + written, turns
