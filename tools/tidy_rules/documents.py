"""Documents equal the tree: the folder table, links, decision records, paths that hold on any machine."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

_ADR_NAME = re.compile(r"docs/adr/(\d{4})-[a-z0-9-]+\.md")
_ADR_PARTS = ("Status:", "Context:", "Decision:", "Consequences:", "Against:", "Proof:")
_ADR_WORD = re.compile(r"docs/adr/(\d{4})(?:-[a-z0-9-]+)?(?:\.md)?")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)")
_ROW = re.compile(r"^\| `([^`]+/)` \|", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.~$}/-])/(?:work|root|farm)/[\w.]")

# Folders whose children have rows of their own.
_OPENED = ("services", "libs", "tests", "deploy", "docs")


def check(tree: Tree) -> Iterator[Finding]:
    yield from _folder_table(tree)
    yield from _records(tree)
    for path in tree.matching("*.md"):
        text = re.sub(
            r"```.*?```", lambda m: re.sub(r"[^\n]", " ", m[0]), tree.text(path), flags=re.DOTALL
        )
        for match in _LINK.finditer(text):
            target = (tree.root / path).parent / match[1]
            if not target.exists():
                yield Finding(
                    "document",
                    path,
                    line_of(text, match.start()),
                    f"link to {match[1]}, which is not there",
                    "Correct or remove the link.",
                )
    for path in tree.files:
        text = tree.text(path)
        for match in _MACHINE.finditer(text):
            yield Finding(
                "document",
                path,
                line_of(text, match.start()),
                f"a path of one machine ({match[0]}…)",
                "Name it relative to the repository, or by a variable.",
            )
    for path in sorted({"/".join(p.split("/")[:2]) for p in tree.matching("libs/*/*")}):
        if f"{path}/README.md" not in tree.files:
            yield Finding(
                "document",
                path,
                0,
                "a lib without a README",
                "One line: what it gives, and to whom.",
            )


def _folder_table(tree: Tree) -> Iterator[Finding]:
    document = "ARCHITECTURE.md"
    if document not in tree.files:
        return
    text = tree.text(document)
    listed = {m[1]: line_of(text, m.start()) for m in _ROW.finditer(text)}
    there: set[str] = set()
    for path in tree.files:
        parts = path.split("/")[:-1]
        if not parts:
            continue
        if parts[0] in _OPENED and len(parts) > 1:
            there.add("/".join(parts[:2]) + "/")
        elif parts[0] not in _OPENED:
            there.add(parts[0] + "/")
    for folder in sorted(there - set(listed)):
        yield Finding(
            "document",
            document,
            0,
            f"the folder table has no row for {folder}",
            "Add the row: what lives there.",
        )
    for folder in sorted(set(listed) - there):
        yield Finding(
            "document",
            document,
            listed[folder],
            f"the folder table names {folder}, which is not in the tree",
            "Remove the row.",
        )


def _records(tree: Tree) -> Iterator[Finding]:
    numbers: dict[str, str] = {}
    for path in tree.matching("docs/adr/*"):
        if path == "docs/adr/README.md":
            continue
        match = _ADR_NAME.fullmatch(path)
        if not match:
            yield Finding(
                "document",
                path,
                0,
                "not the name of a decision record",
                "Name it docs/adr/NNNN-what-was-decided.md.",
            )
            continue
        if match[1] in numbers:
            yield Finding(
                "document",
                path,
                0,
                f"number {match[1]} is taken by {numbers[match[1]]}",
                "Take the next free number.",
            )
        numbers[match[1]] = path
        missing = [
            part for part in _ADR_PARTS if not re.search(rf"^{part}", tree.text(path), re.MULTILINE)
        ]
        if missing:
            yield Finding(
                "document",
                path,
                0,
                f"the record lacks {', '.join(missing)}",
                "Write the line; CONTRIBUTING.md shows the form.",
            )
    if not numbers:
        return
    for path in tree.files:
        if path.startswith(("tests/tidy/", "tools/tidy_rules/")):
            continue
        text = tree.text(path)
        for match in _ADR_WORD.finditer(text):
            if match[1] not in numbers or (
                match[0].endswith(".md") and match[0] != numbers[match[1]]
            ):
                yield Finding(
                    "document",
                    path,
                    line_of(text, match.start()),
                    f"{match[0]} is no record",
                    "Write it, or name the right one.",
                )
