"""The real Flyway and our migrator on one history, in both directions.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from pathlib import Path

from storefront.migrator.v1 import migrator_pb2 as pb

REPOSITORY = Path(__file__).resolve().parents[3]
PLACEHOLDERS = {
    "debezium_user": "debezium_interop",
    "debezium_password": "interop",
    "debezium_storefront_publication_name": "storefront_publication",
}


SCRIPTS = {
    "V1__tables.sql": "create table a (i int);\ncreate table b (i int);\n",
    "V1.10__ten.sql": "insert into a values (10);",
    "V1.9__nine.sql": "insert into a values (9);\r\n",
    "V002__zeros.sql": "\ufeffinsert into b values (2);\n",
    "sub/V3___spaces_.sql": "do $$ begin perform 1; end $$;",
    "R__b view.sql": "create or replace view vb as select '${word}'::text as word;",
    "R__A_view.sql": "create or replace view va as select * from a;",
}


def validate(project) -> bool:
    return project.stub.ValidateMigrations(pb.ValidateMigrationsRequest()).valid


def test_flyway_finds_nothing_to_do_after_ours(project, flyway):
    p = project(SCRIPTS, placeholders="word=hello")
    p.migrate_ok()
    word = {"word": "hello"}
    assert flyway(p, "validate", placeholders=word) == ["valid true"]
    assert flyway(p, "migrate", placeholders=word) == ["migrated 0"]
    assert flyway(p, "info", placeholders=word) == p.info()


def test_ours_finds_nothing_to_do_after_flyway(project, flyway):
    p = project(SCRIPTS, placeholders="word=hello")
    word = {"word": "hello"}
    assert flyway(p, "migrate", placeholders=word) == ["migrated 7"]
    assert validate(p)
    assert not p.migrate_ok().steps
    assert p.info() == flyway(p, "info", placeholders=word)


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
    assert p.info() == flyway(p, "info", placeholders=word)
    p.migrate_ok()
    assert flyway(p, "validate", placeholders=word) == ["valid true"]
    (p.folder / "V1.10__ten.sql").unlink()
    (p.folder / "V4__more.sql").unlink()
    p.write({"V2.5__late.sql": "select 1;", "V3.5__next.sql": "select 1;"})
    assert p.info() == flyway(p, "info", placeholders=word)


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
