"""LintMigrations over gRPC, in front of a real catalog.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import urllib.request
from pathlib import Path

import grpc
from storefront.migrator.v1 import migrator_pb2 as pb

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = {
    "locations": REPOSITORY / "migrations",
    "schemas": "public,seeder,cdc_audit",
    "placeholders": "debezium_user=debezium_lint,"
    "debezium_storefront_publication_name=storefront_publication",
}
Severity = pb.LintFinding.Severity


def lint(p, **fields: object) -> pb.LintMigrationsResponse:
    request = pb.LintMigrationsRequest(**{"page_size": 1000} | fields)
    return p.stub.LintMigrations(request, timeout=20)


def short(answer: pb.LintMigrationsResponse) -> list[str]:
    """`V2 rule SEVERITY relation` of each finding."""
    return [
        f"{each.migration.removeprefix('migrations/')} {each.rule}"
        f" {Severity.Name(each.severity)} {each.relation}".strip()
        for each in answer.findings
    ]


def test_pending_files_with_everything_about_a_finding(project):
    p = project(
        {
            "V1__a.sql": "create table t (id bigint primary key, a text);",
            "V2__b.sql": "select 1;\nalter table t\n    drop column a;\n",
        }
    )
    answer = lint(p)
    assert answer.script_count == 2
    assert (answer.counts.errors, answer.counts.warnings, answer.counts.notes) == (0, 1, 0)
    (finding,) = answer.findings
    assert (finding.rule, finding.severity) == ("ban-drop-column", Severity.Value("WARNING"))
    assert (finding.migration, finding.script) == ("migrations/V2", "V2__b.sql")
    assert (finding.statement, finding.line, finding.column) == (2, 3, 5)
    assert finding.relation == "public.t"
    assert "column a" in finding.message
    assert finding.fix


def test_applied_files_count_only_when_asked_for(project):
    p = project({"V1__a.sql": "create table t (a int); create table u ();"})
    p.migrate_ok()
    p.write({"V2__b.sql": "drop table u;"})
    assert short(lint(p)) == ["V2 ban-drop-table WARNING public.u"]
    everything = lint(p, include_applied=True)
    assert short(everything)[0] == "V1 prefer-bigint-over-int NOTE public.t"
    assert everything.script_count == 2
    assert short(lint(p, migrations=["migrations/V1"])) == [
        "V1 prefer-bigint-over-int NOTE public.t"
    ]


def test_severity_rises_with_a_big_table(project):
    p = project(
        {
            "V1__a.sql": "create table small (id bigint primary key, a bigint);"
            " create table big (id bigint primary key, a bigint);"
            " insert into small select i, i from generate_series(1, 50) i;"
            " insert into big select i, i from generate_series(1, 2000) i;"
        },
        large_table_rows=1000,
    )
    p.migrate_ok()
    p.sql("analyze small")
    p.write(
        {
            "V2__b.sql": "create index s on small (a);\ncreate index b on big (a);\n"
            "alter table big drop column a;\n"
        }
    )
    rule = "require-concurrent-index-creation"
    # Not analyzed: nobody knows how large it is.
    assert f"V2 {rule} WARNING public.big" in short(lint(p))
    p.sql("analyze big")
    found = short(lint(p))
    assert f"V2 {rule} WARNING public.small" in found
    assert f"V2 {rule} ERROR public.big" in found
    assert "V2 ban-drop-column WARNING public.big" in found


def test_published_tables_by_catalog_and_by_earlier_files(project):
    p = project(
        {
            "V1__a.sql": "create table orders (id bigint primary key, total text);"
            " create table notes (id bigint primary key, body text);"
            " create publication p for table orders;"
        }
    )
    p.migrate_ok()
    p.write(
        {
            "V2__b.sql": "alter table orders rename total to amount;\n"
            "alter table notes rename body to words;\n",
            "V3__c.sql": "alter publication p add table notes;",
            "V4__d.sql": "truncate notes;",
            "V5__e.sql": "create table lonely (id bigint primary key);",
            "V6__f.sql": "create table seen (id bigint primary key);"
            " alter publication p add table seen;",
        }
    )
    cdc = [line for line in short(lint(p)) if " cdc-" in line]
    assert cdc == [
        "V2 cdc-column-renamed ERROR public.orders",
        "V4 cdc-truncate ERROR public.notes",
        "V5 cdc-table-not-published ERROR public.lonely",
    ]


def test_types_and_keys_of_the_live_catalog(project):
    p = project(
        {
            "V1__a.sql": "create type mood as enum ('good');"
            " create table people (id bigint constraint people_key primary key, m mood,"
            " x bigint, constraint x_set check (x is not null));"
            " create publication p for all tables;"
            " create function code() returns bigint immutable language sql as 'select 1';"
        }
    )
    p.migrate_ok()
    p.write(
        {
            "V2__b.sql": "alter type mood add value 'bad' before 'good';",
            "V3__c.sql": "alter table people drop constraint people_key;",
            "V4__d.sql": "alter table people alter x set not null;"
            " alter table people add column c bigint default code();"
            " alter table people add column d bigint default pg_catalog.lower('1')::bigint;",
        }
    )
    assert short(lint(p)) == [
        "V2 cdc-type-changed ERROR public.people",
        "V3 cdc-primary-key-changed ERROR public.people",
    ]


def test_squawk_ignore(project):
    p = project(
        {
            "V1__a.sql": "-- squawk-ignore ban-drop-table -- agreed\ndrop table if exists a;\n"
            "drop table if exists b;\n",
            "V2__b.sql": "-- squawk-ignore-file\ndrop table if exists c; truncate d cascade;\n",
        }
    )
    found = [each for each in lint(p).findings if each.rule == "ban-drop-table"]
    assert [(each.script, each.line) for each in found] == [("V1__a.sql", 3)]
    assert not [each for each in lint(p).findings if each.script == "V2__b.sql"]


def test_rules_on_and_off(project, fails):
    p = project({"V1__a.sql": "drop table if exists a;"})
    assert short(lint(p)) == ["V1 ban-drop-table WARNING public.a"]
    assert short(lint(p, disable_rules=["ban-drop-table"])) == []
    found = short(lint(p, enable_rules=["require-timeout-settings", "require-table-schema"]))
    assert {line.split()[1] for line in found} == {
        "ban-drop-table",
        "require-lock-timeout",
        "require-statement-timeout",
        "require-table-schema",
    }
    error = fails(lambda: lint(p, enable_rules=["ban-drop-table", "no-such-rule"]))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(error.fields) == ["enable_rules[1]"]
    error = fails(lambda: lint(p, disable_rules=["no-such-rule"]))
    assert list(error.fields) == ["disable_rules[0]"]


def test_a_text(project, fails):
    p = project({"V1__a.sql": "create table t (id bigint primary key);"}, max_lint_text="2KiB")
    answer = lint(p, text="drop table t;", script="V9__draft.sql")
    assert short(answer) == ["ban-drop-table WARNING public.t"]
    assert (answer.findings[0].script, answer.script_count) == ("V9__draft.sql", 1)
    error = fails(lambda: lint(p, text="select 'open"))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_SCRIPT")
    assert "text" in error.fields
    error = fails(lambda: lint(p, text="-" * 3000))
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    draft = lint(p, text="drop table t;", script="drafts/change.sql")
    assert [each.script for each in draft.findings] == ["drafts/change.sql"]
    error = fails(lambda: lint(p, migrations=["migrations/V7"]))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "RESOURCE_NOT_FOUND")


def test_secrets_stay_secret(project, scratch):
    secret = scratch.folder("lint-secret") / "password"
    secret.write_text("canary-91c4\n")
    p = project(
        {
            "V1__a.sql": 'drop table if exists "${password}"; alter table t drop column "${password}";',
            "R__r.sql": "select '${password}', '${flyway:timestamp}';",
        },
        secret_placeholders=f"password={secret}",
    )
    answer = lint(p)
    rules = {each.rule for each in answer.findings}
    assert {"secret-in-repeatable", "volatile-placeholder-in-repeatable"} <= rules
    assert "canary" not in str(answer)
    full = p.stub.GetMigration(pb.GetMigrationRequest(name="migrations/V1", view=pb.FULL))
    assert "canary" not in str(full)


def test_a_full_view_has_the_findings(project):
    p = project({"V1__a.sql": "create table t (a int);", "V2__b.sql": "truncate t cascade;"})
    get = p.stub.GetMigration
    full = get(pb.GetMigrationRequest(name="migrations/V2", view=pb.FULL), timeout=10)
    assert [each.rule for each in full.findings] == ["ban-truncate-cascade"]
    assert full.findings[0].migration == "migrations/V2"
    basic = get(pb.GetMigrationRequest(name="migrations/V2"), timeout=10)
    assert not basic.findings


def test_the_shipped_migrations_pass(project, scratch):
    secret = scratch.folder("lint-shipped") / "debezium_password"
    secret.write_text("canary-7f3b\n")
    p = project({}, **SHIPPED, secret_placeholders=f"debezium_password={secret}")
    before = lint(p)
    assert before.script_count == 3
    assert before.counts.errors == 0, short(before)
    assert before.counts.warnings == 0, short(before)
    p.migrate_ok()
    assert lint(p).script_count == 0
    after = lint(p, include_applied=True)
    assert after.counts.errors == 0, short(after)
    undo = (REPOSITORY / "migrations/U3__create_pipeline_tables.sql").read_text()
    taken_back = lint(p, text=undo, script="U3__create_pipeline_tables.sql")
    assert "cdc-publication-changed" in {each.rule for each in taken_back.findings}


def test_findings_are_counted_and_a_lost_database_is_said(project, new_postgres, fails):
    server = new_postgres()
    p = project({"V1__a.sql": "drop table if exists a;"}, url=server.create_database("lint"))
    lint(p)
    lint(p)
    with urllib.request.urlopen(p.service.metrics_url, timeout=5) as page:
        text = page.read().decode()
    assert 'storefront_migrator_lint_findings_total{rule="ban-drop-table"} 2' in text
    server.stop(mode="immediate")
    error = fails(lambda: lint(p))
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
    server.start()
    assert short(lint(p)) == ["V1 ban-drop-table WARNING public.a"]
