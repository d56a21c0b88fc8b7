"""A secret placeholder's value is nowhere but where its script put it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import subprocess
import urllib.request

import grpc
import psycopg
import pytest
from google.protobuf.message import Message
from storefront.migrator.v1 import migrator_pb2 as pb

from native_stack import backends

CANARIES = {
    "plain": "Canary-4711-Hunter2",
    "quoted": "Ca'na\\ry\"4711$$--x",
}

SCRIPTS = {
    "V1__make.sql": """
create table accounts (name text default ${pw:literal}, check (name <> ${pw:literal} || 'x'));
insert into accounts values (${pw:literal});
create function login() returns text language sql as $body$ select ${pw:literal} $body$;
create function login2() returns text language sql return ${pw:literal};
create view seen as select ${pw:literal}::text as pw, 1 as ${pw:ident};
comment on table accounts is ${pw:literal};
do $do$ begin raise notice 'the word is %', ${pw:literal}; end $do$;
copy accounts from stdin;
${pw:copy}
\\.
""",
    "R__again.sql": "create or replace view again as select ${pw:literal}::text as pw;",
}

NAMED = """
create table ${pw:ident} (t text unique, ${pw:ident} text);
create table named (t text);
create type kind as enum (${pw:literal});
"""

# Not applied, so that they are planned and judged: the secret is the name of what is locked, changed
# and missed, and in each place that a finding quotes.
JUDGED = {
    "V2__judged.sql": """
alter table ${pw:ident} add column ${pw:ident} char(10) not null;
create index ${pw:ident} on ${pw:ident} (${pw:ident});
alter table ${pw:ident} rename column ${pw:ident} to "other";
alter table ${pw:ident} rename to ${pw:ident};
drop table ${pw:ident};
truncate ${pw:ident} cascade;
alter table named add constraint ${pw:ident} check (t <> ${pw:literal});
alter table named add constraint ${pw:ident} foreign key (t) references ${pw:ident} (t);
update named set t = ${pw:literal}, t = ${pw:literal};
alter type ${pw:ident} add value ${pw:literal};
selec ${pw:literal} from ${pw:ident};
do $do$ begin execute ${pw:literal}; end $do$;
""",
    "R__judged.sql": "create or replace view ${pw:ident} as select ${pw:literal}::text as pw;",
}

# Each fails on the server with the secret in its message, detail or context.
FAILING = [
    "select ${pw:literal}::integer;",
    "select 1 as a from ${pw:ident};",
    "create table u (t text primary key);\ninsert into u values (${pw:literal}), (${pw:literal});",
    "create table c (t text check (t = 'x'));\ninsert into c values (${pw:literal});",
    "do $do$ begin raise exception 'no %', ${pw:literal}"
    " using detail = ${pw:literal}, hint = ${pw:literal}; end $do$;",
    "create index concurrently i on ${pw:ident} (x);",
    "selec ${pw:literal};",
]


_numbers = itertools.count(1)


class Everything:
    """All that a caller, an operator or a reader of the side tables can see."""

    def __init__(self, p) -> None:
        self.p = p
        self.texts: dict[str, str] = {}

    def add(self, name: str, call) -> object:
        try:
            answer = call()
        except grpc.RpcError as error:
            assert error.code() != grpc.StatusCode.UNIMPLEMENTED, f"{name} is not there"
            metadata = [value for _, value in error.trailing_metadata() or ()]
            self.texts[name] = f"{error.details()} {metadata}"
            return None
        messages = answer if isinstance(answer, list) else [answer]
        self.texts[name] = "\n".join(map(str, messages))
        # As bytes, too: text format escapes quotes.
        self.texts[f"{name} bytes"] = "\n".join(
            each.SerializeToString().decode("utf-8", "replace")
            for each in messages
            if isinstance(each, Message)
        )
        return answer

    def gather(self) -> dict[str, str]:
        s, p = self.p.stub, self.p
        runs = self.add("runs", lambda: s.ListMigrationRuns(pb.ListMigrationRunsRequest()))
        for run in runs.migration_runs:
            self.add(run.name, lambda name=run.name: p.get(name))
            request = pb.WatchMigrationRunRequest(name=run.name)
            self.add(f"{run.name} events", lambda r=request: list(s.WatchMigrationRun(r)))
        lines = self.add("list", lambda: s.ListMigrations(pb.ListMigrationsRequest()))
        for line in lines.migrations if lines else []:
            request = pb.GetMigrationRequest(name=line.name, view=pb.FULL)
            self.add(line.name, lambda r=request: s.GetMigration(r))
        self.add("status", lambda: s.GetMigrationStatus(pb.GetMigrationStatusRequest()))
        self.add("validate", lambda: s.ValidateMigrations(pb.ValidateMigrationsRequest()))
        self.add("plan", lambda: s.PlanMigrations(pb.PlanMigrationsRequest()))
        self.add("plan of a group", lambda: s.PlanMigrations(pb.PlanMigrationsRequest(group=True)))
        self.add(
            "lint",
            lambda: s.LintMigrations(
                pb.LintMigrationsRequest(include_applied=True, page_size=1000)
            ),
        )
        for name, text in JUDGED.items():
            request = pb.LintMigrationsRequest(text=text, script=name, page_size=1000)
            self.add(f"lint of text {name}", lambda r=request: s.LintMigrations(r))
        self.add("drift", lambda: s.GetDrift(pb.GetDriftRequest()))
        self.add("check", lambda: p.start(validate_only=True))
        with urllib.request.urlopen(p.service.metrics_url, timeout=5) as answer:
            self.texts["metrics"] = answer.read().decode()
        self.texts["log"] = p.service.log_path.read_text(errors="replace")
        # Where nothing ever ran there are no tables.
        if p.sql("select to_regnamespace('storefront_migrator')::text") != [(None,)]:
            self.texts["storefront_migrator"] = self.dump("-n", "storefront_migrator")
        if p.sql("select to_regclass('flyway_schema_history')::text") != [(None,)]:
            self.texts["history"] = self.dump("-t", "flyway_schema_history")
        return self.texts

    def dump(self, *what: str) -> str:
        command = [f"{backends.POSTGRES_BIN}/pg_dump", "--inserts", "--dbname", self.p.url, *what]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout


def forms(canary: str) -> set[str]:
    """The value as it is, and as SQL, COPY, JSON and text format write it."""
    found = {canary}
    for _ in range(2):
        for old, new in [("'", "''"), ("\\", "\\\\"), ('"', '""'), ('"', '\\"'), ("'", "\\'")]:
            found |= {each.replace(old, new) for each in found}
    return found


def assert_nowhere(texts: dict[str, str], canary: str) -> None:
    for name, text in texts.items():
        for form in forms(canary):
            at = text.find(form)
            assert at < 0, f"in {name}: …{text[max(0, at - 200) : at]}"


@pytest.fixture(params=sorted(CANARIES))
def secret(request, scratch):
    canary = CANARIES[request.param]
    file = scratch.folder(f"secret-{next(_numbers)}") / "pw"
    file.write_text(canary)
    return canary, {"secret_placeholders": f"pw={file}"}


def with_copy_form(files: dict[str, str], canary: str) -> dict[str, str]:
    """COPY data has quotes of its own; a script that wants a secret there takes a plain one."""
    raw = "${pw}" if canary.isascii() and "'" not in canary else "x"
    return {name: text.replace("${pw:copy}", raw) for name, text in files.items()}


def test_what_a_secret_makes_is_not_told(project, secret):
    canary, settings = secret
    p = project(with_copy_form(SCRIPTS, canary), **settings)
    run = p.migrate_ok()
    assert p.sql("select login(), login2(), pw from seen") == [(canary, canary, canary)]
    texts = Everything(p).gather()
    assert "the word is ***" in texts[f"{run.name} events"], "the notice is there, masked"
    assert "***" in texts["storefront_migrator"], "definitions are there, masked"
    assert "${pw:literal}" in texts["storefront_migrator"], "texts are those of the files"
    assert_nowhere(texts, canary)
    # Also when it shows up where nobody meant it to.
    p.sql("create function by_hand() returns text language sql as $$ select pw from seen $$")
    p.sql(
        "do $x$ begin execute format('create view leaked as select %L::text as pw', login());"
        " end $x$"
    )
    texts = Everything(p).gather()
    assert "leaked" in texts["drift"]
    assert_nowhere(texts, canary)


def test_plan_and_lint_do_not_tell_a_secret(project, secret):
    canary, settings = secret
    p = project({"V1__make.sql": NAMED}, **settings)
    p.migrate_ok()
    p.write(JUDGED)
    texts = Everything(p).gather()
    assert "V2__judged.sql" in texts["plan"] and "ACCESS EXCLUSIVE" in texts["plan"]
    assert "${pw:ident}" in texts["plan"], "texts are those of the files"
    for name in ("plan", "lint", "lint of text V2__judged.sql"):
        for rule in ("adding-required-field", "ban-drop-table", "parse-error"):
            assert rule in texts[name], f"no {rule} in {name}"
    assert "***" in texts["plan"] and "***" in texts["lint"], "names are there, masked"
    assert "secret-in-repeatable" in texts["lint"]
    assert_nowhere(texts, canary)


def test_events_of_dry_runs_and_undo_do_not_tell_a_secret(project, secret):
    canary, settings = secret
    files = with_copy_form(SCRIPTS, canary) | {
        "V2__named.sql": NAMED,
        "U2__named.sql": "do $do$ begin raise notice 'away: %', ${pw:literal}; end $do$;\n"
        "drop table ${pw:ident}, named;\ndrop type kind;",
        "U1__make.sql": "do $do$ begin raise exception 'no %', ${pw:literal}; end $do$;",
        "beforeMigrate.sql": "do $do$ begin raise notice 'before: %', ${pw:literal}; end $do$;",
        "afterMigrateError.sql": "do $do$ begin raise warning 'x %', ${pw:literal}; end $do$;",
    }
    p = project(files, **settings)
    dry = p.wait(p.start(dry_run=True).name)
    assert dry.state == pb.MigrationRun.SUCCEEDED, dry.error
    p.migrate_ok()
    name = p.sql("select current_database()")[0][0]
    undone = p.wait(p.stub.Undo(pb.UndoRequest(confirmation=name)).name)
    assert undone.state == pb.MigrationRun.SUCCEEDED, undone.error
    failed = p.wait(p.stub.Undo(pb.UndoRequest(confirmation=name)).name)
    assert "no ***" in failed.error.message
    p.migrate_ok()
    p.write({"V3__alter.sql": "alter table ${pw:ident} add column more int;"})
    locks = p.wait(p.start(dry_run=True).name)
    assert locks.steps[0].detail.startswith("holds "), locks
    texts = Everything(p).gather()
    assert "the word is ***" in texts[f"{dry.name} events"]
    assert "before: ***" in texts[f"{dry.name} events"]
    assert "away: ***" in texts[f"{undone.name} events"]
    assert "ACCESS EXCLUSIVE on " in texts[f"{locks.name} events"]
    assert_nowhere(texts, canary)


def test_names_of_what_blocks_or_is_left_behind_do_not_tell_a_secret(project, secret):
    canary, settings = secret
    p = project({"V1__make.sql": NAMED}, lock_timeout="1500ms", lock_retries=0, **settings)
    p.migrate_ok()
    p.write({"V2__alter.sql": "alter table ${pw:ident} add column more int;"})
    table = p.sql("select quote_ident(%s)", canary)[0][0]
    with psycopg.connect(p.url) as blocker:
        blocker.execute(f"lock table {table}")
        blocked = p.migrate()
    assert "Blocked by pid" in blocked.error.message and "***" in blocked.error.message
    texts = Everything(p).gather()
    assert "***" in texts[f"{blocked.name} events"]
    assert_nowhere(texts, canary)

    p.migrate_ok()
    p.sql(f"drop table {table}")
    p.sql("insert into named values ('x'), ('x')")
    p.write({"V3__index.sql": "create unique index concurrently ${pw:ident} on named (t);"})
    failed = p.migrate()
    assert "Invalid indexes: public." in failed.error.message
    assert "***" in str(p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest()).failed)
    assert_nowhere(Everything(p).gather(), canary)
    repaired = p.wait(p.stub.Repair(pb.RepairRequest(drop_invalid_indexes=True)).name)
    assert "***" in str(repaired.steps), repaired
    assert p.sql("select to_regclass(%s)::text", table) == [(None,)], "it was dropped"
    assert_nowhere(Everything(p).gather(), canary)


@pytest.mark.parametrize("text", FAILING)
def test_an_error_does_not_tell_a_secret(project, secret, text):
    canary, settings = secret
    p = project({"V1__bad.sql": text}, **settings)
    run = p.migrate()
    assert run.state == pb.MigrationRun.FAILED
    assert "SQLSTATE" in run.error.message
    assert_nowhere(Everything(p).gather(), canary)


def test_a_setting_that_is_wrong_does_not_tell_it(project, secret, fails):
    canary, settings = secret
    p = project({"V1__t.sql": "select '${pw}', ${pw:nonsense};"}, **settings)
    error = fails(p.start)
    assert error.reason in ("MISSING_PLACEHOLDER", "UNSAFE_PLACEHOLDER")
    assert_nowhere(Everything(p).gather(), canary)
