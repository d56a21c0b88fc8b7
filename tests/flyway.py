"""The real Flyway 13.7, from Maven Central: its jars, and its commands on a database.

Test side only. The versions are those of tests/interop/flyway/pom.xml.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services import REPOSITORY, die_with_parent

INTEROP = REPOSITORY / "tests/interop/flyway"
# The shortest way to a result for a JVM that lives for seconds.
JAVA_FLAGS = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def _cached(what: str, key: str, make: Callable[[Path], None]) -> Path:
    """A folder under the user's cache, made once; another session may be faster."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "storefront-cdc" / what / key
    if not folder.exists():
        building = folder.with_name(f"{key}.{os.getpid()}")
        make(building)
        try:
            building.rename(folder)
        except OSError:
            shutil.rmtree(building)
    return folder


def jars() -> Path:
    """The folder of the jars of pom.xml."""
    pom = INTEROP / "pom.xml"

    def resolve(target: Path) -> None:
        maven = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies"]
        maven += [f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
        subprocess.run(maven, check=True, timeout=280)

    return _cached("flyway-jars", hashlib.sha256(pom.read_bytes()).hexdigest()[:16], resolve)


def class_path() -> str:
    """Jars and our compiled drivers."""
    sources = sorted(INTEROP.glob("*.java"))
    libraries = jars()
    digest = hashlib.sha256(libraries.name.encode())
    for source in sources:
        digest.update(source.read_bytes())

    def compile_drivers(target: Path) -> None:
        command = ["javac", "-cp", f"{libraries}/*", "-d", target, *sources]
        subprocess.run(command, check=True, timeout=280)

    return f"{libraries}/*:{_cached('flyway-drivers', digest.hexdigest()[:16], compile_drivers)}"


def connection_words(url: str) -> list[str]:
    """A postgresql:// URI as JDBC address, user and password."""
    parts = urllib.parse.urlsplit(url)
    address = f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}"
    return [address, parts.username or "", urllib.parse.unquote(parts.password or "")]


@dataclass
class Answer:
    """What a command printed, line by line, and how it failed, if it did."""

    lines: list[str]
    error: str = ""


def _facts(out: list[str]) -> list[str]:
    known = ("migrated", "valid", "finding", "info", "repaired", "baselined")
    return [line for line in out if line.split(" ", 1)[0] in known]


class FlywayProcess:
    """A JVM with Flyway in it that carries out one command after the other.

    A command's words: migrate, validate, info, repair or baseline, then the connection's three, the
    location and the schemas, then placeholders (name=value) and options (-outOfOrder=true); as
    FlywayDriver.java has them.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["java", *JAVA_FLAGS, "-cp", class_path(), "FlywayDriver", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )

    def run(self, words: list[str]) -> Answer:
        encoded = [base64.b64encode(word.encode()).decode() for word in words]
        self._process.stdin.write(" ".join(encoded) + "\n")
        self._process.stdin.flush()
        lines: list[str] = []
        while line := self._process.stdout.readline():
            line = line.rstrip("\n")
            if line == "end":
                return Answer(_facts(lines))
            if line.startswith("failed "):
                return Answer(_facts(lines), base64.b64decode(line[7:]).decode() or "no message")
            lines.append(line)
        raise RuntimeError(f"Flyway's JVM ended\n{lines}")

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)


def start(words: list[str]) -> subprocess.Popen[str]:
    """A command in a process of its own, as `flyway` on a command line; end it with `finish`."""
    return subprocess.Popen(
        ["java", *JAVA_FLAGS, "-cp", class_path(), "FlywayDriver", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )


def finish(process: subprocess.Popen[str], seconds: float = 200) -> Answer:
    out, err = process.communicate(timeout=seconds)
    failed = "" if process.returncode == 0 else err or f"code {process.returncode}"
    return Answer(_facts(out.splitlines()), failed)
