"""A migrated storefront database and a seeder on it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from seeder_client import Seeder  # noqa: E402
from storefront_database import migrate  # noqa: E402


@pytest.fixture
def storefront(database: str) -> str:
    return migrate(database)


@pytest.fixture
def seeder(start_service) -> Callable[..., Seeder]:
    """seeder(url, **settings): a process on that database, ready to serve.

    ready=False: one that cannot be, because of what it misses there.
    """

    def start(url: str, *, port: int | None = None, ready: bool = True, **settings) -> Seeder:
        parts = urllib.parse.urlsplit(url)
        address = f"127.0.0.1:{port or parts.port}"
        plain = parts._replace(netloc=f"{parts.username}@{address}").geturl()
        defaults = {
            "database_url": plain,
            "database_password": urllib.parse.unquote(parts.password or ""),
            "watch_interval": "100ms",
        }
        service = start_service("seeder", defaults | settings)
        if ready:
            service.wait_ready()
        return Seeder(service)

    return start
