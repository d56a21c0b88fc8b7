"""Each source file has its test beside it, or a written reason why not."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree


def check(tree: Tree) -> Iterator[Finding]:
    files = set(tree.files)
    contracts: dict[str, list[str]] = {}
    for path in tree.matching("*_contract_test.cc"):
        contracts.setdefault(path.rpartition("/")[0], []).append(path)
    for path in tree.matching("libs/*.cc", "services/*.cc", "cli/*.cc"):
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".cc")
        if stem.endswith("_test") or name == "main.cc":
            continue
        if {f"{folder}/{stem}_test.cc", f"{folder}/{stem}_contract_test.cc"} & files:
            continue
        header = re.compile(rf'#include "{re.escape(folder)}/{re.escape(stem)}\.h"')
        if any(header.search(tree.text(contract)) for contract in contracts.get(folder, [])):
            continue
        yield Finding(
            "companion",
            path,
            0,
            f"no {stem}_test.cc beside it, and no contract test of its folder includes its header",
            "Write the test, or give the reason in tools/tidy_exceptions.toml.",
        )
    for path in tree.matching("gateway/internal/*.go"):
        folder = path.rpartition("/")[0]
        if not any(
            other.endswith("_test.go") for other in files if other.rpartition("/")[0] == folder
        ):
            yield Finding(
                "companion", path, 0, "its package has no test", "Write a table test beside it."
            )
