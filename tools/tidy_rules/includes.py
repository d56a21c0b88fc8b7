"""The include rule: each room sees only what its role needs (ARCHITECTURE.md, "Rooms")."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree, line_of

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)

# First word of an adapter's file name: its technology.
ADAPTER_PREFIXES = (
    "curl_", "debezium_", "file_", "fs_", "grpc_", "http_", "json_", "kafka_", "pg_", "pgquery_",
    "posix_", "pq_", "proto_", "rdkafka_", "wire_", "yaml_",
)  # fmt: skip

# Header → driver family. First match counts.
_FAMILIES = (
    ("postgres", r"pqxx/|libpq|postgres|libs/pg/"),
    ("kafka", r"librdkafka/|libs/kafka/"),
    ("http", r"curl/|libs/http/"),
    ("pg_query", r"pg_query"),
    ("yaml", r"yaml-cpp/"),
    ("json", r"nlohmann/"),
    ("metrics", r"prometheus/"),
    ("grpc", r"grpc|grpcpp/"),
    ("protobuf", r".*\.pb\.h$|google/"),
    ("cli", r"CLI/"),
    ("test", r"gtest/|gmock/|absl/(status/status_matchers|log/scoped_mock_log)\.h|libs/testing/"),
    (
        "files",
        r"sys/|arpa/|linux/|netinet/|(dlfcn|fcntl|unistd|dirent|poll|netdb|termios|syslog|signal)\.h$"
        r"|(fstream|filesystem|iostream|csignal|cstdio|syncstream)$",
    ),
    ("pure", r"absl/|re2/|xxhash|zlib\.h$|openssl/"),
    ("std", r"[a-z_0-9]+$|(stdint|stddef|limits|time|string)\.h$"),
)

PURE_LIBS = {"status", "clock", "sync"}


def family(header: str) -> str:
    for name, pattern in _FAMILIES:
        if re.match(pattern, header):
            return name
    return "unknown"


def room(path: str) -> str:
    """The role that a file's name gives it. `path` is below services/<name>/."""
    name = path.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0]
    if stem.endswith(("_test", "_contract")) or stem.startswith(("fake_", "test_")):
        return "test"
    if name == "main.cc":
        return "main"
    if stem in ("app", "config"):
        return stem
    if stem == "service" or stem.endswith("_service"):
        return "service"
    if stem == "convert" or stem.startswith("convert_") or stem.endswith("_convert"):
        return "convert"
    if stem == "metrics" or stem.endswith("_metrics"):
        return "metrics"
    if stem.startswith(ADAPTER_PREFIXES):
        return "adapter"
    return "domain"


# Room → rooms of the same service, libs and families that it may include. "*": all of them.
_RULES = {
    "main": ({"app", "config"}, {"grpcserver", "config"}, {"std", "pure"}),
    "app": ({"*"}, {"*"}, {"*"}),
    "config": ({"config", "domain"}, {"config", "status"}, {"std", "pure"}),
    "service": (
        {"service", "convert", "domain"},
        {"status", "log", "grpcserver", "clock", "sync"},
        {"std", "pure", "grpc", "protobuf"},
    ),
    "convert": (
        {"convert", "domain"},
        {"status", "grpcserver", "clock"},
        {"std", "pure", "protobuf"},
    ),
    "metrics": ({"metrics", "domain"}, PURE_LIBS, {"std", "pure", "metrics"}),
    "adapter": (
        {"adapter", "domain"},
        {"status", "clock", "sync", "log", "config", "pg", "kafka", "http"},
        {"std", "pure", "postgres", "kafka", "http", "pg_query", "yaml", "json", "files"},
    ),
    "domain": ({"domain"}, PURE_LIBS, {"std", "pure"}),
}

_ADVICE = {
    "main": "main.cc is an inventory: put this into app.cc.",
    "config": "config.cc holds rows only: put this where the value is used.",
    "service": "The edge validates, converts, calls the domain and maps: move the rest into a domain file or an adapter.",
    "convert": "convert turns protobuf into domain values and back: move the rest out.",
    "metrics": "A metrics file turns domain values into prometheus series: move the rest out.",
    "adapter": "An adapter knows its port, one driver and its lib: move the rest into app.cc, the edge or the domain.",
    "domain": "The domain does no I/O: declare a port (a small abstract class in domain types) and put this into an adapter.",
}


def check(tree: Tree) -> Iterator[Finding]:
    lib_edges: dict[str, set[str]] = {}
    for path in tree.matching(
        "services/*.h", "services/*.cc", "libs/*.h", "libs/*.cc", "cli/*.h", "cli/*.cc"
    ):
        text = tree.without_comments(path)
        headers = [(m[1], line_of(text, m.start())) for m in _INCLUDE.finditer(text)]
        top, _, rest = path.partition("/")
        for header, line in headers:
            if header.startswith(("../", "./")):
                yield Finding(
                    "include",
                    path,
                    line,
                    f"relative include {header}",
                    "Include paths start at the root of the repository.",
                )
            elif top != "services" and header.startswith("services/"):
                yield Finding(
                    "include",
                    path,
                    line,
                    f"{top} includes {header}",
                    f"{top}/ never sees a service: move what both need into a lib, or talk gRPC.",
                )
            elif family(header) == "unknown" and not header.startswith(
                ("services/", "libs/", "cli/", "storefront/", "tests/")
            ):
                yield Finding(
                    "include",
                    path,
                    line,
                    f"unknown header {header}",
                    "Give it a family in tools/tidy_rules/includes.py.",
                )
        if top == "libs":
            lib = rest.partition("/")[0]
            if not path.endswith("_test.cc"):
                seen = {h.split("/")[1] for h, _ in headers if h.startswith("libs/")}
                lib_edges.setdefault(lib, set()).update(seen - {lib})
                yield from _pure_lib(path, lib, headers)
        elif top == "services":
            yield from _service_file(path, headers)
    yield from _cycles(lib_edges)
    yield from _thin_main(tree)


def _pure_lib(path: str, lib: str, headers: list[tuple[str, int]]) -> Iterator[Finding]:
    """What the domain may see must not bring a driver along."""
    if lib not in PURE_LIBS or path.startswith("libs/status/grpc_status"):
        return
    for header, line in headers:
        if not header.startswith("libs/") and family(header) not in ("std", "pure"):
            yield Finding(
                "include",
                path,
                line,
                f"libs/{lib} includes {header}",
                "The domain sees this lib, so it stays without drivers: use a target of its own, as libs/status/grpc_status does.",
            )


def _service_file(path: str, headers: list[tuple[str, int]]) -> Iterator[Finding]:
    service = path.split("/")[1]
    role = room(path)
    drivers: dict[str, int] = {}
    for header, line in headers:
        if header.startswith("services/"):
            other = header.split("/")[1]
            if other != service:
                yield Finding(
                    "include",
                    path,
                    line,
                    f"service {service} includes {header}",
                    "Services know each other by proto only: move what both need into a lib, or call the other's API.",
                )
                continue
        if role == "test":
            continue
        rooms, libs, families = _RULES[role]
        if header.startswith("services/"):
            target = room(header)
            wrong = "*" not in rooms and target not in rooms
            kind = f"the {target} room"
        elif header.startswith("libs/"):
            lib = header.split("/")[1]
            wrong = ("*" not in libs and lib not in libs) or lib == "testing"
            kind = f"libs/{lib}"
            drivers.setdefault(family(header), line)
        elif header.startswith("cli/"):
            wrong, kind = True, "the client"
        else:
            name = family(header)
            wrong = ("*" not in families and name not in families) or name == "test"
            kind = f"the {name} family"
            drivers.setdefault(name, line)
        if wrong:
            yield Finding(
                "include",
                path,
                line,
                f"a file of the {role} room includes {header} ({kind})",
                _ADVICE.get(role, "Test code stays on the test side."),
            )
    if role == "adapter":
        mixed = set(drivers) & {"postgres", "kafka", "http", "pg_query", "yaml"}
        if len(mixed) > 1:
            yield Finding(
                "include",
                path,
                min(drivers[d] for d in mixed),
                f"one adapter uses {' and '.join(sorted(mixed))}",
                "Split it: one adapter, one driver.",
            )


def _cycles(edges: dict[str, set[str]]) -> Iterator[Finding]:
    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        for following in edges.get(start, ()):
            if following == goal:
                return True
            if following not in seen:
                seen.add(following)
                if reaches(following, goal, seen):
                    return True
        return False

    for lib in sorted(edges):
        if reaches(lib, lib, set()):
            yield Finding(
                "include",
                f"libs/{lib}",
                0,
                f"libs/{lib} includes itself through other libs",
                "Break the circle: the part that both need becomes a lib of its own or moves down.",
            )


def _thin_main(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching("services/*/main.cc"):
        lines = tree.text(path).count("\n")
        if lines > 30:
            yield Finding(
                "include",
                path,
                0,
                f"main.cc has {lines} lines, 30 at most",
                "It is an inventory: building goes to app.cc, signals and shutdown live in libs/grpcserver.",
            )
