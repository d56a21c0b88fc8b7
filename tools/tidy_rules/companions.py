"""Each source file has a test in its folder, or a written reason why not."""
# SPDX-License-Identifier: Apache-2.0

from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree


def check(tree: Tree) -> Iterator[Finding]:
    files = set(tree.files)
    tests: dict[str, list[str]] = {}
    for path in tree.matching("*_test.cc"):
        tests.setdefault(path.rpartition("/")[0], []).append(path)
    for path in tree.matching("libs/*.cc", "services/*.cc", "cli/*.cc"):
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".cc")
        if stem.endswith("_test") or name == "main.cc":
            continue
        if {f"{folder}/{stem}_test.cc", f"{folder}/{stem}_contract_test.cc"} & files:
            continue
        header = f'#include "{folder}/{stem}.h"'
        if any(header in tree.text(test) for test in tests.get(folder, [])):
            continue
        yield Finding(
            "companion",
            path,
            0,
            f"no {stem}_test.cc beside it, and no test of its folder includes its header",
            "Write the test, or give the reason in tools/tidy_exceptions.toml.",
        )
    packages = {path.rpartition("/")[0] for path in tree.matching("gateway/internal/*.go")}
    for package in sorted(packages):
        if not any(path.startswith(f"{package}/") and path.endswith("_test.go") for path in files):
            yield Finding(
                "companion", package, 0, "a package without a test", "Write a table test."
            )
