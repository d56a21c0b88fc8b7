"""Plans: what a run would do, what it would lock, and that exactly this plan is carried out.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import psycopg
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until

Run = pb.MigrationRun
LOCK_ORDER = [
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
]


def plan(p, **fields: object) -> pb.MigrationPlan:
    return p.stub.PlanMigrations(pb.PlanMigrationsRequest(**fields), timeout=20)


def reason_of(run: Run) -> str:
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in run.error.details if detail.Unpack(info)), "")


def test_a_plan_reads_like_a_review(project):
    p = project(
        {
            "V1__orders.sql": "create table orders (id int primary key, total int);\n"
            "insert into orders select i, i from generate_series(1, 3000) i;\n"
            "create index orders_total on orders (total);",
            "V3__c.sql": "create table c (i int);",
            "R__v.sql": "create or replace view v as select 1 as one;",
        },
        out_of_order="true",
        placeholders="default=7",
    )
    p.migrate_ok()
    p.sql("analyze orders")
    p.write(
        {
            "V2__low.sql": "select 2;",
            "V4__orders.sql": "alter table orders\n  add column a int default ${default};\n"
            "create table fresh (i int);\nalter table fresh add j int;\ndrop index orders_total;",
            "V5__i.sql": "create index concurrently orders_a on orders (a);",
            "R__v.sql": "create or replace view v as select 2 as one;",
            "afterMigrate.sql": "select 1;",
        }
    )
    before = p.history()
    answer = plan(p)
    assert len(answer.plan_hash) == 64
    assert (answer.current_version, answer.final_version) == ("3", "5")
    assert list(answer.callbacks) == ["afterMigrate.sql"]
    assert [(step.migration, step.reason, step.transactional) for step in answer.steps] == [
        ("migrations/V2", "out of order", True),
        ("migrations/V4", "pending", True),
        ("migrations/V5", "pending", False),
        ("migrations/R__v", "changed", True),
    ]
    alter, create, alter_fresh, drop = answer.steps[1].statements
    assert alter.text == "alter table orders add column a int default ${default}"
    assert (alter.ordinal, alter.line, alter.command) == (1, 1, "ALTER TABLE")
    (lock,) = alter.locks
    assert (lock.relation, lock.mode, lock.blocks) == (
        "public.orders",
        "ACCESS EXCLUSIVE",
        "reads and writes",
    )
    assert lock.estimated_rows == 3000
    assert lock.size_bytes >= 3000 * 28
    assert not lock.scans_table
    assert not create.locks
    assert not alter_fresh.locks, "the script makes it itself"
    assert [(each.relation, each.mode) for each in drop.locks] == [
        ("public.orders", "ACCESS EXCLUSIVE")
    ]
    (concurrent,) = answer.steps[2].statements[0].locks
    assert (concurrent.mode, concurrent.scans_table) == ("SHARE UPDATE EXCLUSIVE", True)
    assert p.history() == before
    p.wait_without_sessions()


# Statements on tables that exist, for which the plan and Postgres itself must name the same lock.
STATEMENTS = [
    "select * from t",
    "insert into t values (1, 1)",
    "update t set a = 1",
    "delete from t where a = 1",
    "create index on t (a)",
    "drop index t_a",
    "reindex table t",
    "truncate t",
    "analyze t",
    "cluster t using t_pkey",
    "lock table t in exclusive mode",
    "comment on table t is 'x'",
    "create trigger x before insert on t for each row execute function nothing()",
    "create rule r as on insert to t do also nothing",
    "create policy o on t",
    "create statistics st on id, a from t",
    "create publication pub for table t",
    "alter table t rename column a to b",
    "alter table t rename to u",
    "alter table t add b int",
    "alter table t add b float default random()",
    "alter table t drop a",
    "alter table t alter a type bigint",
    "alter table t alter a set not null",
    "alter table t alter a set default 1",
    "alter table t alter a set statistics 10",
    "alter table t set (fillfactor = 70)",
    "alter table t add constraint c check (a > 0)",
    "alter table t add constraint c check (a > 0) not valid",
    "alter table t validate constraint positive",
    "alter table t add constraint c foreign key (a) references p (id)",
    "alter table t add constraint c foreign key (a) references p (id) not valid",
    "alter table t add constraint c unique (a)",
    "alter table t drop constraint positive",
    "alter table t disable trigger all",
    "alter table t replica identity full",
    "alter table t cluster on t_pkey",
    "alter table t set unlogged",
    "alter table parts attach partition part_2 for values from (10) to (20)",
    "alter table parts detach partition part_1",
    "create table x partition of parts for values from (30) to (40)",
    "create table x (id int references p (id))",
    "create table x () inherits (t)",
]


def test_planned_locks_are_those_that_postgres_takes(project):
    p = project(
        {
            "V1__tables.sql": "create table p (id int primary key);\n"
            "create table t (id int primary key, a int,"
            " constraint positive check (a > 0) not valid);\n"
            "create index t_a on t (a);\n"
            "create table parts (i int) partition by range (i);\n"
            "create table part_1 partition of parts for values from (0) to (10);\n"
            "create table part_2 (i int);\n"
            "create function nothing() returns trigger language plpgsql as"
            " $$ begin return new; end $$;"
        }
    )
    p.migrate_ok()
    wrong = []
    for statement in STATEMENTS:
        p.write({"V2__x.sql": f"{statement};"})
        (step,) = plan(p).steps
        planned = {lock.relation: lock.mode for lock in step.statements[0].locks}
        run = p.migrate_ok(dry_run=True)
        taken: dict[str, str] = {}
        for held in filter(None, run.steps[0].detail.removeprefix("holds ").split(", ")):
            mode, relation = held.split(" on ")
            taken[relation] = max(taken.get(relation, mode), mode, key=LOCK_ORDER.index)
        if planned != taken:
            wrong.append(f"{statement}: planned {planned}, taken {taken}")
    assert not wrong, "\n".join(wrong)


def test_exactly_the_plan_that_was_looked_at_is_carried_out(project, fails):
    p = project({"V1__a.sql": "create table a (i int);"})
    wanted = plan(p).plan_hash
    assert plan(p).plan_hash == wanted
    p.write({"V2__b.sql": "create table b (i int);"})
    error = fails(lambda: p.start(plan_hash=wanted))
    assert (error.code.name, error.reason) == ("ABORTED", "PLAN_CHANGED")
    assert p.sql("select count(*) from pg_class where relname = 'flyway_schema_history'") == [(0,)]
    wanted = plan(p).plan_hash
    assert fails(lambda: p.start(plan_hash=wanted, out_of_order=True)).reason == "PLAN_CHANGED"
    run = p.migrate_ok(plan_hash=wanted)
    assert run.plan_hash == wanted
    assert len(run.steps) == 2
    assert fails(lambda: p.start(plan_hash=wanted)).reason == "PLAN_CHANGED"


def test_the_plan_is_compared_again_under_the_lock(project):
    """The files stay, but somebody else migrates between the call and the lock."""
    p = project({"V1__a.sql": "create table a (i int);", "V2__b.sql": "create table b (i int);"})
    p.migrate_ok(target="1")
    wanted = plan(p).plan_hash
    key = 77433833903597  # of "public"."flyway_schema_history"
    with psycopg.connect(p.url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", (key,))
        run = p.start(plan_hash=wanted, lock_wait=duration_pb2.Duration(seconds=30))
        wait_until(
            lambda: p.get(run.name).state == Run.WAITING_FOR_LOCK, 10, "the run waits for the lock"
        )
        other.execute(
            "insert into flyway_schema_history (installed_rank, version, description, type,"
            " script, installed_by, execution_time, success)"
            " values (2, '2', 'b', 'SQL', 'V2__b.sql', 'flyway', 0, true)"
        )
        other.execute("select pg_advisory_unlock(%s)", (key,))
    ended = p.wait(run.name)
    assert ended.state == Run.FAILED
    assert reason_of(ended) == "PLAN_CHANGED"
    assert p.sql("select count(*) from pg_class where relname = 'b'") == [(0,)]


def test_a_secret_is_in_no_plan(project, scratch):
    secret = scratch.folder("plan-secret") / "password"
    files = {"V1__r.sql": "create role plan_secret_role password ${pw:literal};"}
    hashes = set()
    for value in ("canary-5b1d", "canary-0e77"):
        secret.write_text(value)
        p = project(files, secret_placeholders=f"pw={secret}")
        answer = plan(p)
        assert "canary" not in str(answer)
        assert "${pw:literal}" in answer.steps[0].statements[0].text
        hashes.add(answer.plan_hash)
    assert len(hashes) == 1, "the same plan, whatever the secret is"


def test_what_a_run_refuses_a_plan_refuses(project, fails):
    p = project({"V1__a.sql": "create table a (i int);\nvacuum;"})
    assert fails(lambda: plan(p)).reason == "MIXED_SCRIPT"
    assert not plan(p, mixed=True).steps[0].transactional
    assert fails(lambda: plan(p, target="9")).reason == "TARGET_NOT_FOUND"


def test_schemas_and_baselines_are_planned(project):
    p = project(
        {"V1__a.sql": "create table a (i int);", "V2__b.sql": "create table b (i int);"},
        schemas="public,extra",
        baseline_on_migrate="true",
    )
    assert list(plan(p).schemas_to_create) == ["extra"]
    assert not plan(p).baselines_first
    p.sql("create table old (i int)")
    answer = plan(p)
    assert answer.baselines_first
    assert [step.migration for step in answer.steps] == ["migrations/V2"]


def test_statement_progress_of_an_index_build(project):
    p = project(
        {
            "V1__t.sql": "create table t (i int);\n"
            "insert into t select i from generate_series(1, 600) i;\n"
            "create function slow(i int) returns int language plpgsql immutable as"
            " $$ begin perform pg_sleep(0.01); return i; end $$;"
        }
    )
    p.migrate_ok()
    p.write({"V2__i.sql": "create index on t (slow(i));"})
    run = p.start()
    seen = []
    for message in p.stub.WatchMigrationRun(pb.WatchMigrationRunRequest(name=run.name), timeout=60):
        seen += [event for event in message.events if event.type == "statement_progress"]
    assert any(event.phase.startswith("building index") for event in seen), seen
    assert all(event.script == "V2__i.sql" and event.statement == 1 for event in seen)


def test_nothing_pending_is_a_plan_too(project):
    p = project({"V1__a.sql": "create table a (i int);"})
    p.migrate_ok()
    answer = plan(p)
    assert not answer.steps
    assert answer.current_version == answer.final_version == "1"
