"""squawk 2.66 and lint say the same, rule by rule and line by line, on samples of our own.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLES = REPOSITORY / "tests/golden/lint"
OPT_IN = ["require-table-schema", "require-lock-timeout", "require-statement-timeout"]
Place = tuple[str, int]  # rule, line


def rules_of_ours() -> set[str]:
    """Names in docs/lint.md, which a unit test holds equal to the code."""
    return set(re.findall(r"^\| `([a-z-]+)` \|", (REPOSITORY / "docs/lint.md").read_text(), re.M))


def squawk(sample: Path, version: int) -> set[Place]:
    command = [str(Path(sys.executable).parent / "squawk"), "--reporter=json"]
    command += [f"--pg-version={version}", *(f"--include={rule}" for rule in OPT_IN)]
    command += ["--include=adding-not-nullable-field", "--include=prefer-repack"]
    if sample.parent.name == "transaction":  # else its statements run by themselves
        command.append("--assume-in-transaction")
    answer = subprocess.run([*command, str(sample)], capture_output=True, text=True, timeout=60)
    assert answer.returncode in (0, 1), answer.stderr
    return {(each["rule_name"], each["line"] + 1) for each in json.loads(answer.stdout or "[]")}


@pytest.fixture(scope="session")
def exceptions() -> list[dict]:
    return tomllib.loads((SAMPLES / "exceptions.toml").read_text())["exception"]


def samples() -> list[Path]:
    return sorted(SAMPLES.glob("*/*.sql"))


def test_there_are_samples_and_each_rule_of_squawk_is_in_one(exceptions):
    assert len(samples()) >= 15
    theirs = {rule for sample in samples() for rule, _ in squawk(sample, 17) | squawk(sample, 19)}
    ours = {rule for rule in rules_of_ours() if not rule.startswith("cdc-")}
    ours -= {  # these are not squawk's
        "backfill-with-ddl",
        "multiple-exclusive-locks",
        "parse-error",
        "placeholder-not-portable",
        "secret-in-repeatable",
        "volatile-placeholder-in-repeatable",
    }
    assert ours - theirs == set()
    assert theirs - ours <= {"syntax-error", "unused-ignore"}


@pytest.mark.parametrize("sample", samples(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_lint_and_squawk_agree(project, sample, exceptions):
    theirs = squawk(sample, 17)
    # Squawk has this rule for servers with REPACK only; pg_repack is there for all.
    theirs |= {place for place in squawk(sample, 19) if place[0] == "prefer-repack"}
    theirs = {place for place in theirs if place[0] in rules_of_ours()}
    squawk_rules = {rule for rule in rules_of_ours() if not rule.startswith("cdc-")}
    squawk_rules -= {"backfill-with-ddl", "multiple-exclusive-locks"}

    answer = project({}).stub.LintMigrations(
        pb.LintMigrationsRequest(text=sample.read_text(), enable_rules=OPT_IN, page_size=1000),
        timeout=20,
    )
    ours = {
        (finding.rule, finding.line) for finding in answer.findings if finding.rule in squawk_rules
    }
    assert not [finding for finding in answer.findings if finding.rule == "parse-error"]

    name = sample.relative_to(SAMPLES).as_posix()
    excused = {"squawk": set(), "lint": set()}
    for row in exceptions:
        if row["file"] == name:
            assert row["reason"]
            excused[row["by"]].add((row["rule"], row["line"]))
    assert theirs - ours == excused["squawk"]
    assert ours - theirs == excused["lint"]
