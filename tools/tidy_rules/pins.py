"""Every version is pinned: no `latest`, no ranges, images by digest, locks without hosts."""
# SPDX-License-Identifier: Apache-2.0

import json
import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

_PLACES = (
    "*.yaml",
    "*.yml",
    "*Dockerfile*",
    ".env",
    "Makefile",
    "*.sh",
    "tools/*",
    ".ci/run",
    "*.toml",
    "*.json",
    "*.mod",
    "*.xml",
    "*requirements*.txt",
)
_LATEST = re.compile(r"[:@=]\s*[\"']?latest\b|>\s*(LATEST|RELEASE)\s*<")
_FROM = re.compile(
    r"^FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?", re.MULTILINE | re.IGNORECASE
)


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(*_PLACES):
        if path.startswith(("tools/tidy_rules/", "tests/tidy/", "docs/")):
            continue
        text = tree.text(path)
        for match in _LATEST.finditer(text):
            yield Finding(
                "pin",
                path,
                line_of(text, match.start()),
                "a version that moves (latest)",
                "Write the exact version.",
            )
    for path in tree.matching("*requirements*.txt"):
        for number, line in enumerate(tree.text(path).splitlines(), start=1):
            bare = line.split("#")[0].strip()
            if bare and not bare.startswith("-") and "==" not in bare:
                yield Finding(
                    "pin",
                    path,
                    number,
                    f"{bare} is not pinned",
                    "Write ==VERSION; tools in CONTRIBUTING.md, Versions.",
                )
    for path in tree.matching("*Dockerfile*"):
        stages: set[str] = set()
        text = tree.text(path)
        for match in _FROM.finditer(text):
            image = match[1]
            if (
                image not in stages
                and "@sha256:" not in image
                and not image.startswith("$")
                and image != "scratch"
            ):
                yield Finding(
                    "pin",
                    path,
                    line_of(text, match.start()),
                    f"image {image} without a digest",
                    "Name it by a variable of .env that carries the digest.",
                )
            if match[2]:
                stages.add(match[2])
    for path in tree.matching(".env"):
        for number, line in enumerate(tree.text(path).splitlines(), start=1):
            if (
                re.match(r"\w*IMAGE\w*=.", line)
                and "@sha256:" not in line
                and "storefront" not in line
            ):
                yield Finding(
                    "pin",
                    path,
                    number,
                    f"{line.split('=')[0]} has no digest",
                    "Run make lock-images.",
                )
    for path in tree.matching("*package.json"):
        for kind in ("dependencies", "devDependencies"):
            for name, version in json.loads(tree.text(path)).get(kind, {}).items():
                if not re.fullmatch(r"\d+\.\d+\.\d+[\w.-]*", version):
                    yield Finding(
                        "pin", path, 0, f"{name} {version} is a range", "Write the exact version."
                    )
    for path in tree.matching("*package-lock.json"):
        if '"resolved"' in tree.text(path):
            yield Finding(
                "pin",
                path,
                0,
                "the lock names a registry's host",
                "Set omit-lockfile-registry-resolved=true in .npmrc and make it again.",
            )
    for path in tree.matching("*pom.xml"):
        text = tree.text(path)
        for match in re.finditer(r"<version>\s*[\[(]", text):
            yield Finding(
                "pin",
                path,
                line_of(text, match.start()),
                "a range of versions",
                "Write the exact version.",
            )
