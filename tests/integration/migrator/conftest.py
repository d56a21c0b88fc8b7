"""A migrator on a fresh database with scripts of the test's own.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import psycopg
import pytest

import flyway as flyway_tools
import stubs
from scratch import Scratch
from services import Service
from wait import wait_until

sys.path.insert(0, str(Path(__file__).resolve().parent))
stubs.generate()  # pytest reads this file before it configures
from storefront.migrator.v1 import migrator_pb2 as pb  # noqa: E402
from storefront.migrator.v1 import migrator_pb2_grpc  # noqa: E402

_numbers = itertools.count(1)
FINAL = {pb.MigrationRun.SUCCEEDED, pb.MigrationRun.FAILED}
FINAL |= {pb.MigrationRun.CANCELLED, pb.MigrationRun.INTERRUPTED}

# Our states as Flyway's info displays them.
FLYWAY_STATES = {
    pb.Migration.PENDING: "Pending",
    pb.Migration.ABOVE_TARGET: "Above Target",
    pb.Migration.BELOW_BASELINE: "Below Baseline",
    pb.Migration.IGNORED_BASELINE: "Ignored (Baseline)",
    pb.Migration.IGNORED: "Ignored",
    pb.Migration.SUCCESS: "Success",
    pb.Migration.FAILED: "Failed",
    pb.Migration.OUT_OF_ORDER: "Out of Order",
    pb.Migration.BASELINED: "Baseline",
    pb.Migration.MISSING: "Missing",
    pb.Migration.FAILED_MISSING: "Failed (Missing)",
    pb.Migration.FUTURE: "Future",
    pb.Migration.FAILED_FUTURE: "Failed (Future)",
    pb.Migration.OUTDATED: "Outdated",
    pb.Migration.SUPERSEDED: "Superseded",
    pb.Migration.DELETED: "Deleted",
}


class Project:
    """A folder of scripts, the database they are for, and a migrator that serves both."""

    def __init__(self, folder: Path, url: str, service: Service) -> None:
        self.folder = folder
        self.url = url
        self.service = service
        self.stub = service.stub(migrator_pb2_grpc.MigratorServiceStub)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def start(self, **fields: object) -> pb.MigrationRun:
        return self.stub.Migrate(pb.MigrateRequest(**fields), timeout=20)

    def get(self, name: str) -> pb.MigrationRun:
        return self.stub.GetMigrationRun(pb.GetMigrationRunRequest(name=name), timeout=10)

    def wait(self, name: str, deadline: float = 60) -> pb.MigrationRun:
        """The run once it has ended."""
        return wait_until(
            lambda: (run := self.get(name)).state in FINAL and run, deadline, f"{name} ends"
        )

    def migrate(self, **fields: object) -> pb.MigrationRun:
        """A run to its end, whatever that is."""
        return self.wait(self.start(**fields).name)

    def migrate_ok(self, **fields: object) -> pb.MigrationRun:
        run = self.migrate(**fields)
        assert run.state == pb.MigrationRun.SUCCEEDED, run.error
        return run

    def lines(self) -> list[str]:
        """`V1 SUCCESS` for each line of the table."""
        answer = self.stub.ListMigrations(pb.ListMigrationsRequest(page_size=1000), timeout=10)
        names = pb.Migration.State.Name
        return [
            f"{each.name.removeprefix('migrations/')} {names(each.state)}"
            for each in answer.migrations
        ]

    def info(self) -> list[str]:
        """The same table as the Flyway driver's `info` prints it: version, description, state."""
        answer = self.stub.ListMigrations(pb.ListMigrationsRequest(page_size=1000), timeout=10)
        return [
            f"info {each.version}|{each.description}|{FLYWAY_STATES[each.state]}"
            for each in answer.migrations
        ]

    def flyway_words(
        self,
        command: str,
        *,
        location: Path | None = None,
        schemas: str = "public",
        placeholders: Mapping[str, str] | None = None,
        **options: str,
    ) -> list[str]:
        """Words of a Flyway command on this database and folder, for tests/flyway.py."""
        words = [command, *flyway_tools.connection_words(self.url)]
        words += [str(location or self.folder), schemas]
        words += [f"{name}={value}" for name, value in (placeholders or {}).items()]
        return words + [f"-{name}={value}" for name, value in options.items()]

    def start_flyway(self, command: str, **more: object) -> subprocess.Popen[str]:
        """Flyway in a process of its own, side by side with ours."""
        return flyway_tools.start(self.flyway_words(command, **more))

    def cancel(self, name: str) -> pb.MigrationRun:
        return self.stub.CancelMigrationRun(pb.CancelMigrationRunRequest(name=name), timeout=10)

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Rows of a query, on a connection of its own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def history(self) -> list[tuple]:
        """Rank, version, script and success of each row."""
        return self.sql(
            "select installed_rank, version, script, success from flyway_schema_history order by 1"
        )

    def sessions(self) -> int:
        """Sessions of the migrator's worker in the database."""
        return self.sql(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'storefront-migrator worker'"
        )[0][0]

    def wait_without_sessions(self, deadline: float = 10) -> None:
        """Until none is left: the server may come late to one that was just closed."""
        wait_until(lambda: self.sessions() == 0, deadline, "the worker has no session")


@pytest.fixture
def project(
    database: str, scratch: Scratch, start_service: Callable[..., Service]
) -> Callable[..., Project]:
    """project({file: text}, **settings): writes the files, starts a migrator, waits until ready."""

    def make(
        files: Mapping[str, str | bytes], *, url: str = "", wait: bool = True, **settings: object
    ) -> Project:
        folder = scratch.folder(f"scripts-{next(_numbers)}")
        made = Project(
            folder,
            url or database,
            start_service(
                "migrator", {"database_url": url or database, "locations": folder, **settings}
            ),
        )
        made.write(files)
        if wait:
            made.service.wait_ready()
        return made

    return make


@pytest.fixture
def fails() -> Callable[[Callable[[], object]], object]:
    """The RpcError (stubs.RpcError) of a call that must fail."""

    def check(call: Callable[[], object]) -> object:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        return stubs.error_of(caught.value)

    return check


@pytest.fixture(scope="session")
def flyway_process() -> Iterator[flyway_tools.FlywayProcess]:
    made = flyway_tools.FlywayProcess()
    yield made
    made.close()


@pytest.fixture
def flyway(flyway_process: flyway_tools.FlywayProcess) -> Callable[..., list[str]]:
    """flyway(project, "migrate", target="3"): the lines that the real Flyway's command printed.

    fails=True: it must fail; its message comes back instead. Options are those of FlywayDriver.java.
    """

    def run(project: Project, command: str, *, fails: bool = False, **more: object) -> list[str]:
        answer = flyway_process.run(project.flyway_words(command, **more))
        assert bool(answer.error) == fails, answer.error or f"{command} did not fail"
        return [answer.error] if fails else answer.lines

    return run
