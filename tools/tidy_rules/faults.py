"""Each fault case of the design has a test of its name, or a part that owes it."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import EXCEPTIONS, Finding, Tree

# Family → how many cases it has: seeder, migrator, connector-manager, topic-admin, servers.
CASES = {"S": 12, "M": 11, "C": 12, "T": 9, "G": 13}

# S3CommittedButReplyLost in C++ and Go, test_S3_… in Python.
_CPP = re.compile(
    r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(\s*\w+\s*,\s*([SMCTG]\d{1,2})(?![0-9a-z])"
)
_PYTHON = re.compile(r"^\s*(?:async )?def test_([SMCTG]\d{1,2})_", re.MULTILINE)
_GO = re.compile(r"\bfunc Test([SMCTG]\d{1,2})(?![0-9a-z])|\bt\.Run\(\"([SMCTG]\d{1,2})[ _A-Z]")


def tested(tree: Tree) -> dict[str, list[str]]:
    """Fault id → files with a test of it."""
    found: dict[str, list[str]] = {}
    for patterns, expression in (
        (("libs/*.cc", "libs/*.h", "services/*.cc", "services/*.h", "cli/*.cc"), _CPP),
        (("tests/*.py",), _PYTHON),
        (("gateway/*_test.go",), _GO),
    ):
        for path in tree.matching(*patterns):
            for match in expression.finditer(
                tree.without_comments(path) if expression is not _PYTHON else tree.text(path)
            ):
                found.setdefault(next(g for g in match.groups() if g), []).append(path)
    return found


def check(tree: Tree) -> Iterator[Finding]:
    if not any(path.startswith("services/") for path in tree.files):
        return
    found = tested(tree)
    owners = {
        "/".join(path.split("/")[:2]) + "/" for path in tree.files if path.startswith("services/")
    }
    known = {
        f"{letter}{number}" for letter, count in CASES.items() for number in range(1, count + 1)
    }
    for case in sorted(known, key=lambda c: (c[0], int(c[1:]))):
        row = tree.fault_issues.get(case)
        if case in found and row:
            yield Finding(
                "fault",
                EXCEPTIONS,
                0,
                f"{case} is listed as open, and tested in {found[case][0]}",
                "Remove the row.",
            )
        elif case not in found and not row:
            yield Finding(
                "fault",
                EXCEPTIONS,
                0,
                f"{case} has no test",
                f"Write one named {case}… or test_{case}_…, or list it with the part that owes it.",
            )
        elif row and not (f"services/{row.get('part')}/" in owners and row.get("what")):
            yield Finding(
                "fault",
                EXCEPTIONS,
                0,
                f"{case} is listed without part or what",
                "Name the service whose own issue owes it, and the case in a few words.",
            )
    for case in sorted(set(found) - known | set(tree.fault_issues) - known):
        yield Finding(
            "fault",
            found.get(case, [EXCEPTIONS])[0],
            0,
            f"{case} is no fault case",
            "Correct the name of the test; the cases are counted in tools/tidy_rules/faults.py.",
        )
