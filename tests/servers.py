"""Real Postgres, Kafka and Connect for tests: own folders, free ports on 127.0.0.1, always ended.

Standard library only: tools/with-servers uses this before any package is installed.
Each class: `start()` waits until the server answers, `stop()` ends it in order, `kill()` is SIGKILL
to all of its processes, and after either `start()` brings it back on the same port and data.
`close()` ends it for good. A server never outlives the process that started it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from native_stack import backends, namespace, ports, probes
from native_stack.cluster_id import new_cluster_id
from native_stack.kafka_jars import kafka_jars

START_SECONDS = 90  # two busy cores; idle ones need three


class _Server:
    """What the three have in common: one process that can come back."""

    name = "server"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.log = folder / f"{self.name}.log"
        self._process: namespace.Process | None = None

    @property
    def process(self) -> namespace.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running()

    def launch(self) -> None:
        """Starts the process and does not wait; await_ready() does."""
        if not self.running:
            self._process = self._spawn()

    def await_ready(self, seconds: float = START_SECONDS) -> None:
        namespace.poll(self.answers, seconds, f"{self.name} answers", alive=self.process)

    def start(self) -> None:
        self.launch()
        self.await_ready()

    def kill(self) -> None:
        """SIGKILL to every process of the server."""
        self.process.kill()

    def stop(self, seconds: float = 60) -> None:
        if self.running:
            self.process.stop(signal.SIGTERM, seconds)

    def freeze(self) -> None:
        """SIGSTOP to every process: connections stay open, nothing answers."""
        self.process.send_to_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_to_all(signal.SIGCONT)

    def close(self) -> None:
        if self.running:
            self.process.kill()

    def log_tail(self, lines: int = 30) -> str:
        return namespace.tail(self.log, lines)

    def answers(self) -> bool:
        raise NotImplementedError

    def _spawn(self) -> namespace.Process:
        raise NotImplementedError


class PostgresServer(_Server):
    """Postgres 17 with wal_level=logical; superuser `postgres`, password authentication as shipped.

    `settings` are server settings on top of deploy/postgres/postgresql.conf. fsync is off: a killed
    process loses nothing by that, only a machine that loses power does.
    """

    name = "postgres"
    password = "postgres"

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.port = ports.reserve()
        self.data = folder / "data"
        self.password_file = folder / "password"
        self.password_file.write_text(self.password)
        self.settings = {"fsync": "off", "max_connections": "200", **(settings or {})}

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """A connection URI for libpq and psycopg."""
        secret = urllib.parse.quote(password or self.password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Output of a script, without headers; an error raises CalledProcessError with `stderr`."""
        parts = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres"}
        return backends.psql(
            {**parts, "PGPASSWORD": self.password, "PGDATABASE": database}, sql, seconds=60
        )

    def create_database(self, name: str) -> str:
        """Makes an empty database and returns its URI."""
        self.psql(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops it with its connections and replication slots; no error if it is gone."""
        literal = name.replace("'", "''")
        self.psql(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            f" WHERE database = '{literal}' AND active_pid IS NOT NULL;"
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            f" WHERE database = '{literal}' AND active_pid IS NULL;"
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
        )

    def stop(self, seconds: float = 60, *, mode: str = "fast") -> None:
        """mode: smart waits for clients, fast ends them, immediate is a crash with recovery."""
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        if self.running:
            self.process.stop(number, seconds)

    def restart(self, *, mode: str = "fast") -> None:
        self.stop(mode=mode)
        self.start()

    def standby(self, folder: Path) -> PostgresServer:
        """A hot standby of this server, not started; it replicates by streaming."""
        copy = PostgresServer(folder, self.settings)
        environment = {**os.environ, "PGPASSWORD": self.password}
        base = [
            f"{backends.POSTGRES_BIN}/pg_basebackup",
            "-D",
            str(copy.data),
            "-R",
            "-X",
            "stream",
        ]
        base += ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-c", "fast"]
        subprocess.run(base, check=True, env=environment, timeout=120)
        return copy

    def answers(self) -> bool:
        return probes.postgres_answers("127.0.0.1", self.port, self.password)

    def _spawn(self) -> namespace.Process:
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        # Its pid may belong to another process of the new namespace; nothing of ours runs now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        argv = backends.postgres_arguments(self.data, "127.0.0.1", self.port, self.settings)
        return namespace.Process(self.name, argv, log=self.log)

    def _initdb(self) -> None:
        initdb = backends.initdb_arguments(self.data, self.password_file)
        log = self.folder / "initdb.log"
        process = namespace.Process("initdb", initdb, log=log)
        code = process.wait(START_SECONDS)
        if code != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise namespace.Exited(f"initdb ended with code {code}\n{namespace.tail(log)}")


class KafkaBroker(_Server):
    """Kafka 4.3.1, broker and controller in one JVM, as deploy/kafka/server.properties says."""

    name = "kafka"
    _heap = backends.Heap("96m", "320m")

    def __init__(self, folder: Path, overrides: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.port, self.controller_port = ports.reserve(), ports.reserve()
        self.data = folder / "data"
        self.jars = kafka_jars()
        self._properties = folder / "server.properties"
        shipped = Path(backends.SERVER_PROPERTIES).read_text()
        extra = "".join(f"{key}={value}\n" for key, value in (overrides or {}).items())
        self._properties.write_text(f"{shipped}\n{extra}")

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def tool(self, main: str, *args: str, seconds: float = 60) -> str:
        """Output of one of Kafka's own command-line tools, for example
        `tool("org.apache.kafka.tools.TopicCommand", "--list")`; `--bootstrap-server` is added."""
        argv = self._java(main, "--bootstrap-server", self.bootstrap, *args)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{main} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def answers(self) -> bool:
        return probes.kafka_answers("127.0.0.1", self.port)

    def _java(self, main: str, *args: str) -> list[str]:
        return backends.java(self.jars, self._heap, main, *args, flags=backends.SHORT_LIVED_JVM)

    def _spawn(self) -> namespace.Process:
        environment = os.environ | backends.kafka_environment(
            self.data, self.port, self.controller_port
        )
        if not (self.data / "meta.properties").exists():
            self._format(environment)
        argv = self._java("kafka.Kafka", str(self._properties))
        return namespace.Process(self.name, argv, log=self.log, env=environment)

    def _format(self, environment: Mapping[str, str]) -> None:
        argv = self._java("kafka.tools.StorageTool", "format", "--standalone")
        argv += ["-t", new_cluster_id(), "-c", str(self._properties)]
        with (self.folder / "format.log").open("wb") as log:
            done = subprocess.run(
                argv, env=environment, stdout=log, stderr=log, timeout=START_SECONDS, check=False
            )
        if done.returncode != 0:
            raise namespace.Exited(
                f"StorageTool ended with {done.returncode}\n{namespace.tail(self.folder / 'format.log')}"
            )


class ConnectWorker(_Server):
    """One Connect worker with the Debezium Postgres plugin, as deploy/kafka/connect.properties says.

    `secrets` is the only folder its `file` provider may read; `secrets_file` in it starts as a copy
    of deploy/secrets/dev and is read again on each use of `${file:…}`.
    """

    name = "connect"
    _heap = backends.Heap("128m", "512m")

    def __init__(self, folder: Path, bootstrap: str) -> None:
        super().__init__(folder)
        self.port = ports.reserve()
        self.bootstrap = bootstrap
        self.jars = kafka_jars()
        self.secrets = folder / "secrets"
        self.secrets.mkdir(exist_ok=True)
        self.secrets_file = self.secrets / "connect_secrets.properties"
        dev = Path(__file__).resolve().parents[1] / "deploy/secrets/dev"
        shutil.copy(dev / self.secrets_file.name, self.secrets_file)
        self._worker_file = folder / "connect.properties"
        backends.write_worker_file(self._worker_file, self.jars, self.secrets)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        return probes.connect_answers(self.url)

    def _spawn(self) -> namespace.Process:
        main = "org.apache.kafka.connect.cli.ConnectDistributed"
        argv = backends.java(
            self.jars, self._heap, main, str(self._worker_file), flags=backends.SHORT_LIVED_JVM
        )
        environment = os.environ | backends.connect_environment(self.bootstrap, self.port)
        return namespace.Process(self.name, argv, log=self.log, env=environment)
