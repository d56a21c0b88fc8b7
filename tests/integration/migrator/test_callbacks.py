"""Callbacks: which run, in what order, in whose transaction; and what they may not hide.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from google.rpc import error_details_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

Run = pb.MigrationRun

# Each callback leaves a line that says when it ran and in which transaction.
NOTE = "insert into journal (event, xact) values ('{0}', pg_current_xact_id()::text::bigint);"
JOURNAL = (
    "create table journal (id int generated always as identity, event text not null,"
    " xact bigint not null)"
)


def callbacks(*events: str) -> dict[str, str]:
    return {f"{event}.sql": NOTE.format(event) for event in events}


def journal(p) -> list[str]:
    return [row[0] for row in p.sql("select event from journal order by id")]


def metadata(run: Run) -> dict[str, str]:
    info = error_details_pb2.ErrorInfo()
    for detail in run.error.details:
        if detail.Unpack(info):
            return dict(info.metadata)
    return {}


def with_journal(project, files: dict[str, str], **settings):
    p = project({"V1__journal.sql": f"{JOURNAL};"}, **settings)
    p.migrate_ok()
    p.write(files)
    return p


def test_every_event_runs_at_its_place(project):
    p = with_journal(
        project,
        {
            "V2__a.sql": NOTE.format("V2"),
            "V3__b.sql": NOTE.format("V3"),
            "R__v.sql": NOTE.format("R"),
            **callbacks(
                "beforeMigrate",
                "beforeEachMigrate",
                "afterEachMigrate",
                "afterVersioned",
                "beforeRepeatables",
                "afterMigrateApplied",
                "afterMigrate__b",
                "afterMigrate__a",
                "afterMigrateError",
                "afterEachMigrateError",
                "beforeUndo",
            ),
        },
    )
    p.migrate_ok()
    around = ["beforeEachMigrate", "{}", "afterEachMigrate"]
    assert journal(p) == [
        "beforeMigrate",
        *[each.format("V2") for each in around],
        *[each.format("V3") for each in around],
        "afterVersioned",
        "beforeRepeatables",
        *[each.format("R") for each in around],
        "afterMigrateApplied",
        "afterMigrate__a",
        "afterMigrate__b",
    ]
    rows = p.sql("select event, xact from journal where event ~ 'Each|^V|^R$' order by id")
    for begin in range(0, 9, 3):
        assert len({xact for _, xact in rows[begin : begin + 3]}) == 1, "one transaction each"
    assert len({xact for _, xact in rows}) == 3
    assert [row[1] for row in p.history()] == ["1", "2", "3", None]

    p.sql("truncate journal")
    assert not p.migrate_ok().steps
    assert journal(p) == ["beforeMigrate", "afterVersioned", "afterMigrate__a", "afterMigrate__b"]


def test_a_callback_in_a_migration_rolls_it_back(project):
    p = with_journal(
        project, {"V2__a.sql": NOTE.format("V2"), "afterEachMigrate.sql": "select 1/0;"}
    )
    run = p.migrate()
    assert run.state == Run.FAILED
    assert metadata(run)["file"] == "afterEachMigrate.sql"
    assert journal(p) == []
    assert len(p.history()) == 1


def test_callbacks_after_a_failure_run_and_never_hide_it(project):
    p = with_journal(
        project,
        {
            "V2__a.sql": NOTE.format("V2"),
            "V3__b.sql": "select 1/0;",
            "afterEachMigrateError.sql": NOTE.format("eachError"),
            "afterMigrateError__1.sql": NOTE.format("error"),
            "afterMigrateError__2.sql": "select broken;",
            "afterMigrate.sql": NOTE.format("never"),
        },
    )
    run = p.migrate()
    assert run.state == Run.FAILED
    assert metadata(run)["file"] == "V3__b.sql"
    assert metadata(run)["sqlstate"] == "22012"
    assert journal(p) == ["V2", "eachError", "error"]


def test_a_failed_before_migrate_ends_the_run_before_anything(project):
    p = with_journal(
        project,
        {
            "V2__a.sql": NOTE.format("V2"),
            "beforeMigrate.sql": "select 1/0;",
            "afterMigrateError.sql": NOTE.format("error"),
        },
    )
    run = p.migrate()
    assert run.state == Run.FAILED
    assert metadata(run)["file"] == "beforeMigrate.sql"
    assert journal(p) == []


def test_a_callback_may_refuse_a_transaction_only_outside_of_migrations(project, fails):
    p = with_journal(project, {"V2__a.sql": NOTE.format("V2"), "afterMigrate.sql": "vacuum;"})
    p.migrate_ok()
    p.write({"afterEachMigrate.sql": "vacuum;"})
    error = fails(p.start)
    assert error.reason == "INVALID_SCRIPT"
    assert "afterEachMigrate.sql" in error.message


def test_placeholders_and_configuration_reach_callbacks(project):
    p = with_journal(
        project,
        {
            "beforeMigrate__1.sql": NOTE.format("${who}"),
            "beforeMigrate__2.sql": NOTE.format("${who}"),
            "beforeMigrate__2.sql.conf": "placeholderReplacement=false\n",
        },
        placeholders="who=me",
    )
    p.migrate_ok()
    assert journal(p) == ["me", "${who}"]


def test_events_that_are_not_run_are_warned_about(project):
    p = project(
        {
            "V1__a.sql": "create table a (i int);",
            "beforeInfo.sql": "select 1;",
            "V9__x.sql.conf": "",
        }
    )
    answer = p.stub.ValidateMigrations(pb.ValidateMigrationsRequest(ignore_patterns=["*:pending"]))
    assert answer.valid
    assert [(each.code, each.script) for each in answer.warnings] == [
        ("CALLBACK_NOT_SUPPORTED", "beforeInfo.sql"),
        ("INVALID_SCRIPT_CONFIG", "V9__x.sql.conf"),
    ]
    p.migrate_ok()


def test_commands_have_callbacks_too(project):
    p = with_journal(
        project,
        {
            "V2__a.sql": "create table a (i int);",
            "U2__a.sql": NOTE.format("U2") + "\ndrop table a;",
            **callbacks("beforeUndo", "afterUndo", "beforeRepair", "afterRepair"),
        },
    )
    p.migrate_ok()
    (database,) = p.sql("select current_database()")[0]
    run = p.wait(p.stub.Undo(pb.UndoRequest(confirmation=database)).name)
    assert run.state == Run.SUCCEEDED, run.error
    assert journal(p) == ["beforeUndo", "U2", "afterUndo"]
    run = p.wait(p.stub.Repair(pb.RepairRequest()).name)
    assert run.state == Run.SUCCEEDED, run.error
    assert journal(p)[3:] == ["beforeRepair", "afterRepair"]

    p.write({"beforeUndo.sql": "select 1/0;"})
    p.migrate_ok()
    run = p.wait(p.stub.Undo(pb.UndoRequest(confirmation=database)).name)
    assert run.state == Run.FAILED
    assert metadata(run)["file"] == "beforeUndo.sql"
    assert p.sql("select count(*) from a") == [(0,)], "nothing was undone"


def test_those_of_commands_are_no_matter_of_a_migrate_run(project):
    p = project({"V1__a.sql": "create table a ();", "afterClean.sql": "select 'broken"})
    p.migrate_ok()
    assert list(p.stub.PlanMigrations(pb.PlanMigrationsRequest()).callbacks) == []
    settled = p.start()
    assert settled.state == Run.SUCCEEDED, "nothing to do is answered at once"
