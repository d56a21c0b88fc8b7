"""The commands of docs/howto/migrations.md, in its order, on a real database with the real Flyway.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from flyway import JAVA_FLAGS, class_path, connection_words
from scratch import Scratch
from servers import PostgresServer
from services import REPOSITORY, Service, binary

HOWTO = REPOSITORY / "docs/howto/migrations.md"
_BLOCK = re.compile(r"^<!-- test: ([^\n]+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the output of a block must show, so that an empty answer is no success.
EXPECTED = {
    "switch over": [r"valid", r"\| Versioned +\| 2 +\|.*\| Success +\|"],
    "lint": [r"V3__add_points\.sql:2:1: warning: .*\[require-concurrent-index-creation\]"],
    "plan": [
        r"1\. V3__add_points\.sql",
        r"locks public\.customers \(.*\) in ACCESS EXCLUSIVE: keeps out reads and writes",
        r"storefrontctl migrations migrate --wait --plan-hash [0-9a-f]{64}",
    ],
    "apply": [r"rolled back +Yes", r"state +SUCCEEDED\n(.*\n)*version now +3"],
    "undo": [r"U3__add_points\.sql", r"kind +UNDO", r"version now +2", r"version now +3"],
    "failed index build": [
        r"exit code 1",
        r"could not create unique index",
        r"migrations/V4 .*public\.customers_email",
    ],
    "repair": [r"DROP_INDEX", r"REMOVE_FAILED", r"version now +4"],
    "drift": [r"public\.customers\.name", r"exit code 3", r"objectCount"],
    "back to flyway": [r"valid true", r"info 4\|unique email\|Success", r"migrated 0"],
}
BLOCKS = dict(_BLOCK.findall(HOWTO.read_text()))
FILES = {
    "V1__customers.sql": "create table customers (id int primary key, name text not null,"
    " email text not null);\n",
    "V2__first_rows.sql": "insert into customers values (1, 'a', 'x@example.org'),"
    " (2, 'b', 'x@example.org');\n",
}


def test_each_block_has_something_to_show() -> None:
    assert list(BLOCKS) == list(EXPECTED), "a block of the how-to, or its expectation, is gone"


def wrapper(path: Path, *words: str) -> None:
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o755)


def test_the_howto_works_from_top_to_bottom(
    postgres: PostgresServer, start_service: Callable[..., Service], scratch: Scratch
) -> None:
    folder = scratch.folder("howto")
    scripts = folder / "sql"
    scripts.mkdir()
    for name, text in FILES.items():
        (scripts / name).write_text(text)
    url = postgres.create_database("shop")
    try:
        # The how-to begins where a user of Flyway stands.
        tools = folder / "bin"
        tools.mkdir()
        java = ["java", *JAVA_FLAGS, "-cp", class_path(), "FlywayDriver"]
        words = shlex.join([*connection_words(url), str(scripts), "public"])
        (tools / "flyway").write_text(f'#!/bin/sh\nexec {shlex.join(java)} "$1" {words}\n')
        (tools / "flyway").chmod(0o755)
        wrapper(tools / "storefrontctl", str(binary("storefrontctl")))
        subprocess.run([tools / "flyway", "migrate"], check=True, timeout=60)

        service = start_service("migrator", {"database_url": url, "locations": scripts})
        service.wait_ready()
        parts = urllib.parse.urlsplit(url)
        environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "STOREFRONT_CTL_MIGRATOR_ADDRESS": service.address,
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGUSER": str(parts.username),
            "PGPASSWORD": str(parts.password),
            "PGDATABASE": "shop",
        }
        for name, block in BLOCKS.items():
            if name == "back to flyway":
                service.terminate()
            done = subprocess.run(
                ["bash", "-c", f"set -euo pipefail\n{block}"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            output = f"{done.stdout}\n{done.stderr}"
            assert done.returncode == 0, f"{name}: exit code {done.returncode}\n{output}"
            for pattern in EXPECTED[name]:
                assert re.search(pattern, output), f"{name}: no {pattern} in\n{output}"
    finally:
        postgres.drop_database("shop")
