"""The ten longest functions and files: a place to look, never a failure."""
# SPDX-License-Identifier: Apache-2.0

import ast

from tidy_rules.tree import Tree


def _braces(text: str) -> list[tuple[str, int, int]]:
    """(head, first line, lines) of blocks that open and close at the margin: functions, as formatted here."""
    found, head, start = [], "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line[0].isspace() and line[0] not in "}#/)":
            head, start = line, number
        elif line.startswith("}") and start:
            if "(" in head and not head.startswith(
                ("namespace", "class", "struct", "enum", "type", "var")
            ):
                found.append((head, start, number - start + 1))
            start = 0
    return found


def _python(text: str) -> list[tuple[str, int, int]]:
    return [
        (node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def report(tree: Tree, count: int = 10) -> str:
    functions: list[tuple[int, str, int, str]] = []
    files: list[tuple[int, str]] = []
    for path in tree.matching("*.cc", "*.h", "*.go", "*.py", "tools/tidy"):
        text = tree.text(path)
        files.append((text.count("\n"), path))
        is_python = path.endswith((".py", "tools/tidy"))
        for head, line, lines in _python(text) if is_python else _braces(tree.code(path)):
            functions.append((lines, path, line, head.strip()))
    rows = ["longest functions:"]
    rows += [
        f"  {n:4} {path}:{line}  {head[:70]}"
        for n, path, line, head in sorted(functions, reverse=True)[:count]
    ]
    rows += ["longest files:"]
    rows += [f"  {n:4} {path}" for n, path in sorted(files, reverse=True)[:count]]
    return "\n".join(rows)
