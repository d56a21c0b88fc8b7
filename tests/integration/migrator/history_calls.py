"""Calls of the history commands, to their ends.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import psycopg
from google.rpc import error_details_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until

Run = pb.MigrationRun
Step = pb.MigrationStep
LOCK_KEY = 77433833903597  # of public.flyway_schema_history
CALLS = {
    "baseline": ("Baseline", pb.BaselineRequest),
    "repair": ("Repair", pb.RepairRequest),
    "undo": ("Undo", pb.UndoRequest),
    "clean": ("Clean", pb.CleanRequest),
}


def database_of(p) -> str:
    return p.sql("select current_database()")[0][0]


def start(p, kind: str, **fields: object) -> Run:
    """Starts a run of this kind; undo and clean are confirmed."""
    method, request = CALLS[kind]
    if kind in ("undo", "clean"):
        fields.setdefault("confirmation", database_of(p))
    return getattr(p.stub, method)(request(**fields), timeout=20)


def run(p, kind: str, **fields: object) -> Run:
    """A run to its end, whatever that is."""
    return p.wait(start(p, kind, **fields).name)


def run_ok(p, kind: str, **fields: object) -> Run:
    ended = run(p, kind, **fields)
    assert ended.state == Run.SUCCEEDED, ended.error
    assert all(step.state == Step.APPLIED for step in ended.steps), ended.steps
    return ended


def steps(ended: Run) -> list[str]:
    """`UNDO V3` for each step."""
    return [
        f"{Step.Action.Name(each.action)} {each.migration.removeprefix('migrations/')}".strip()
        for each in ended.steps
    ]


def reason_of(ended: Run) -> tuple[str, dict[str, str]]:
    """Reason and metadata of a run's error."""
    info = error_details_pb2.ErrorInfo()
    for detail in ended.error.details:
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return "", {}


def rows(p) -> list[tuple]:
    """Rank, type, version, description, checksum and success of each row."""
    return p.sql(
        "select installed_rank, type, version, description, checksum, success"
        " from flyway_schema_history order by 1"
    )


def kinds(p) -> list[str]:
    """`SQL 1` for each row."""
    return [f"{row[1]} {row[2] or row[3]}" for row in rows(p)]


def tables(p) -> set[str]:
    return {
        row[0]
        for row in p.sql(
            "select relname from pg_class where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace and relname <> 'flyway_schema_history'"
        )
    }


def hold(p, statement: str) -> psycopg.Connection:
    """A session with a transaction that is left open after this statement."""
    session = psycopg.connect(p.url, application_name="in the way")
    session.execute(statement)
    return session


def worker_waits(p) -> bool:
    """The migrator's worker waits for a lock of another session."""
    return bool(
        p.sql(
            "select 1 from pg_stat_activity where application_name = 'storefront-migrator worker'"
            " and datname = current_database() and wait_event_type = 'Lock'"
        )
    )


def is_in(p, text: str) -> bool:
    """The migrator's worker is at a statement with this text."""
    return bool(
        p.sql(
            "select 1 from pg_stat_activity where application_name = 'storefront-migrator worker'"
            " and datname = current_database() and state = 'active' and query like %s",
            f"%{text}%",
        )
    )


def wait_for_worker(p) -> None:
    wait_until(lambda: worker_waits(p), 20, "the worker waits for a lock")


def undoable(count: int) -> dict[str, str]:
    """Versions 1 to count, each with a table, and how to undo them."""
    files = {}
    for i in range(1, count + 1):
        files[f"V{i}__t.sql"] = f"create table t{i} (i int);\n"
        files[f"U{i}__t.sql"] = f"drop table t{i};\n"
    return files
