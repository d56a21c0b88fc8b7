"""Fixtures of all Python tests. A server or a binary that is missing fails the test; nothing skips.

  postgres, kafka, connect   one shared real server each, started by the first test that asks and
                             brought back before a test if the one before left it down
  database                   URI of a fresh, empty database on `postgres`, dropped afterwards
  new_postgres(**settings)   a server of the test's own, for tests that break it
  start_service(name, settings, env={…}, wait=True)
                             one of our binaries on free ports: a services.Service
  gate(host, port)           a tcp_gate.TcpGate in front of a server
  scratch                    a folder of the test session, removed also when the runner is killed

`from storefront.migrator.v1 import migrator_pb2` works in every test: the stubs are generated
before tests are collected. wait.wait_until and stubs.error_of are the other things to know.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

# gRPC's own fork handlers abort the child between fork and exec when a channel is open.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import pytest  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))

import stubs
from scratch import Scratch
from servers import ConnectWorker, KafkaBroker, PostgresServer
from services import Service
from tcp_gate import TcpGate

_shared = pytest.StashKey[list]()
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_shared] = []
    stubs.generate()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for server in item.config.stash[_shared]:
        if not server.running:
            server.start()


@pytest.fixture(scope="session")
def scratch() -> Iterator[Scratch]:
    with Scratch("storefront-pytest-") as made:
        os.environ.update(made.environment())  # everything started from here ends with it
        yield made


def _share(request: pytest.FixtureRequest, server):
    server.start()
    request.config.stash[_shared].append(server)
    return server


@pytest.fixture(scope="session")
def postgres(scratch: Scratch, request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    server = PostgresServer(scratch.path / "postgres")
    yield _share(request, server)
    server.close()


@pytest.fixture(scope="session")
def kafka(scratch: Scratch, request: pytest.FixtureRequest) -> Iterator[KafkaBroker]:
    server = KafkaBroker(scratch.path / "kafka")
    yield _share(request, server)
    server.close()


@pytest.fixture(scope="session")
def connect(
    scratch: Scratch, kafka: KafkaBroker, request: pytest.FixtureRequest
) -> Iterator[ConnectWorker]:
    server = ConnectWorker(scratch.path / "connect", kafka.bootstrap)
    yield _share(request, server)
    server.close()


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield postgres.create_database(name)
    if not postgres.running:
        postgres.start()
    postgres.drop_database(name)


@pytest.fixture
def new_postgres(scratch: Scratch) -> Iterator[Callable[..., PostgresServer]]:
    made: list[PostgresServer] = []

    def make(**settings: str) -> PostgresServer:
        server = PostgresServer(scratch.path / f"postgres-{next(_numbers)}", settings)
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.close()


@pytest.fixture
def gate() -> Iterator[Callable[[str, int], TcpGate]]:
    made: list[TcpGate] = []

    def make(host: str, port: int) -> TcpGate:
        made.append(TcpGate(host, port))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def start_service(
    scratch: Scratch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def start(
        name: str,
        settings: Mapping[str, object] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> Service:
        service = Service(
            name,
            settings or {},
            folder=scratch.folder(f"{name}-{next(_numbers)}"),
            base_environment=os.environ,
            env=env or {},
        )
        made.append(service)
        if wait:
            service.start()
        else:
            service.spawn()
        return service

    yield start
    failed = getattr(request.node, "storefront_failed", False)
    for service in reversed(made):
        if failed:
            print(f"\n{service.tail(40)}")
        service.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    outcome = yield
    if outcome.get_result().failed:
        item.storefront_failed = True  # type: ignore[attr-defined]
