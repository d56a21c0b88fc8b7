"""Ours and the real Flyway on one history, turn by turn: states agree name by name at each turn.

The walks are random; a failure prints the seed and the steps that led to it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import grpc
import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

Run = pb.MigrationRun
FIRST = {"V1__log.sql": "create table log (name text, at timestamptz default now());\n"}


def database_of(p) -> str:
    return p.sql("select current_database()")[0][0]


def ended(p, run: Run) -> Run:
    made = p.wait(run.name)
    assert made.state == Run.SUCCEEDED, made.error
    return made


def repair(p) -> Run:
    return ended(p, p.stub.Repair(pb.RepairRequest(), timeout=20))


def undo(p, target: str = "") -> Run:
    request = pb.UndoRequest(target=target, confirmation=database_of(p))
    return ended(p, p.stub.Undo(request, timeout=20))


def baseline(p, version: str, description: str = "") -> Run:
    request = pb.BaselineRequest(version=version, description=description)
    return ended(p, p.stub.Baseline(request, timeout=20))


def codes(p) -> list[str]:
    """Our findings as the driver prints Flyway's: `finding CODE VERSION`."""
    answer = p.stub.ValidateMigrations(pb.ValidateMigrationsRequest(), timeout=10)
    made = []
    for each in answer.findings:
        name = each.migration.removeprefix("migrations/").partition("@")[0]
        made.append(f"finding {each.code} {name[1:] if name[:1] in 'VB' else ''}")
    return sorted(made)


def their_codes(p, flyway) -> list[str]:
    """Flyway's findings. A repeatable that changed has two there, outdated and not applied; ours
    says it once."""
    found = [line for line in flyway(p, "validate") if line.startswith("finding")]
    for _ in [line for line in found if " OUTDATED_REPEATABLE_MIGRATION" in line]:
        found.remove("finding RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED ")
    return sorted(found)


def agree(p, flyway, **more: object) -> list[str]:
    """Both tables, which must be one."""
    ours, theirs = p.info(), flyway(p, "info", **more)
    assert ours == theirs, f"ours: {ours}\ntheirs: {theirs}"
    return ours


def test_baseline_by_flyway_goes_on_with_ours_and_back(project, flyway):
    p = project({f"V{i}__t.sql": f"create table t{i} (i int);" for i in (1, 2, 3, 4)})
    p.sql("create table t1 (i int); create table t2 (i int)")
    assert flyway(p, "baseline", baselineVersion="2", baselineDescription="taken over") == [
        "baselined 2"
    ]
    assert agree(p, flyway) == [
        "info 1|t|Below Baseline",
        "info 2|t|Ignored (Baseline)",
        "info 2|taken over|Baseline",
        "info 3|t|Pending",
        "info 4|t|Pending",
    ]
    p.migrate_ok(target="3")
    agree(p, flyway)
    assert flyway(p, "migrate") == ["migrated 1"]
    assert agree(p, flyway)[-2:] == ["info 3|t|Success", "info 4|t|Success"]
    assert not p.migrate_ok().steps


def test_baseline_by_ours_goes_on_with_flyway_and_back(project, flyway):
    p = project({f"V{i}__t.sql": f"create table t{i} (i int);" for i in (1, 2, 3, 4)})
    p.sql("create table t1 (i int); create table t2 (i int)")
    baseline(p, "2", "taken over")
    agree(p, flyway)
    assert flyway(p, "migrate", target="3") == ["migrated 1"]
    agree(p, flyway)
    assert [step.migration for step in p.migrate_ok().steps] == ["migrations/V4"]
    agree(p, flyway)
    assert flyway(p, "validate") == ["valid true"]


def test_out_of_order_in_turns(project, flyway):
    p = project({**FIRST, "V3__c.sql": "select 3;", "V6__f.sql": "select 6;"})
    p.migrate_ok()
    p.write({"V2__b.sql": "select 2;"})
    assert "info 2|b|Ignored" in agree(p, flyway)
    assert flyway(p, "migrate", outOfOrder="true") == ["migrated 1"]
    assert "info 2|b|Out of Order" in agree(p, flyway)
    p.write({"V4__d.sql": "select 4;", "V5__e.sql": "select 5;"})
    p.migrate_ok(out_of_order=True, target="4")
    agree(p, flyway)
    assert flyway(p, "migrate", outOfOrder="true") == ["migrated 1"]
    assert [line for line in agree(p, flyway) if "Out of Order" in line] == [
        "info 2|b|Out of Order",
        "info 4|d|Out of Order",
        "info 5|e|Out of Order",
    ]


BROKEN = "create index concurrently broken on nowhere (i);"


@pytest.mark.parametrize("mender", ["ours", "flyway"])
def test_failed_then_repaired(project, flyway, mender):
    p = project({**FIRST, "V2__index.sql": BROKEN})
    assert p.migrate().state == Run.FAILED
    assert "info 2|index|Failed" in agree(p, flyway)
    assert "failed migration" in flyway(p, "migrate", fails=True)[0]
    if mender == "ours":
        repair(p)
    else:
        assert flyway(p, "repair") == ["repaired 1|0|0"]
    assert "info 2|index|Pending" in agree(p, flyway)
    if mender == "ours":  # Flyway would wait for itself if it built the index concurrently
        p.write({"V2__index.sql": "create index whole on log (name);"})
        assert flyway(p, "migrate") == ["migrated 1"]
    else:
        p.write({"V2__index.sql": "create index concurrently whole on log (name);"})
        p.migrate_ok()
    assert "info 2|index|Success" in agree(p, flyway)


def test_what_flyway_failed_at_ours_applies_once_it_is_mended(project, flyway):
    p = project({**FIRST, "V2__b.sql": "insert into log (name) values ('V2'); select nonsense;"})
    assert "nonsense" in flyway(p, "migrate", fails=True)[0]
    assert agree(p, flyway) == ["info 1|log|Success", "info 2|b|Pending"]
    p.write({"V2__b.sql": "insert into log (name) values ('V2');"})
    p.migrate_ok()
    agree(p, flyway)
    assert p.sql("select name from log") == [("V2",)]


@pytest.mark.parametrize("again", ["ours", "flyway"])
def test_undone_and_applied_again(project, flyway, again):
    p = project(
        {
            **FIRST,
            "V2__b.sql": "create table b (i int);",
            "U2__b.sql": "drop table b;",
            "V3__c.sql": "create table c (i int);",
            "U3__c.sql": "drop table c;",
        }
    )
    assert flyway(p, "migrate") == ["migrated 3"]
    undo(p, target="1")
    assert [line for line in agree(p, flyway) if "Deleted" in line or "Pending" in line] == [
        "info 2|b|Deleted",
        "info 3|c|Deleted",
        "info 2|b|Pending",
        "info 3|c|Pending",
    ]
    if again == "ours":
        p.migrate_ok()
    else:
        assert flyway(p, "migrate") == ["migrated 2"]
    agree(p, flyway)
    assert flyway(p, "validate") == ["valid true"]
    undo(p)
    agree(p, flyway)


@pytest.mark.parametrize("mender", ["ours", "flyway"])
def test_missing_then_marked_as_deleted(project, flyway, mender):
    p = project(
        {**FIRST, "V2__b.sql": "select 2;", "V3__c.sql": "select 3;", "R__r.sql": "select 1;"}
    )
    p.migrate_ok()
    (p.folder / "V2__b.sql").unlink()
    (p.folder / "R__r.sql").unlink()
    agree(p, flyway)
    assert codes(p) == their_codes(p, flyway)
    if mender == "ours":
        repair(p)
    else:
        flyway(p, "repair")
    agree(p, flyway)
    assert flyway(p, "validate") == ["valid true"] and codes(p) == []
    p.write({"V2__b.sql": "select 22;", "V4__d.sql": "select 4;"})
    agree(p, flyway)
    p.migrate_ok(out_of_order=True)
    agree(p, flyway)


def test_future_and_failed_ones_without_their_files(project, flyway):
    p = project({**FIRST, "V2__b.sql": "select 2;", "V3__index.sql": BROKEN})
    assert p.migrate().state == Run.FAILED
    (p.folder / "V3__index.sql").unlink()
    assert "info 3|index|Failed (Future)" in agree(p, flyway)
    p.write({"V4__d.sql": "select 4;"})
    assert "info 3|index|Failed (Missing)" in agree(p, flyway)
    (p.folder / "V4__d.sql").unlink()
    repair(p)
    (p.folder / "V2__b.sql").unlink()
    assert agree(p, flyway) == ["info 1|log|Success", "info 2|b|Future"]
    assert flyway(p, "migrate") == ["migrated 0"]
    assert not p.migrate_ok().steps


def test_repeatables_with_placeholders_in_turns(project, flyway):
    word = {"placeholders": {"word": "one"}}
    p = project({**FIRST, "R__v.sql": "create or replace view v as select '${word}'::text w;"},
                placeholders="word=one")  # fmt: skip
    p.migrate_ok()
    assert flyway(p, "validate", **word) == ["valid true"]
    for text in ("'${word}'::text || '!' w", "'${word}'::text || '?' w"):
        p.write({"R__v.sql": f"create or replace view v as select {text};"})
        assert "info |v|Outdated" in agree(p, flyway, **word)
        if "!" in text:
            assert flyway(p, "migrate", **word) == ["migrated 1"]
        else:
            p.migrate_ok()
        assert "info |v|Superseded" in agree(p, flyway, **word)
    assert p.sql("select w from v") == [("one?",)]
    # Another value is another text.
    other = {"placeholders": {"word": "two"}}
    assert "info |v|Outdated" in flyway(p, "info", **other)


class Walk:
    """Random steps by both tools on one folder and history."""

    def __init__(self, p, flyway: Callable[..., list[str]], chance: random.Random) -> None:
        self.p, self.flyway, self.chance = p, flyway, chance
        self.steps: list[str] = []
        self.removed: dict[str, str] = {}
        self.newest, self.edits, self.undone = 1, 0, 0

    # --- files

    def names(self, prefix: str) -> list[str]:
        return sorted(f.name for f in self.p.folder.glob(f"{prefix}*.sql") if f.name not in FIRST)

    def log_line(self, name: str) -> str:
        return f"insert into log (name) values ('{name}');\n"

    def add_next(self) -> str:
        self.newest += 1
        return self.add(f"{self.newest}")

    def add_between(self) -> str:
        self.edits += 1
        return self.add(f"{self.chance.randint(1, self.newest)}.{self.edits}")

    def add(self, version: str) -> str:
        name = f"V{version}__s.sql"
        self.p.write({name: self.log_line(name)})
        if self.chance.random() < 0.6:
            self.p.write({f"U{version}__s.sql": self.log_line(f"U{version}__s.sql")})
        return name

    def edit_repeatable(self) -> str:
        self.edits += 1
        name = f"R__r{self.chance.randint(1, 3)}.sql"
        self.p.write({name: self.log_line(name) + f"-- {self.edits}\n"})
        return name

    def remove(self) -> str:
        names = self.names("V") + self.names("R")
        if not names:
            return "nothing"
        name = self.chance.choice(names)
        self.removed[name] = (self.p.folder / name).read_text()
        (self.p.folder / name).unlink()
        return name

    def restore(self) -> str:
        if not self.removed:
            return "nothing"
        name = self.chance.choice(sorted(self.removed))
        text = self.removed.pop(name)
        if not (self.p.folder / name).exists():
            self.p.write({name: text})
        return name

    def break_and_fail(self) -> str:
        self.newest += 1
        name = f"V{self.newest}__s.sql"
        self.p.write({name: BROKEN})
        result = self.migrate_ours()
        self.p.write({name: self.log_line(name)})
        return f"{name} {result}"

    # --- tools

    def migrate_ours(self) -> str:
        options = {"out_of_order": self.chance.random() < 0.3}
        try:
            run = self.p.migrate(**options)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
            return "refused"
        return f"{Run.State.Name(run.state)} {len(run.steps)}"

    def migrate_theirs(self) -> str:
        words = ["migrate"]
        try:
            return self.flyway(self.p, *words, outOfOrder=self.chance.choice(["true", "false"]))[0]
        except AssertionError as refused:
            return f"refused: {str(refused).splitlines()[0]}"

    def repair_ours(self) -> str:
        return str(len(repair(self.p).steps))

    def repair_theirs(self) -> str:
        return self.flyway(self.p, "repair")[0]

    def undo_ours(self) -> str:
        try:
            undo(self.p)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
            return "refused"
        self.undone += 1
        return "undone"

    # --- the walk

    def step(self) -> None:
        # The order counts: a seed replays the same walk.
        kinds = [self.add_next] * 4 + [self.add_between] * 2 + [self.edit_repeatable] * 3
        kinds += [self.remove] * 2 + [self.restore] * 2 + [self.break_and_fail]
        kinds += [self.migrate_ours] * 5 + [self.migrate_theirs] * 5
        kinds += [self.repair_ours] * 2 + [self.repair_theirs] * 2 + [self.undo_ours] * 2
        kind = self.chance.choice(kinds)
        if self.steps and "refused" in self.steps[-1] and self.chance.random() < 0.5:
            kind = self.chance.choice([self.repair_ours, self.repair_theirs])  # go on, do not stall
        self.steps.append(f"{kind.__name__}: {kind()}")
        self.check()

    def check(self) -> None:
        agree(self.p, self.flyway)
        assert codes(self.p) == their_codes(self.p, self.flyway)
        rows = self.p.sql(
            "select script, count(*) from flyway_schema_history where success and type = 'SQL'"
            " and script <> 'V1__log.sql' group by 1"
        )
        done = self.p.sql("select name, count(*) from log where name not like 'U%' group by 1")
        assert dict(done) == dict(rows), "effects and history differ"
        assert self.p.sql("select count(*) from log where name like 'U%'") == [(self.undone,)]


@pytest.mark.parametrize("round_", range(4))
def test_a_random_walk_of_both_tools_agrees_at_each_step(project, flyway, round_):
    seed = int(os.environ.get("STOREFRONT_TEST_SEED", int.from_bytes(os.urandom(4))))
    print(f"STOREFRONT_TEST_SEED={seed}")
    p = project(FIRST)
    p.migrate_ok()
    walk = Walk(p, flyway, random.Random(seed))
    try:
        for _ in range(30):
            walk.step()
        repair(p)
        walk.check()
        p.migrate_ok(out_of_order=True)
        walk.check()
    finally:
        print("\n".join(walk.steps))
