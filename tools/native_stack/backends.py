"""Command lines and environments of Postgres, Kafka and Connect, for tools/stack and the tests.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from native_stack.kafka_jars import REPOSITORY, KafkaJars

POSTGRES_BIN = Path("/usr/lib/postgresql/17/bin")
# For servers that live for a test: the second compiler never pays off there.
SHORT_LIVED_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


# --- Postgres


def postgres_arguments(
    data: Path, address: str, port: int, settings: dict[str, str] | None = None
) -> list[str]:
    """The server on one TCP port, no Unix socket, configured by the shipped files."""
    chosen = {
        "config_file": f"{REPOSITORY}/deploy/postgres/postgresql.conf",
        "hba_file": f"{REPOSITORY}/deploy/postgres/pg_hba.conf",
        "listen_addresses": address,
        "port": str(port),
        "unix_socket_directories": "",
        **(settings or {}),
    }
    line = [f"{POSTGRES_BIN}/postgres", "-D", str(data)]
    for key, value in chosen.items():
        line += ["-c", f"{key}={value}"]
    return line


def initdb_arguments(data: Path, password_file: Path) -> list[str]:
    return [
        f"{POSTGRES_BIN}/initdb",
        *("-D", str(data), "-U", "postgres", f"--pwfile={password_file}", "-A", "scram-sha-256"),
        *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]


# --- Kafka and Connect


@dataclass(frozen=True)
class Heap:
    least: str
    most: str

    def flags(self) -> list[str]:
        return [f"-Xms{self.least}", f"-Xmx{self.most}"]


def java(
    jars: KafkaJars, heap: Heap, main: str, *args: str, flags: Sequence[str] = ()
) -> list[str]:
    return [
        "java",
        *heap.flags(),
        *flags,
        "-XX:-UsePerfData",  # its file is named by pid, and each namespace has a pid 1
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={REPOSITORY}/deploy/kafka/log4j2.properties",
        *("-cp", jars.class_path, main, *args),
    ]


SERVER_PROPERTIES = f"{REPOSITORY}/deploy/kafka/server.properties"


def kafka_environment(
    data: Path, port: int, controller_port: int, listen: str = "127.0.0.1"
) -> dict[str, str]:
    return {
        "KAFKA_LISTEN_ADDR": listen,
        "KAFKA_ADVERTISED_HOST": reachable(listen),
        "KAFKA_PORT": str(port),
        "KAFKA_CONTROLLER_PORT": str(controller_port),
        "KAFKA_DATA_DIR": str(data),
    }


def connect_environment(bootstrap: str, port: int, listen: str = "127.0.0.1") -> dict[str, str]:
    return {
        "CONNECT_LISTEN_ADDR": listen,
        "CONNECT_PORT": str(port),
        "CONNECT_BOOTSTRAP_SERVERS": bootstrap,
    }


def write_worker_file(target: Path, jars: KafkaJars, secrets: Path) -> None:
    """The shipped worker file plus the two paths that Connect reads before it resolves anything."""
    shipped = (REPOSITORY / "deploy/kafka/connect.properties").read_text()
    target.write_text(
        f"{shipped}\n# Appended for this machine.\n"
        f"plugin.path={jars.plugin_path}\n"
        f"config.providers.file.param.allowed.paths={secrets}\n"
    )


def reachable(listen: str) -> str:
    """The address a client on this machine dials for a server that listens on `listen`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen, listen)


def psql(url_parts: dict[str, str], sql: str, seconds: float = 30) -> str:
    """Runs SQL through the command-line client; raises CalledProcessError with its message."""
    environment = {**os.environ, **url_parts, "PGCONNECT_TIMEOUT": "5"}
    done = subprocess.run(
        [f"{POSTGRES_BIN}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"],
        input=sql,
        capture_output=True,
        text=True,
        env=environment,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, "psql", done.stdout, done.stderr)
    return done.stdout.strip()
