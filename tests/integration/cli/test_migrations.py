"""Commands against a real migrator: outputs, runs, Ctrl-C, a terminal.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from services import die_with_parent
from terminal import read_more, spawn_on_terminal
from wait import wait_until

SLOW = "select pg_sleep(30);\n"


def test_health_of_a_live_service(migrations: Any) -> None:
    assert migrations.ctl("health", migrations.service.address).returncode == 0
    ready = migrations.ctl("health", migrations.service.address, "--service", "readiness")
    assert ready.returncode == 0


def test_migrate_waits_and_list_is_the_table_of_flyway(migrations: Any) -> None:
    migrations.write("V1__first.sql", "create table a (i int);\n")
    migrations.write("V2__second.sql", "create table b (i int);\n")
    result = migrations.ctl("migrations", "migrate", "--wait")
    assert result.returncode == 0, result.stderr
    assert "SUCCEEDED" in result.stdout

    table = migrations.ctl("migrations", "list").stdout.splitlines()
    assert table[1].replace(" ", "") == (
        "|Category|Version|Description|Type|InstalledOn|State|Undoable|"
    )
    assert [line.split("|")[6].strip() for line in table[3:5]] == ["Success", "Success"]
    # May run any number of times.
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0


def test_every_output_has_the_same_data(migrations: Any) -> None:
    migrations.write("V1__first.sql", "create table a (i int);\n")
    answer = json.loads(migrations.ctl("migrations", "list", "-o", "json").stdout)
    assert answer["migrations"][0]["script"] == "V1__first.sql"
    assert answer["nextPageToken"] == ""
    assert "script: V1__first.sql\n" in migrations.ctl("migrations", "list", "-o", "yaml").stdout
    lines = migrations.ctl("migrations", "list", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == answer["migrations"]
    assert migrations.ctl("migrations", "list", "-o", "name").stdout == "migrations/V1\n"
    assert "V1__first.sql" in migrations.ctl("migrations", "list", "-o", "wide").stdout


def test_any_method_can_be_called(migrations: Any) -> None:
    result = migrations.ctl("api", "MigratorService.GetMigrationStatus")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["pendingCount"] == 0


def test_a_refused_field_names_its_path(migrations: Any) -> None:
    result = migrations.ctl("migrations", "migrate", "--target", "9" * 61)
    assert result.returncode == 1
    assert "reason: INVALID_FIELD" in result.stderr
    assert "  target: " in result.stderr


def test_a_failed_run_is_exit_1_with_its_error(migrations: Any) -> None:
    migrations.write("V1__broken.sql", "select 1;\nselect nonsense from nowhere;\n")
    result = migrations.ctl("migrations", "migrate", "--wait")
    assert result.returncode == 1
    assert "V1__broken.sql" in result.stderr
    assert "FAILED" in result.stdout


def test_ctrl_c_leaves_the_run_going_and_says_how_to_come_back(migrations: Any) -> None:
    migrations.write("V1__slow.sql", SLOW)
    process, terminal = spawn_on_terminal(migrations.ctl, "migrations", "migrate", "--wait")
    seen = bytearray()
    wait_until(lambda: b"RUNNING" in read_more(terminal, seen), 20, "the bar is drawn")
    assert b"\r\x1b[K" in seen
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    read_more(terminal, seen)
    os.close(terminal)
    assert b"goes on. Follow it with: storefrontctl migration-runs watch" in seen

    runs = json.loads(migrations.ctl("migration-runs", "list", "-o", "json").stdout)
    run = runs["migrationRuns"][0]
    assert run["state"] == "RUNNING"
    assert migrations.ctl("migration-runs", "cancel", run["name"]).returncode == 0
    ended = migrations.ctl("wait", "run", run["name"], "--timeout", "20s")
    assert ended.returncode == 1
    assert "CANCELLED" in ended.stdout


def test_ctrl_c_cancels_the_run_when_asked_to(migrations: Any) -> None:
    migrations.write("V1__slow.sql", SLOW)
    process, terminal = spawn_on_terminal(
        migrations.ctl, "migrations", "migrate", "--wait", "--cancel-on-interrupt"
    )
    seen = bytearray()
    wait_until(lambda: b"RUNNING" in read_more(terminal, seen), 20, "the bar is drawn")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    os.close(terminal)

    def state() -> str:
        answer = migrations.ctl("migration-runs", "list", "-o", "json").stdout
        return json.loads(answer)["migrationRuns"][0]["state"]

    wait_until(lambda: state() == "CANCELLED", 20, "the run is cancelled")


def test_wait_survives_a_kill_of_its_service(migrations: Any, tmp_path: Path) -> None:
    migrations.write("V1__slow.sql", "select pg_sleep(3);\n")
    with (tmp_path / "err").open("w+") as err:
        process = subprocess.Popen(
            [migrations.ctl.program, "migrations", "migrate", "--wait"],
            env=migrations.ctl.environment,
            stdout=subprocess.DEVNULL,
            stderr=err,
            preexec_fn=die_with_parent,
        )
        wait_until(lambda: "RUNNING" in (tmp_path / "err").read_text(), 20, "the run is followed")
        migrations.service.kill()
        wait_until(
            lambda: "cannot be reached" in (tmp_path / "err").read_text(), 20, "the loss is told"
        )
        migrations.service.start()
        # The run of the dead process ended with it, and nobody resumes it: a failure that is told
        # as soon as somebody answers.
        assert process.wait(timeout=5) == 1, (tmp_path / "err").read_text()
