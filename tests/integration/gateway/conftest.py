"""The gateway in front of real services on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from answers import nowhere

from services import REPOSITORY, Service
from wait import wait_until


@dataclass
class Stack:
    gateway: Service
    migrator: Service
    seeder: Service
    rest: httpx.Client

    def run_of(self, name: str, *states: str, deadline: float = 60) -> dict:
        """Waits until a run is in one of the states."""

        def found() -> dict | None:
            run = self.rest.get(f"/v1/{name}").raise_for_status().json()
            return run if run["state"] in states else None

        return wait_until(found, deadline, f"{name} is {' or '.join(states)}")


@pytest.fixture
def gateway(start_service: Callable[..., Service]) -> Service:
    """A gateway without any service behind it."""
    return start_service("gateway", {**nowhere(), "drain_wait": "0s"})


@pytest.fixture
def rest(gateway: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=30) as client:
        yield client


@pytest.fixture
def stack(start_service: Callable[..., Service], database: str, tmp_path: Path) -> Iterator[Stack]:
    """Gateway, migrator and seeder; the schema is made by a POST."""
    secret = tmp_path / "debezium_password"
    secret.write_text("a-test-password")
    migrator = start_service(
        "migrator",
        {
            "database_url": database,
            "locations": REPOSITORY / "migrations",
            "placeholders": "debezium_user=debezium_rest,"
            "debezium_storefront_publication_name=storefront_rest",
            "secret_placeholders": f"debezium_password={secret}",
        },
    )
    seeder = start_service("seeder", {"database_url": database})
    gateway = start_service(
        "gateway",
        {
            **nowhere(),
            "migrator_address": migrator.address,
            "seeder_address": seeder.address,
        },
    )
    with httpx.Client(base_url=gateway.url, timeout=30) as client:
        made = Stack(gateway, migrator, seeder, client)
        run = client.post("/v1/migrations:migrate").raise_for_status().json()
        made.run_of(run["name"], "SUCCEEDED")
        seeder.wait_ready()
        yield made
