"""The real Flyway and our migrator on one history, in both directions.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

REPOSITORY = Path(__file__).resolve().parents[3]
INTEROP = REPOSITORY / "tests/interop/flyway"
PLACEHOLDERS = {
    "debezium_user": "debezium_interop",
    "debezium_password": "interop",
    "debezium_storefront_publication_name": "storefront_publication",
}


@pytest.fixture(scope="session")
def flyway_jars() -> Path:
    """The jars of pom.xml, resolved once per state of it."""
    key = hashlib.sha256((INTEROP / "pom.xml").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    jars = cache / "storefront-cdc/flyway-jars" / key
    if not jars.exists():
        building = jars.with_name(f"{key}.{os.getpid()}")
        subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                INTEROP / "pom.xml",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={building}",
                "-DincludeScope=runtime",
            ],
            check=True,
            timeout=280,
        )
        try:
            building.rename(jars)
        except OSError:  # another session was faster
            shutil.rmtree(building)
    return jars


@pytest.fixture
def flyway(flyway_jars: Path) -> Callable[..., list[str]]:
    """flyway(project, "migrate"): the lines that the driver prints."""

    def run(
        project,
        command: str,
        *,
        location: Path | None = None,
        schemas: str = "public",
        placeholders: dict[str, str] | None = None,
    ) -> list[str]:
        url = urllib.parse.urlsplit(project.url)
        values = [f"{name}={value}" for name, value in (placeholders or {}).items()]
        done = subprocess.run(
            [
                "java",
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                f"{flyway_jars}/*",
                INTEROP / "FlywayDriver.java",
                command,
                f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}",
                url.username or "",
                url.password or "",
                str(location or project.folder),
                schemas,
                *values,
            ],
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return [
            line
            for line in done.stdout.splitlines()
            if line.split(" ", 1)[0] in ("migrated", "valid", "finding", "info")
        ]

    return run


SCRIPTS = {
    "V1__tables.sql": "create table a (i int);\ncreate table b (i int);\n",
    "V1.10__ten.sql": "insert into a values (10);",
    "V1.9__nine.sql": "insert into a values (9);\r\n",
    "V002__zeros.sql": "\ufeffinsert into b values (2);\n",
    "sub/V3___spaces_.sql": "do $$ begin perform 1; end $$;",
    "R__b view.sql": "create or replace view vb as select '${word}'::text as word;",
    "R__A_view.sql": "create or replace view va as select * from a;",
}


def ours(project) -> list[str]:
    """Version, description and state of each line, in Flyway's words."""
    names = {
        pb.Migration.SUCCESS: "Success",
        pb.Migration.PENDING: "Pending",
        pb.Migration.OUTDATED: "Outdated",
        pb.Migration.SUPERSEDED: "Superseded",
        pb.Migration.MISSING: "Missing",
        pb.Migration.FUTURE: "Future",
        pb.Migration.OUT_OF_ORDER: "Out of Order",
        pb.Migration.IGNORED: "Ignored",
    }
    answer = project.stub.ListMigrations(pb.ListMigrationsRequest(page_size=1000))
    return [f"info {m.version}|{m.description}|{names[m.state]}" for m in answer.migrations]


def validate(project) -> bool:
    return project.stub.ValidateMigrations(pb.ValidateMigrationsRequest()).valid


def test_flyway_finds_nothing_to_do_after_ours(project, flyway):
    p = project(SCRIPTS, placeholders="word=hello")
    p.migrate_ok()
    word = {"word": "hello"}
    assert flyway(p, "validate", placeholders=word) == ["valid true"]
    assert flyway(p, "migrate", placeholders=word) == ["migrated 0"]
    assert flyway(p, "info", placeholders=word) == ours(p)


def test_ours_finds_nothing_to_do_after_flyway(project, flyway):
    p = project(SCRIPTS, placeholders="word=hello")
    word = {"word": "hello"}
    assert flyway(p, "migrate", placeholders=word) == ["migrated 7"]
    assert validate(p)
    assert not p.migrate_ok().steps
    assert ours(p) == flyway(p, "info", placeholders=word)


def test_they_take_turns_and_agree_on_every_state(project, flyway):
    p = project(SCRIPTS, placeholders="word=hello")
    word = {"word": "hello"}
    p.migrate_ok(target="1.9")
    assert flyway(p, "migrate", placeholders=word) == ["migrated 3"]
    p.write(
        {
            "V4__more.sql": "create table c (i int);",
            "R__A_view.sql": "create or replace view va as select i from a;",
        }
    )
    assert ours(p) == flyway(p, "info", placeholders=word)
    p.migrate_ok()
    assert flyway(p, "validate", placeholders=word) == ["valid true"]
    (p.folder / "V1.10__ten.sql").unlink()
    (p.folder / "V4__more.sql").unlink()
    p.write({"V2.5__late.sql": "select 1;", "V3.5__next.sql": "select 1;"})
    assert ours(p) == flyway(p, "info", placeholders=word)


def test_the_shipped_migrations_work_under_both(project, postgres, flyway, scratch):
    location = REPOSITORY / "migrations"
    schemas = "public,seeder,cdc_audit"
    secret = scratch.folder("flyway-secret") / "password"
    secret.write_text(PLACEHOLDERS["debezium_password"])
    plain = {k: v for k, v in PLACEHOLDERS.items() if k != "debezium_password"}
    settings = {
        "locations": location,
        "schemas": schemas,
        "placeholders": ",".join(f"{name}={value}" for name, value in plain.items()),
        "secret_placeholders": f"debezium_password={secret}",
    }
    mine = project({}, **settings)
    mine.migrate_ok()
    both = {"location": location, "schemas": schemas, "placeholders": PLACEHOLDERS}
    assert flyway(mine, "validate", **both) == ["valid true"]
    assert flyway(mine, "migrate", **both) == ["migrated 0"]

    theirs = project({}, url=postgres.create_database("shipped_by_flyway"), **settings)
    assert flyway(theirs, "migrate", **both) == ["migrated 3"]
    assert validate(theirs)
    assert not theirs.migrate_ok().steps
    columns = (
        "select table_schema, table_name, column_name, data_type, column_default from"
        " information_schema.columns where table_schema in ('public', 'seeder', 'cdc_audit')"
        " order by 1, 2, ordinal_position"
    )
    assert mine.sql(columns) == theirs.sql(columns)
    theirs.service.terminate()
    postgres.drop_database("shipped_by_flyway")
