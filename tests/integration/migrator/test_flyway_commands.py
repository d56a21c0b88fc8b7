"""After each of our history commands the real Flyway validates clean and sees the same states.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import psycopg
from history_calls import run_ok, steps, undoable


def agrees(p, flyway, *, pending: int = 0) -> list[str]:
    """Both tables, which are one; Flyway finds nothing wrong and has this much to do."""
    ours = p.info()
    assert flyway(p, "info") == ours
    assert sum(line.endswith("|Pending") for line in ours) == pending
    if not pending:
        assert flyway(p, "validate") == ["valid true"]
    return ours


def agrees_but_is_invalid(p, flyway) -> bool:
    assert flyway(p, "info") == p.info()
    return flyway(p, "validate")[0] == "valid false"


def test_baseline_by_ours(project, flyway):
    p = project(undoable(4))
    p.sql("create table t1 (i int)")
    p.sql("create table t2 (i int)")
    run_ok(p, "baseline", version="2", description="as found")
    assert agrees(p, flyway, pending=2) == [
        "info 1|t|Below Baseline",
        "info 2|t|Ignored (Baseline)",
        "info 2|as found|Baseline",
        "info 3|t|Pending",
        "info 4|t|Pending",
    ]
    run_ok(p, "baseline", version="2", description="as found")
    assert flyway(p, "migrate") == ["migrated 2"]
    agrees(p, flyway)
    assert steps(run_ok(p, "undo")) == ["UNDO V4"]
    agrees(p, flyway, pending=1)


def test_failed_then_repaired_by_ours(project, flyway):
    p = project({"V1__t.sql": "create table t (i int); insert into t values (1), (1);"})
    p.migrate_ok()
    p.write({"V2__i.sql": "create unique index concurrently t_i on t (i);"})
    p.migrate()
    assert agrees_but_is_invalid(p, flyway)
    run_ok(p, "repair", drop_invalid_indexes=True)
    agrees(p, flyway, pending=1)
    with psycopg.connect(p.url, autocommit=True) as session:
        session.execute("delete from t")
    p.migrate_ok()
    agrees(p, flyway)
    assert flyway(p, "repair") == ["repaired 0|0|0"], "nothing is left for Flyway's repair"


def test_missing_deleted_and_aligned_by_ours(project, flyway):
    p = project(
        {
            "V1__a.sql": "create table a (i int);",
            "V2__b.sql": "create table b (i int);",
            "V3__c.sql": "create table c (i int);",
            "R__gone.sql": "create or replace view gone as select 1 as one;",
        }
    )
    p.migrate_ok()
    for name in ("V1__a.sql", "V2__b.sql", "R__gone.sql"):
        (p.folder / name).unlink()
    p.write({"V2__b_new.sql": "create table b (i int, j int);"})
    assert agrees_but_is_invalid(p, flyway)
    assert steps(run_ok(p, "repair")) == ["MARK_DELETED V1", "MARK_DELETED R__gone", "ALIGN V2"]
    agrees(p, flyway)
    assert flyway(p, "repair") == ["repaired 0|0|0"], "nothing is left for Flyway's repair"
    p.write({"R__gone.sql": "create or replace view gone as select 2 as one;"})
    agrees(p, flyway, pending=1)
    assert flyway(p, "migrate") == ["migrated 1"]
    agrees(p, flyway)


def test_undone_and_redone_by_ours_and_by_flyway(project, flyway):
    p = project(undoable(3))
    p.migrate_ok()
    for turn in range(2):
        run_ok(p, "undo", target="1")
        states = agrees(p, flyway, pending=2)
        assert sum(line.endswith("|Deleted") for line in states) == 2 + 2 * turn
        if turn == 0:
            p.migrate_ok()
        else:
            assert flyway(p, "migrate") == ["migrated 2"]
        agrees(p, flyway)
    assert steps(run_ok(p, "undo")) == ["UNDO V3"], "what Flyway applied is undone too"
    agrees(p, flyway, pending=1)


def test_cleaned_by_ours(project, flyway):
    p = project(undoable(2), clean_enabled=True)
    assert flyway(p, "migrate") == ["migrated 2"]
    run_ok(p, "clean")
    agrees(p, flyway, pending=2)
    assert flyway(p, "migrate") == ["migrated 2"]
    agrees(p, flyway)
