"""The tree under judgement: its files, their text, and the written exceptions."""
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import fnmatch
import functools
import pathlib
import re
import subprocess
import tomllib
from collections.abc import Iterable

EXCEPTIONS = "tools/tidy_exceptions.toml"

# Folders that a walk leaves out where git is not there to say what is ignored.
IGNORED = {".git", "build", "node_modules", "__pycache__", ".storefront", ".venv", ".cache"}

# Comments, raw strings, strings and characters of C++, Go and proto; a quote after a digit separates
# thousands and opens nothing.
_TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | R"(?P<tag>[^\s()\\]{0,16})\((?P<raw>.*?)\)(?P=tag)"
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*')""",
    re.VERBOSE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Finding:
    rule: str
    path: str
    line: int  # 0: the file as a whole
    what: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.what}. {self.instead} [{self.rule}]"


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


class Tree:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.files = sorted(self._list())
        self.exceptions, self.fault_issues = self._load_exceptions()
        self._used: set[int] = set()

    def _list(self) -> list[str]:
        """What git tracks or would track; a plain walk for a tree that is not a repository."""
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                cwd=self.root,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split("\0")
            return [name for name in listed if name and (self.root / name).is_file()]
        return [
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file() and not IGNORED & set(path.relative_to(self.root).parts)
        ]

    def _load_exceptions(self) -> tuple[list[dict], dict[str, dict]]:
        file = self.root / EXCEPTIONS
        if not file.exists():
            return [], {}
        table = tomllib.loads(file.read_text())
        for row in table.get("allow", []):
            missing = {"rule", "path", "reason"} - set(row)
            if missing or len(row["reason"]) < 15:
                raise SystemExit(f"{EXCEPTIONS}: {row}: a row needs rule, path and a real reason")
        return table.get("allow", []), {row["id"]: row for row in table.get("fault", [])}

    def matching(self, *patterns: str) -> Iterable[str]:
        """Paths that match one of the patterns; `*` crosses folders."""
        return [p for p in self.files if any(fnmatch.fnmatchcase(p, q) for q in patterns)]

    @functools.cache  # noqa: B019 one tree per run
    def text(self, path: str) -> str:
        """The file's text; empty for one that is not UTF-8 (a picture, an archive)."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    @functools.cache  # noqa: B019 one tree per run
    def without_comments(self, path: str) -> str:
        def replace(match: re.Match) -> str:
            return _blank(match[0]) if match["comment"] else match[0]

        return _TOKENS.sub(replace, self.text(path))

    @functools.cache  # noqa: B019 one tree per run
    def code(self, path: str) -> str:
        """C++, Go or proto with comments and the contents of strings blanked; lines stay lines."""
        return _TOKENS.sub(lambda match: _blank(match[0]), self.text(path))

    def excused(self, finding: Finding) -> bool:
        for number, row in enumerate(self.exceptions):
            paths = row["path"] if isinstance(row["path"], list) else [row["path"]]
            if (
                row["rule"] == finding.rule
                and any(fnmatch.fnmatchcase(finding.path, path) for path in paths)
                and row.get("what", "") in finding.what
            ):
                self._used.add(number)
                return True
        return False

    def stale_exceptions(self, rules: list[str]) -> list[Finding]:
        return [
            Finding(
                "exception",
                EXCEPTIONS,
                0,
                f"the {row['rule']} exception for {row['path']} ({row.get('what', 'all')}) excuses nothing",
                "Remove the row.",
            )
            for number, row in enumerate(self.exceptions)
            if row["rule"] in rules and number not in self._used
        ]


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
