"""The migrator against the real Flyway 13.7: the same files, one server, in turns.

    tools/bench migrator            or, in the root:
    PYTHON tests/load/bench_migrator.py [--pairs 10] [--growth-pairs 3] [--files 1000]

no-op        `storefrontctl migrations migrate --wait` against Flyway's process, all files applied
empty        the same in an empty folder
apply        the same with nothing applied: each file is one CREATE TABLE; 100 and --files of them
warm no-op   Migrate by gRPC, and its watch if it goes on, against migrate() in one living JVM
growth       four times the files against four times the time
cpu, memory  of the same samples: CPU seconds of service and client against the JVM's; peak memory
round trips  between migrator and Postgres, for --files files, against files + 40

Our service runs while it is measured, as it does in use; what a user waits for is the client. The
JVM's start is part of Flyway's process, and no part of the warm case. The server has fsync off, as
all test servers, which spares Flyway's commits most.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# gRPC's own fork handlers abort the child between fork and exec when a channel is open.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / folder) for folder in ("tests", "tests/load", "tools")]

import psycopg  # noqa: E402
from pairs import Case, in_turns  # noqa: E402

import flyway  # noqa: E402
import stubs  # noqa: E402
from scratch import Scratch  # noqa: E402
from servers import PostgresServer  # noqa: E402
from services import Service, binary  # noqa: E402
from tcp_gate import TO_CLIENT, TO_SERVER, TcpGate  # noqa: E402
from wait import wait_until  # noqa: E402

PROCESS = "Flyway's process"
_old = itertools.count(1)
TICKS = os.sysconf("SC_CLK_TCK")


class CountingGate(TcpGate):
    """A gate that counts how often an answer follows a question."""

    trips = 0
    _last = TO_CLIENT

    def _send(self, target, direction: str, data: bytes) -> None:
        if data:
            if direction == TO_SERVER and self._last == TO_CLIENT:
                self.trips += 1
            self._last = direction
        super()._send(target, direction, data)


class Sample:
    """What a process took: wall seconds, CPU seconds, peak memory in MiB."""

    def __init__(self, wall: float, cpu: float, memory: float) -> None:
        self.wall, self.cpu, self.memory = wall, cpu, memory


def run(command: list, environment: dict[str, str] | None = None) -> Sample:
    began = time.monotonic()
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}\n{output.decode()}")
    return Sample(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Project:
    """A folder of scripts, its database, and a migrator that serves both."""

    def __init__(self, server: PostgresServer, folder: Path, name: str, files: int) -> None:
        self.server, self.name, self.files = server, name, files
        self.scripts = folder / f"{name}-scripts"
        self.scripts.mkdir()
        for number in range(1, files + 1):
            text = f"create table t{number} (id bigint);\n"
            (self.scripts / f"V{number}__create_table_{number}.sql").write_text(text)
        self.url = server.create_database(name)
        self.service = self.migrator(folder / f"{name}-service", self.url)

    def migrator(self, folder: Path, url: str) -> Service:
        folder.mkdir()
        service = Service(
            "migrator",
            {
                "database_url": url.replace(f":{self.server.password}@", "@"),
                "database_password": self.server.password,
                "locations": self.scripts,
            },
            folder=folder,
            base_environment=os.environ,
            env={},
        )
        service.start()
        service.wait_ready()
        return service

    def fresh(self) -> None:
        """The same database, empty; the service has its sessions again.

        The old one stays under another name: a file system may be slow to make files where it has
        just removed as many.
        """
        self.server.psql(f"alter database {self.name} allow_connections false")
        self.server.psql(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            f" where datname = '{self.name}'"
        )
        self.server.psql(f"alter database {self.name} rename to {self.name}_{next(_old)}")
        self.server.create_database(self.name)
        self.server.psql("checkpoint")
        wait_until(lambda: self.ctl("status").wall, 30, "the service has its sessions again")

    def ctl(self, *words: str, service: Service | None = None) -> Sample:
        address = (service or self.service).address
        environment = {"PATH": os.environ["PATH"], "STOREFRONT_CTL_MIGRATOR_ADDRESS": address}
        return run([str(binary("storefrontctl")), "migrations", *words], environment)

    def ours(self) -> Sample:
        """The client's wall time; CPU of client and service; the service's peak and the client's."""
        process = Path(f"/proc/{self.service.pid}")
        (process / "clear_refs").write_text("5")  # the peak starts here
        before = cpu_of(process)
        client = self.ctl("migrate", "--wait")
        peak = next(
            int(line.split()[1]) / 1024
            for line in (process / "status").read_text().splitlines()
            if line.startswith("VmHWM")
        )
        return Sample(client.wall, client.cpu + cpu_of(process) - before, peak + client.memory)

    def theirs(self) -> Sample:
        words = [*flyway.connection_words(self.url), str(self.scripts)]
        return run(["java", *flyway.JAVA_FLAGS, "-cp", flyway.class_path(), "FlywayBench", *words])

    def applied(self) -> int:
        with psycopg.connect(self.url) as connection:
            query = (
                "select count(*) from flyway_schema_history where success and version is not null"
            )
            return connection.execute(query).fetchone()[0]

    def checked(self, measure: Callable[[], Sample]) -> Sample:
        """A sample that counts: every file is applied after it."""
        sample = measure()
        if self.applied() != self.files:
            raise RuntimeError(f"{self.applied()} of {self.files} files are applied")
        return sample


def cpu_of(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Cases:
    """Wall time, CPU time and peak memory of the same samples."""

    def __init__(self, label: str, goal: float | None) -> None:
        self.wall = Case(label, PROCESS, "s", goal=goal)
        self.cpu = Case(f"{label}: CPU", PROCESS, "s")
        self.memory = Case(f"{label}: peak memory", PROCESS, "MiB")

    def emit(self, ours: Sample, theirs: Sample) -> None:
        self.wall.emit(ours.wall, theirs.wall)
        # A short run may take less than the kernel's tick; no ratio can be made of that.
        if ours.cpu > 0:
            self.cpu.emit(ours.cpu, theirs.cpu)
        self.memory.emit(ours.memory, theirs.memory)


def no_op(project: Project, pairs: int, label: str, goal: float) -> None:
    cases = Cases(label, goal)
    project.ours(), project.theirs()  # files and catalogs are in memory now
    for pair in range(pairs):
        cases.emit(*in_turns(pair, project.ours, project.theirs))


def apply(project: Project, pairs: int, goal: float | None = None) -> None:
    cases = Cases(f"apply {project.files}", goal)

    def measured(measure: Callable[[], Sample]) -> Sample:
        project.fresh()
        return project.checked(measure)

    for pair in range(pairs):
        cases.emit(
            *in_turns(pair, lambda: measured(project.ours), lambda: measured(project.theirs))
        )


class WarmFlyway:
    def __init__(self, project: Project) -> None:
        words = [*flyway.connection_words(project.url), str(project.scripts), "warm"]
        # All of the JVM's optimizer here: it has the time.
        self.process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-cp", flyway.class_path(), "FlywayBench", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def migrate(self) -> float:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if answer[:2] != ["migrated", "0"]:
            raise RuntimeError(f"warm Flyway said {answer}")
        return int(answer[2]) / 1e9

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def warm_no_op(project: Project, pairs: int) -> None:
    from storefront.migrator.v1 import migrator_pb2 as pb
    from storefront.migrator.v1 import migrator_pb2_grpc

    stub = project.service.stub(migrator_pb2_grpc.MigratorServiceStub)

    def ours() -> float:
        began = time.monotonic()
        started = stub.Migrate(pb.MigrateRequest(), timeout=30)
        last = started.state
        if last != pb.MigrationRun.SUCCEEDED:  # it goes on
            request = pb.WatchMigrationRunRequest(name=started.name)
            last = [each.run.state for each in stub.WatchMigrationRun(request, timeout=30)][-1]
        seconds = time.monotonic() - began
        if last != pb.MigrationRun.SUCCEEDED:
            raise RuntimeError(f"the run ended as {last}")
        return seconds

    theirs = WarmFlyway(project)
    try:
        for _ in range(40):
            theirs.migrate()
        for _ in range(10):
            ours()
        case = Case(f"warm no-op, {project.files} files", "warm migrate()", "s", goal=10)
        for pair in range(pairs):
            case.emit(*in_turns(pair, ours, theirs.migrate))
    finally:
        theirs.close()


def growth(small: Project, large: Project, pairs: int) -> None:
    """Four times the files may take 4.8 times as long; the baseline is four times the small one."""
    times = large.files // small.files
    goal = times / 4.8 if times == 4 else None
    label, baseline = f"{small.files} → {large.files} files", f"{times} x the smaller"
    apply_case = Case(f"apply, {label}", baseline, "s", goal=goal)
    no_op_case = Case(f"no-op, {label}", baseline, "s", goal=goal)
    for _ in range(pairs):
        small.fresh(), large.fresh()
        first, second = small.checked(small.ours).wall, large.checked(large.ours).wall
        apply_case.emit(second, times * first)
        for _ in range(3):
            no_op_case.emit(large.ours().wall, times * small.ours().wall)


def round_trips(project: Project, folder: Path) -> None:
    project.fresh()
    case = Case(f"round trips, {project.files} files", "files + 40", "trips", goal=1)
    with CountingGate("127.0.0.1", project.server.port) as gate:
        url = project.url.replace(f":{project.server.port}/", f":{gate.port}/")
        service = project.migrator(folder, url)
        before = gate.trips
        try:
            project.checked(lambda: project.ctl("migrate", "--wait", service=service))
        finally:
            service.close()
        case.emit(gate.trips - before, project.files + 40)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--growth-pairs", type=int, default=3)
    parser.add_argument("--files", type=int, default=1000)
    arguments = parser.parse_args()
    stubs.generate()
    flyway.class_path()  # resolved and compiled before anything is timed
    projects: list[Project] = []
    with Scratch("storefront-bench-") as scratch:
        os.environ.update(scratch.environment())
        server = PostgresServer(
            scratch.path / "postgres",
            {"max_locks_per_transaction": "512", "autovacuum": "off", "max_wal_size": "8GB"},
        )
        server.start()
        folder = scratch.folder("bench")

        def project(name: str, files: int) -> Project:
            projects.append(Project(server, folder, name, files))
            return projects[-1]

        try:
            empty = project("empty", 0)
            no_op(empty, arguments.pairs, "empty folder", goal=30)
            apply(project("few", 100), arguments.pairs)
            many = project("many", arguments.files)
            apply(many, arguments.pairs, goal=10)
            no_op(many, arguments.pairs, f"no-op, {arguments.files} files", goal=50)
            warm_no_op(many, arguments.pairs)
            growth(many, project("more", 4 * arguments.files), arguments.growth_pairs)
            round_trips(many, folder / "counted")
        finally:
            for each in projects:
                each.service.close()
            server.close()


if __name__ == "__main__":
    main()
