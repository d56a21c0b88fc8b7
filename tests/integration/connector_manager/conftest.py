"""The pipeline fixture.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator

import grpc
import pytest

from connector_pipeline import Pipeline, migrate
from servers import ConnectWorker, KafkaBroker, PostgresServer
from services import Service

_numbers = itertools.count(1)


@pytest.fixture
def pipeline(
    postgres: PostgresServer,
    kafka: KafkaBroker,
    connect: ConnectWorker,
    database: str,
    scratch,
    start_service: Callable[..., Service],
) -> Iterator[Pipeline]:
    """A pipeline whose connector is not applied yet; taken down with offsets and slot."""
    migrate(database)
    folder = scratch.folder(f"pipeline-{os.getpid()}-{next(_numbers)}")
    made = Pipeline(postgres, kafka, connect, database, folder)
    made.service = start_service("connector-manager", made.settings())
    made.service.wait_ready()
    secrets = connect.secrets_file.read_text()
    yield made
    connect.secrets_file.write_text(secrets)
    for server in (postgres, kafka, connect):
        if not server.running:
            server.start()
    with contextlib.suppress(grpc.RpcError):
        if made.state() == "ABSENT":  # its offsets outlive it; they can be deleted only with it
            made.apply(wait=False)
        made.delete(offsets=True, slot=True)
