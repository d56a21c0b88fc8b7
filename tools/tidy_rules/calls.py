"""Banned calls, each with the replacement named."""
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import fnmatch
import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

CPP = (
    "libs/*.h",
    "libs/*.cc",
    "services/*.h",
    "services/*.cc",
    "cli/*.h",
    "cli/*.cc",
    "tests/*.h",
    "tests/*.cc",
)
PYTHON = ("tests/[!t]*.py", "tests/t[!i]*.py", "jupyter/*.py")  # not tests/tidy: it shows bad code


@dataclasses.dataclass(frozen=True)
class Ban:
    pattern: str
    what: str
    instead: str
    where: tuple[str, ...] = CPP
    outside: tuple[str, ...] = ()
    in_text: bool = False  # also comments and strings
    lines: re.Pattern = dataclasses.field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "lines", re.compile(self.pattern))


BANS = (
    Ban(r"\b(secure_)?getenv\s*\(|\benviron\b", "the environment is read here",
        "Add a row to the service's config.cc: it gives flag, variable, bounds and document.",
        outside=("libs/config/*", "libs/testing/*", "libs/grpcserver/process.cc", "cli/main.cc", "*_test.cc")),
    Ban(r"\bsystem_clock::now\b|\bsteady_clock::now\b|\babsl::Now\s*\(|\bgettimeofday\s*\(|\bclock_gettime\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)",
        "a clock is asked directly", "Take a clock::Clock& (libs/clock): tests then move the time.",
        outside=("libs/clock/*", "libs/testing/*", "*_test.cc")),
    Ban(r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::condition_variable(_any)?\b|\bstd::(lock_guard|unique_lock|scoped_lock|shared_lock)\b|\babsl::(Mutex|MutexLock|CondVar|Notification|BlockingCounter)\b",
        "a lock that clang or TSan cannot check", "Use sync::Mutex, sync::MutexLock and sync::CondVar (libs/sync; docs/adr/0002).",
        outside=("libs/sync/*",)),
    Ban(r"\bsleep_(for|until)\b|\babsl::SleepFor\b|\b(u|nano)?sleep\s*\(",
        "a sleep", "In product code sync::SleepUnlessStopped; in tests testing::PollUntil with a deadline.",
        outside=("libs/sync/*",)),
    Ban(r"\btime\.sleep\s*\(", "a sleep in a test", "Poll with a deadline: wait_until(check, deadline).",
        where=PYTHON, outside=("tests/wait.py", "tests/servers.py", "tests/replay.py", "tests/load/*")),
    Ban(r"\babsl::(flat|node)_hash_(map|set)\b|absl/container/(flat|node)_hash_", "a hash table that ASan cannot follow in Debian's Abseil",
        "Use std::unordered_map or absl::btree_map.", in_text=True),
    Ban(r"\babsl::(optional|variant|any)\b", "Abseil's own optional or variant", "Use the std:: one: here they are different types."),
    Ban(r"\bstd::(string_view|basic_string_view)\b", "std::string_view in a signature", "Use absl::string_view; the other type lives inside an adapter whose driver wants it.",
        where=("libs/*.h", "services/*.h", "cli/*.h")),
    Ban(r"\bstd::\w+_distribution\b|\bstd::(mt19937|default_random_engine|random_device)\b",
        "a random source whose values differ by library", "Use the counter-based generator of services/seeder: same seed, same rows.",
        where=("services/seeder/*",)),
    Ban(r"\brd_kafka_AlterConfigs\b", "AlterConfigs replaces every other key of the topic", "Use rd_kafka_IncrementalAlterConfigs."),
    Ban(r"\busing\s+namespace\b", "using namespace", "Name what you use."),
    Ban(r"\.detach\s*\(\s*\)", "a detached thread outlives its owner", "Keep a std::jthread and join it."),
    Ban(r"\bstd::(cout|cerr|clog)\b|\b(f|v)?printf\s*\(", "text on a standard stream", "LOG(INFO) << log::Event(\"event\", {{\"key\", value}}).",
        where=("services/*.cc", "services/*.h", "libs/*.cc", "libs/*.h"), outside=("libs/testing/*", "libs/grpcserver/process.cc", "*_test.cc")),
    Ban(r"\b(GTEST_SKIP|DISABLED_\w+)\b", "a skipped test", "A missing backend is a failure: say what to start. A test that cannot run has an issue, not a skip."),
    Ban(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b", "a skipped test", "A missing backend is a failure: say what to start.", where=PYTHON),
    Ban(r"\bt\.Skip(f|Now)?\(", "a skipped test", "A missing backend is a failure: say what to start.", where=("gateway/*_test.go",)),
    Ban(r"\bos\.(Getenv|LookupEnv|Environ)\b", "the environment is read here", "Add a row to gateway/internal/config.",
        where=("gateway/*.go",), outside=("gateway/internal/config/*", "gateway/cmd/*/main.go", "*_test.go")),
    Ban(r"\bNOLINT(NEXTLINE|BEGIN)?\b(?!\([\w.,* -]+\):? \S)", "a silenced check without its name and reason", "Write NOLINT(check-name): reason.", in_text=True),
    Ban(r"\b(TODO|FIXME|XXX)\b(?!\(issue \d+\))", "unfinished work without an issue", "Write TODO(issue 12): what, or finish it.",
        where=(*CPP, *PYTHON, "gateway/*.go", "proto/*.proto", "tools/*", ".ci/run"), outside=("tools/tidy_rules/*",), in_text=True),
    Ban(r"\b(?<!::)(abort|std::abort|_exit|quick_exit)\s*\(", "the process is ended from inside", "Return an absl::Status; a fault of the code is a CHECK.",
        where=("services/*.cc", "libs/*.cc"), outside=("*_test.cc", "libs/grpcserver/*")),
)  # fmt: skip

_SPDX = "SPDX-License-Identifier: Apache-2.0"
_SOURCES = (
    "*.cc",
    "*.h",
    "*.go",
    "*.proto",
    "*.py",
    "*.mjs",
    "*.js",
    "*.sh",
    "tools/devroot",
    "tools/tidy",
    ".ci/run",
)


def check(tree: Tree) -> Iterator[Finding]:
    for ban in BANS:
        for path in tree.matching(*ban.where):
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in ban.outside):
                continue
            is_script = path.endswith(".py") or "." not in path.rsplit("/", 1)[-1]
            text = tree.text(path) if ban.in_text or is_script else tree.code(path)
            for match in ban.lines.finditer(text):
                yield Finding(
                    "calls",
                    path,
                    line_of(text, match.start()),
                    f"{ban.what} ({match[0].strip()})",
                    ban.instead,
                )
    for path in tree.matching(*_SOURCES):
        head = "\n".join(tree.text(path).splitlines()[:30])
        if tree.text(path).strip() and _SPDX not in head and "Code generated" not in head:
            yield Finding(
                "calls",
                path,
                1,
                "no licence line in the head of the file",
                f"Add `{_SPDX}` to the opening comment.",
            )
    for path in tree.matching("libs/*.h", "services/*.h", "cli/*.h", "tests/*.h"):
        if "#pragma once" not in tree.text(path):
            yield Finding(
                "calls",
                path,
                1,
                "a header without #pragma once",
                "Add it below the opening comment.",
            )
