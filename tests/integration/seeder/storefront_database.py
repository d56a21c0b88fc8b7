"""The storefront's tables in a test's database.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from pathlib import Path

import psycopg

REPOSITORY = Path(__file__).resolve().parents[3]
PLACEHOLDERS = {
    "debezium_user": "debezium_seeder_test",
    "debezium_password": "debezium_seeder_test",
    "debezium_storefront_publication_name": "storefront",
}


def migrate(url: str) -> str:
    """The shipped versioned migrations, in order; returns the URI."""
    scripts = sorted(
        (REPOSITORY / "migrations").glob("V*.sql"),
        key=lambda path: int(path.name[1:].split("__")[0]),
    )
    assert len(scripts) >= 3
    with psycopg.connect(url, autocommit=True) as connection:
        for script in scripts:
            sql = script.read_text()
            for name, value in PLACEHOLDERS.items():
                sql = sql.replace("${" + name + "}", value)
            connection.execute(sql)
    return url
