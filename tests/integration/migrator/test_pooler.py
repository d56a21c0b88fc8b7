"""PgBouncer from Debian between the migrator and Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from native_stack import namespace, ports
from scratch import Scratch
from servers import PostgresServer
from wait import wait_until


def bouncer_binary() -> Path:
    """Debian keeps it out of the path of users."""
    path = Path("/usr/sbin/pgbouncer")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; deploy/packages/postgres.txt has its package")
    return path


@pytest.fixture
def pooler(postgres: PostgresServer, scratch: Scratch) -> Iterator[Callable[..., int]]:
    """pooler("transaction", ignored="…") starts one and gives its port."""
    made: list[namespace.Process] = []

    def start(mode: str, ignored: str = "") -> int:
        port = ports.reserve()
        folder = scratch.folder(f"pgbouncer-{port}")
        (folder / "users").write_text(f'"postgres" "{postgres.password}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"""[databases]
* = host=127.0.0.1 port={postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = {mode}
ignore_startup_parameters = {ignored}
"""
        )
        # In a namespace of its own, where it is not root: it refuses to be.
        argv = [str(bouncer_binary()), str(folder / "pgbouncer.ini")]
        made.append(namespace.Process("pgbouncer", argv, log=folder / "pgbouncer.log"))
        url = f"postgresql://postgres:{postgres.password}@127.0.0.1:{port}/postgres"
        wait_until(lambda: psycopg.connect(url).close() is None, 20, "PgBouncer answers")
        return port

    yield start
    for process in made:
        process.kill()


@pytest.mark.parametrize("mode", ["transaction", "session", "statement"])
@pytest.mark.parametrize("lets_pass", [False, True])
def test_M9_a_pooler_is_refused_before_any_write(
    project, database, postgres, pooler, fails, mode, lets_pass
):
    # As it ships it refuses our session settings; told to ignore them it lets the session in.
    ignored = "extra_float_digits,options,lock_timeout,statement_timeout" if lets_pass else ""
    port = pooler(mode, ignored)
    p = project(
        {"V1__t.sql": "create table t (i int);"},
        url=database.replace(f":{postgres.port}/", f":{port}/"),
        wait=False,
    )
    p.url = database
    error = wait_until(lambda: fails(p.start), 20, "it answers")
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "POOLER_DETECTED")
    assert "connect to Postgres directly" in error.message
    assert p.sql("select to_regclass('flyway_schema_history'), to_regclass('t')") == [(None, None)]
    held = p.sql("select count(*) from pg_locks where locktype = 'advisory'")
    assert held == [(0,)], "the history lock is held through the pool"
    assert p.service.is_live()
