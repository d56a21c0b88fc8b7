"""Undo and force-unlock on a terminal, and a wait that tells who blocks it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import subprocess
from typing import Any

import psycopg

from services import die_with_parent
from terminal import read_more, spawn_on_terminal
from wait import wait_until

LOCK = 77433833903597  # of "public"."flyway_schema_history"


def name_of(migrations: Any) -> str:
    return migrations.sql("select current_database()")[0][0]


def type_on_terminal(migrations: Any, asked: bytes, answer: bytes, *words: str) -> tuple[int, str]:
    """Runs the program on a terminal, answers its question, gives exit code and all it showed."""
    process, terminal = spawn_on_terminal(migrations.ctl, *words)
    seen = bytearray()
    wait_until(lambda: asked in read_more(terminal, seen), 20, "it asks")
    os.write(terminal, answer)

    def ended() -> bool:
        read_more(terminal, seen)
        return process.poll() is not None

    wait_until(ended, 20, "it ends")
    read_more(terminal, seen)
    os.close(terminal)
    return process.returncode, seen.decode()


def test_undo_shows_what_it_would_do_and_asks_for_the_database(migrations: Any) -> None:
    migrations.write("V1__t.sql", "create table t (i int);\n")
    migrations.write("U1__t.sql", "drop table t;\n")
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0
    question = b"Type the name of the database to go on: "
    code, shown = type_on_terminal(migrations, question, b"wrong\n", "migrations", "undo", "--wait")
    assert code == 1 and "CONFIRMATION_MISMATCH" in shown
    assert "U1__t.sql" in shown[: shown.index("Type the name")]
    assert migrations.sql("select to_regclass('t') is null") == [(False,)]
    name = name_of(migrations).encode() + b"\n"
    code, shown = type_on_terminal(migrations, question, name, "migrations", "undo", "--wait")
    assert code == 0, shown
    assert migrations.sql("select to_regclass('t') is null") == [(True,)]


def test_force_unlock_shows_the_session_and_asks(migrations: Any) -> None:
    nobody = migrations.ctl("migrations", "force-unlock", "--pid", "1", "--confirm", "x")
    assert nobody.returncode == 1 and "LOCK_NOT_HELD" in nobody.stderr
    stuck = psycopg.connect(migrations.url, autocommit=True, application_name="stuck one")
    stuck.execute(f"select pg_advisory_lock({LOCK})")
    pid = stuck.info.backend_pid
    code, shown = type_on_terminal(
        migrations,
        b"Type the name of the database to go on: ",
        name_of(migrations).encode() + b"\n",
        "migrations",
        "force-unlock",
    )
    assert code == 0, shown
    assert f"is held by pid {pid} (stuck one" in shown and f"Ended pid {pid}" in shown
    assert migrations.sql(f"select 1 from pg_stat_activity where pid = {pid}") == []
    stuck.close()


def test_a_wait_tells_who_blocks_it(migrations: Any, tmp_path: Any) -> None:
    migrations.write("V1__t.sql", "create table t (i int);\n")
    assert migrations.ctl("migrations", "migrate", "--wait").returncode == 0
    migrations.write("V2__j.sql", "alter table t add column j int;\n")
    told = tmp_path / "err"
    with psycopg.connect(migrations.url, application_name="idle one") as blocker:
        blocker.execute("select * from t")
        pid = blocker.info.backend_pid
        with told.open("w") as err:
            process = subprocess.Popen(
                [migrations.ctl.program, "migrations", "migrate", "--wait"],
                env=migrations.ctl.environment,
                stdout=subprocess.DEVNULL,
                stderr=err,
                preexec_fn=die_with_parent,
            )
            wait_until(
                lambda: f"blocked: waits for pid {pid} (idle one" in told.read_text(), 20, "told"
            )
    assert process.wait(timeout=30) == 0, told.read_text()
    assert told.read_text().count("blocked: ") == 1
