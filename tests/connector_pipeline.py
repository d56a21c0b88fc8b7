"""A pipeline for connector-manager's tests: migrated database, Kafka, Connect, the service.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import grpc
import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

from servers import ConnectWorker, KafkaBroker, PostgresServer
from services import REPOSITORY, Service
from stubs import error_of

NAME = "connectors/storefront-postgres-connector"
DISPLAY = "storefront-postgres-connector"
TABLES = "public.customers,public.products,public.orders,public.order_items,public.payments"


def migrate(url: str) -> None:
    """The shipped migrations, as their files are; the migrator has tests of its own."""
    values = {
        "debezium_user": "debezium",
        "debezium_password": "debezium",
        "debezium_storefront_publication_name": "storefront",
    }
    with psycopg.connect(url, autocommit=True) as database:
        for file in sorted((REPOSITORY / "migrations").glob("V*.sql")):
            sql = file.read_text()
            for key, value in values.items():
                sql = sql.replace("${" + key + "}", value)
            database.execute(sql)


class Pipeline:
    """The service with its backends; calls by name through `call`."""

    def __init__(
        self,
        postgres: PostgresServer,
        kafka: KafkaBroker,
        connect: ConnectWorker,
        database: str,
        folder: Path,
    ) -> None:
        self.postgres, self.kafka, self.connect, self.database = postgres, kafka, connect, database
        self.folder = folder
        self.database_name = database.rsplit("/", 1)[1]
        self.templates = folder / "templates"
        self.templates.mkdir(parents=True)
        shutil.copy(REPOSITORY / "connectors/debezium-postgres.template.json", self.templates)
        self.env_file = folder / "test.env"
        self.write_env()
        self.service: Service | None = None

    def write_env(self, **changes: str | None) -> None:
        values: dict[str, str | None] = {
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.postgres.port),
            "POSTGRES_DB": self.database_name,
            "DEBEZIUM_USER": "debezium",
            "DEBEZIUM_STOREFRONT_PUBLICATION_NAME": "storefront",
            "DEBEZIUM_STOREFRONT_SLOT_NAME": f"slot_{self.database_name}",
            "CDC_TABLES": TABLES + r",cdc_audit\.marker",
            "CONNECT_SECRETS_FILE": str(self.connect.secrets_file),
            **changes,
        }
        lines = [f"{key}='{value}'\n" for key, value in values.items() if value is not None]
        self.env_file.write_text("".join(lines))

    def settings(self, **changes: object) -> dict[str, object]:
        return {
            "connect_url": self.connect.url,
            "bootstrap_servers": self.kafka.bootstrap,
            "database_url": f"postgresql://postgres@127.0.0.1:{self.postgres.port}"
            f"/{self.database_name}",
            "database_password_file": self.postgres.password_file,
            "templates_dir": self.templates,
            "env_files": self.env_file,
            "secret_paths": self.connect.secrets,
            "state_dir": self.folder / "state",
            **changes,
        }

    @property
    def stub(self):
        from storefront.connectors.v1 import connectors_pb2_grpc

        assert self.service is not None
        return self.service.stub(connectors_pb2_grpc.ConnectorServiceStub)

    # --- short forms of the calls that most tests make

    def apply(self, wait: bool = True, timeout: float = 90, **fields):
        from storefront.connectors.v1 import connectors_pb2 as pb

        if wait:
            fields.setdefault("wait_for", pb.ApplyConnectorsRequest.RUNNING)
            fields.setdefault("wait_timeout", {"seconds": 60})
        return self.stub.ApplyConnectors(pb.ApplyConnectorsRequest(**fields), timeout=timeout)

    def plan(self, **fields):
        from storefront.connectors.v1 import connectors_pb2 as pb

        return self.stub.PlanConnectors(pb.PlanConnectorsRequest(**fields), timeout=30)

    def get(self, name: str = NAME):
        from storefront.connectors.v1 import connectors_pb2 as pb

        return self.stub.GetConnector(pb.GetConnectorRequest(name=name), timeout=30)

    def state(self, name: str = NAME) -> str:
        from storefront.connectors.v1 import connectors_pb2 as pb

        return pb.Connector.State.Name(self.get(name).state)

    def classes(self, name: str = NAME) -> list[str]:
        from storefront.connectors.v1 import connectors_pb2 as pb

        conditions = self.get(name).conditions
        return [pb.FailureClass.Name(getattr(one, "class")) for one in conditions]

    def delete(self, name: str = NAME, display: str = DISPLAY, **cleanup: bool):
        from storefront.connectors.v1 import connectors_pb2 as pb

        request = pb.DeleteConnectorRequest(name=name, confirmation=display, cleanup=cleanup)
        return self.stub.DeleteConnector(request, timeout=60)

    def verify(self, seconds: int = 15, name: str = NAME):
        from storefront.connectors.v1 import connectors_pb2 as pb

        request = pb.VerifyPipelineRequest(name=name, timeout={"seconds": seconds})
        return self.stub.VerifyPipeline(request, timeout=seconds + 15)

    def puts(self) -> int:
        """How many configs the service has sent to Connect, by its own count."""
        return int(
            sum(
                value
                for key, value in self.service.metrics().items()
                if key.startswith("storefront_connector_manager_connect_requests_total")
                and 'call="put config"' in key
            )
        )


def wanted_error(call: Callable[[], object]):
    """The error that the call must end with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return error_of(caught.value)


def operations(bootstrap: str, topic: str, name: str) -> list[str]:
    """The `op` of each event whose row after the change has this name, in order."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test-replay"})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            for number in partitions
        }
        consumer.assign([TopicPartition(topic, number, low) for number, (low, _) in ends.items()])
        left = sum(high - low for low, high in ends.values())
        found = []
        while left > 0:
            message = consumer.poll(10)
            assert message is not None, f"{left} records of {topic} did not come"
            if message.error():
                raise RuntimeError(message.error())
            left -= 1
            if message.value() is None:
                continue
            event = json.loads(message.value())
            if (event["after"] or {}).get("name") == name:
                found.append(event["op"])
        return found
    finally:
        consumer.close()
