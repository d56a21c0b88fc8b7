"""Plan, lint, drift, and dry run, as a person types them.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

LOCK = 77433833903597  # of "public"."flyway_schema_history"


def test_a_plan_is_reviewed_and_exactly_it_is_applied(migrations: Any) -> None:
    migrations.write("V1__t.sql", "create table t (i int);\ninsert into t values (1);\n")
    migrations.write("V2__i.sql", "create index concurrently t_i on t (i);\n")
    plan = migrations.ctl("migrations", "plan", "--target", "2", "--exit-code")
    assert plan.returncode == 3, plan.stderr
    assert "1. V1__t.sql  t\n   pending, one transaction with its history row" in plan.stdout
    assert "outside a transaction: what it did stays when it fails" in plan.stdout
    command = plan.stdout.splitlines()[-1].strip()
    assert re.fullmatch(
        r"storefrontctl migrations migrate --wait --plan-hash [0-9a-f]{64} --target 2", command
    )

    migrations.write("V1__t.sql", "create table t (i bigint);\n")
    stale = migrations.ctl(*shlex.split(command)[1:])
    assert stale.returncode == 1 and "PLAN_CHANGED" in stale.stderr
    assert migrations.sql("select to_regclass('t')") == [(None,)]

    fresh = migrations.ctl("migrations", "plan", "--target", "2").stdout.splitlines()[-1].strip()
    done = migrations.ctl(*shlex.split(fresh)[1:])
    assert done.returncode == 0, done.stderr
    assert re.search(r"APPLY +V2__i.sql +APPLIED +2", done.stdout), done.stdout
    after = migrations.ctl("migrations", "plan", "--exit-code")
    assert (after.returncode, after.stdout.split(":")[0]) == (0, "Nothing to apply")


def test_a_plan_shows_locks_with_table_sizes(migrations: Any) -> None:
    migrations.write("V1__t.sql", "create table t as select generate_series(1, 20000) i;\n")
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0
    migrations.sql("analyze t")
    migrations.write("V2__j.sql", "alter table t alter column i type bigint;\n")
    plan = migrations.ctl("migrations", "plan")
    assert re.search(
        r"locks public\.t \(about 20 thousand rows, \d+ KiB\) in ACCESS EXCLUSIVE: keeps out reads"
        r" and writes; goes through the whole table",
        plan.stdout,
    ), plan.stdout
    assert "! warning 1:" in plan.stdout and "fix: " in plan.stdout
    answer = json.loads(migrations.ctl("migrations", "plan", "-o", "json").stdout)
    assert answer["steps"][0]["migration"] == "migrations/V2"
    assert migrations.ctl("migrations", "plan", "-o", "name").stdout == "migrations/V2\n"


def test_lint_reads_a_local_file_or_stdin(migrations: Any, tmp_path: Any) -> None:
    migrations.sql("create table t (i int)")
    path = tmp_path / "V7__drop.sql"
    path.write_text("select 1;\ndrop table t;\n")
    result = migrations.ctl("migrations", "lint", str(path))
    assert result.returncode == 0, result.stderr
    assert f"{path}:2:1: warning: " in result.stdout and "[ban-drop-table]" in result.stdout
    assert migrations.ctl("migrations", "lint", str(path), "--fail-on", "warning").returncode == 1
    from_stdin = migrations.ctl("migrations", "lint", "-", text="drop table t;")
    assert from_stdin.stdout.startswith("stdin:1:1: warning: ")
    assert migrations.ctl("migrations", "lint", "-", text="select 1;").stdout == ""


def test_drift_is_exit_3_with_a_diff(migrations: Any) -> None:
    migrations.write("V1__t.sql", "create table t (i int);\n")
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0
    none = migrations.ctl("migrations", "drift", "--exit-code")
    assert (none.returncode, none.stdout) == (0, ""), none.stderr
    migrations.sql("alter table t alter column i set default 7")
    found = migrations.ctl("migrations", "drift", "--exit-code")
    assert found.returncode == 3
    assert re.search(r"^~ column public\.t\.i$", found.stdout, re.MULTILINE), found.stdout
    assert re.search(r"^-.*\n\+.*default 7", found.stdout, re.MULTILINE), found.stdout
    assert migrations.ctl("migrations", "capture-schema").returncode == 0
    assert migrations.ctl("migrations", "drift", "--exit-code").returncode == 0


def test_a_dry_run_tells_the_locks_and_leaves_nothing(migrations: Any) -> None:
    migrations.write("V1__t.sql", "create table t (i int);\n")
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0
    migrations.write("V2__j.sql", "alter table t add column j int;\n")
    result = migrations.ctl("migrations", "migrate", "--dry-run")
    assert result.returncode == 0, result.stderr
    assert re.search(r"rolled back +Yes", result.stdout)
    assert "AccessExclusiveLock" in result.stdout or "ACCESS EXCLUSIVE" in result.stdout
    columns = "select attname from pg_attribute where attrelid = 't'::regclass and attnum > 0"
    assert migrations.sql(columns) == [("i",)]
