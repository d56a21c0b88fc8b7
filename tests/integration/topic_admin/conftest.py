"""A broker of this folder's own: its tests look at every topic of the cluster.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scratch import Scratch
from servers import ConnectWorker, KafkaBroker


@pytest.fixture(scope="package")
def kafka(scratch: Scratch) -> Iterator[KafkaBroker]:
    server = KafkaBroker(scratch.path / "topic-admin-kafka")
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="package")
def connect(scratch: Scratch, kafka: KafkaBroker) -> Iterator[ConnectWorker]:
    server = ConnectWorker(scratch.path / "topic-admin-connect", kafka.bootstrap)
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _kafka_is_back(kafka: KafkaBroker) -> None:
    """A test that killed the broker leaves it to the next one."""
    if not kafka.running:
        kafka.start()
