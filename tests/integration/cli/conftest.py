"""storefrontctl as users run it, against a real migrator on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pytest

from scratch import Scratch
from services import Service, binary

_numbers = itertools.count(1)


class Ctl:
    """Runs the program with the addresses of a test's services."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.program = binary("storefrontctl")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("STOREFRONT_CTL_")},
            **{f"STOREFRONT_CTL_{k.upper()}_ADDRESS": v for k, v in addresses.items()},
        }

    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env={**self.environment, **(env or {})},
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def ctl() -> Ctl:
    """Nobody listens on port 1."""
    return Ctl({"migrator": "127.0.0.1:1", "seeder": "127.0.0.1:1"})


class Migrations:
    def __init__(self, folder: Path, service: Service, url: str) -> None:
        self.folder = folder
        self.service = service
        self.url = url
        self.ctl = Ctl({"migrator": service.address})

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def sql(self, query: str) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def migrations(
    scratch: Scratch, database: str, start_service: Callable[..., Service]
) -> Migrations:
    folder = scratch.folder(f"cli-migrations-{next(_numbers)}")
    service = start_service("migrator", {"database_url": database, "locations": str(folder)})
    service.wait_ready()
    return Migrations(folder, service, database)
