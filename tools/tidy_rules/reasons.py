"""Each error reason is one row here, one value in the proto, has a hint, and is really given by code."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

ROWS = "libs/status/reasons.inc"
PROTO = "proto/storefront/errors/v1/errors.proto"
_ROW = re.compile(r'STOREFRONT_REASON\(\s*(\w+),\s*(\w+),\s*(\d+),\s*((?:"(?:\\.|[^"\\])*"\s*)+)\)')
_VALUE = re.compile(r"^\s*([A-Z][A-Z0-9_]*)\s*=\s*(\d+);", re.MULTILINE)


def check(tree: Tree) -> Iterator[Finding]:
    if ROWS not in tree.files or PROTO not in tree.files:
        return
    text = tree.without_comments(ROWS)
    rows = {m[2]: (m[1], int(m[3]), m[4], line_of(text, m.start())) for m in _ROW.finditer(text)}
    proto = tree.without_comments(PROTO)
    values = {m[1]: (int(m[2]), line_of(proto, m.start(1))) for m in _VALUE.finditer(proto)}
    used = _used(tree)
    for name, (enumerator, number, hint, line) in rows.items():
        if name not in values:
            yield Finding(
                "reason",
                ROWS,
                line,
                f"{name} is not in errors.proto",
                "Add the value with the same number.",
            )
        elif values[name][0] != number:
            yield Finding(
                "reason",
                ROWS,
                line,
                f"{name} is {number} here and {values[name][0]} in errors.proto",
                "Make them equal.",
            )
        camel = "k" + "".join(word.capitalize() for word in name.split("_"))
        if camel != enumerator:
            yield Finding(
                "reason", ROWS, line, f"{name} is called {enumerator}", f"Call it {camel}."
            )
        if not re.search(r'[.!?`]"\s*$', hint.strip()) or len(hint) < 15:
            yield Finding(
                "reason",
                ROWS,
                line,
                f"{name} has no hint sentence",
                "Say in one sentence what a person does next.",
            )
        if enumerator not in used and name not in used:
            yield Finding(
                "reason",
                ROWS,
                line,
                f"{name} is given by no code",
                "Remove it here and in errors.proto, or use it.",
            )
    for name, (number, line) in values.items():
        if number and name not in rows:
            yield Finding(
                "reason",
                PROTO,
                line,
                f"{name} has no row in reasons.inc",
                "Add the row with a hint.",
            )


def _used(tree: Tree) -> set[str]:
    words: set[str] = set()
    for path in tree.matching(
        "libs/*.cc", "libs/*.h", "services/*.cc", "services/*.h", "cli/*.cc", "cli/*.h"
    ):
        if not path.endswith("_test.cc"):
            words.update(re.findall(r"\bReason::(k\w+)", tree.code(path)))
    for path in tree.matching("gateway/*.go"):
        if not path.endswith("_test.go"):
            words.update(re.findall(r"Reason_(\w+)", tree.code(path)))
            words.update(re.findall(r'"([A-Z][A-Z0-9_]{3,})"', tree.without_comments(path)))
    return words
