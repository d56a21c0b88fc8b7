"""Each RPC has an HTTP rule and an access option; everything public in a proto has a comment."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

_RPC = re.compile(r"^[ \t]*rpc[ \t]+(\w+)\s*\([^)]*\)\s*returns\s*\([^)]*\)\s*(;|\{)", re.MULTILINE)
_NAMED = re.compile(r"^[ \t]*(message|enum|service|rpc|oneof)[ \t]+(\w+)", re.MULTILINE)
_FIELD = re.compile(
    r"^[ \t]*(?:(?:optional|repeated)[ \t]+)?(?:map<[^>]+>|[\w.]+)[ \t]+(\w+)[ \t]*=[ \t]*\d+\b",
    re.MULTILINE,
)
_VALUE = re.compile(r"^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*-?\d+", re.MULTILINE)


def _block(code: str, opening: int) -> str:
    """From the brace at `opening` to its partner."""
    depth = 0
    for offset in range(opening, len(code)):
        if code[offset] == "{":
            depth += 1
        elif code[offset] == "}":
            depth -= 1
            if depth == 0:
                return code[opening : offset + 1]
    return code[opening:]


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching("proto/*.proto"):
        code = tree.without_comments(path)
        for rpc in _RPC.finditer(code):
            body = _block(code, rpc.end() - 1) if rpc[2] == "{" else ""
            line = line_of(code, rpc.start())
            if "google.api.http" not in body:
                yield Finding(
                    "rpc",
                    path,
                    line,
                    f"{rpc[1]} has no HTTP rule",
                    "Add option (google.api.http); see a neighbour for the form of the path.",
                )
            if not re.search(r"options\.v1\.access\)\s*=\s*(READ|WRITE|ADMIN)\b", body):
                yield Finding(
                    "rpc",
                    path,
                    line,
                    f"{rpc[1]} declares no access",
                    "Add option (storefront.options.v1.access) = READ, WRITE or ADMIN; the service would not start.",
                )
            if "google.protobuf.Empty" in rpc[0]:
                yield Finding(
                    "rpc",
                    path,
                    line,
                    f"{rpc[1]} uses google.protobuf.Empty",
                    "Give it messages of its own: they can grow.",
                )
        lines = tree.text(path).splitlines()
        for pattern, group in ((_NAMED, 2), (_FIELD, 1), (_VALUE, 1)):
            for match in pattern.finditer(code):
                if match[0].split()[0] in ("option", "return", "package", "syntax", "reserved"):
                    continue
                number = line_of(code, match.start() + len(match[0]) - len(match[0].lstrip()))
                if not _documented(lines, number - 1):
                    yield Finding(
                        "rpc",
                        path,
                        number,
                        f"{match[group]} has no comment",
                        "Say what it is: unit, bounds, shape, what errors it can give.",
                    )


def _documented(lines: list[str], index: int) -> bool:
    above = lines[index - 1].strip() if index else ""
    return above.startswith("//") or above.endswith("*/") or "//" in lines[index]
