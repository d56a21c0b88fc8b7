"""Folds the change events of a table's topic into live rows, and compares them with Postgres.

The topic is the one that Debezium writes by the shipped connector template: JSON without schemas,
decimals as strings, times as ISO strings, tombstones on delete.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import datetime
import decimal
import json
import time
from dataclasses import dataclass, field

import confluent_kafka
import psycopg
from psycopg import sql

from wait import wait_until

TABLES = ("customers", "products", "orders", "order_items", "payments")
UNAVAILABLE = "__debezium_unavailable_value"


@dataclass
class Replay:
    """The live rows by key, and how many events of each kind made them."""

    rows: dict[int, dict] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    tombstones: int = 0

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        assert key is not None, "a change event of a table with a primary key has a key"
        row_key = json.loads(key)["id"]
        if value is None:
            self.tombstones += 1
            self.rows.pop(row_key, None)
            return
        event = json.loads(value)
        operation = event["op"]
        self.operations[operation] = self.operations.get(operation, 0) + 1
        if operation == "d":
            self.rows.pop(row_key, None)
            return
        assert operation in "rcu", f"unknown operation in {event}"
        after = event["after"]
        before = self.rows.get(row_key, {})
        self.rows[row_key] = {
            name: before.get(name) if content == UNAVAILABLE else content
            for name, content in after.items()
        }


class TopicReader:
    """Reads a topic from its beginning, over and over, to the end that it has at that moment."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"replay-{time.monotonic_ns()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "log_level": 0,  # a broker that comes back is no news
            }
        )
        metadata = self._consumer.list_topics(topic, timeout=20).topics[topic]
        assert metadata.error is None and metadata.partitions, f"{topic} is not there"
        self._next = {partition: 0 for partition in metadata.partitions}
        self._topic = topic
        self.replay = Replay()
        self._consumer.assign(
            [confluent_kafka.TopicPartition(topic, partition, 0) for partition in self._next]
        )

    def read_to_end(self, seconds: float) -> None:
        """Applies what has come since the last call."""
        deadline = time.monotonic() + seconds
        ends = {}
        for partition in self._next:
            ends[partition] = wait_until(
                lambda number=partition: self._end(number), seconds, f"the end of {self._topic}"
            ).offset
        while any(self._next[partition] < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, (
                f"{self._topic}: at {self._next}, ends are {ends}, after {seconds} s"
            )
            for message in self._consumer.consume(num_messages=5000, timeout=1):
                assert message.error() is None, message.error()
                self.replay.apply(message.key(), message.value())
                self._next[message.partition()] = message.offset() + 1
            # Transaction markers and compaction leave offsets without a record.
            for position in self._consumer.position(
                [confluent_kafka.TopicPartition(self._topic, partition) for partition in ends]
            ):
                if position.offset > self._next[position.partition]:
                    self._next[position.partition] = position.offset

    def _end(self, partition: int) -> confluent_kafka.TopicPartition:
        """Raises while the broker that just came back does not lead the partition yet."""
        where = confluent_kafka.TopicPartition(self._topic, partition)
        _, high = self._consumer.get_watermark_offsets(where, timeout=5)
        where.offset = high
        return where

    def close(self) -> None:
        self._consumer.close()


def stored_rows(connection: psycopg.Connection, table: str) -> dict[int, dict]:
    """The rows of a table by id, values as the change events write them."""
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        cursor.execute(sql.SQL("select * from {}").format(sql.Identifier("public", table)))
        return {
            row["id"]: {name: _plain(content) for name, content in row.items()} for row in cursor
        }


def _plain(content: object) -> object:
    return str(content) if isinstance(content, decimal.Decimal) else content


def _same(stored: object, captured: object) -> bool:
    if isinstance(stored, datetime.datetime) and isinstance(captured, str):
        text = captured.removesuffix("Z")
        # Python reads six digits at most; Postgres has no more.
        head, _, fraction = text.partition(".")
        return stored == datetime.datetime.fromisoformat(head + "." + (fraction + "000000")[:6])
    return stored == captured


def differences(stored: dict[int, dict], captured: dict[int, dict], most: int = 5) -> list[str]:
    """What is missing, too much or of another value; empty when the two are equal."""
    found = []
    for key in sorted(stored.keys() - captured.keys()):
        found.append(f"row {key} is in Postgres, not in Kafka")
    for key in sorted(captured.keys() - stored.keys()):
        found.append(f"row {key} is in Kafka, not in Postgres")
    for key in sorted(stored.keys() & captured.keys()):
        row, event = stored[key], captured[key]
        if row.keys() != event.keys():
            found.append(f"row {key} has columns {sorted(row)}, in Kafka {sorted(event)}")
            continue
        for name in row:
            if not _same(row[name], event[name]):
                found.append(f"row {key}.{name}: Postgres {row[name]!r}, Kafka {event[name]!r}")
    return found if len(found) <= most else [*found[:most], f"and {len(found) - most} more"]


def assert_kafka_equals_postgres(
    database_url: str, bootstrap: str, seconds: float = 90, prefix: str = "storefront"
) -> dict[str, Replay]:
    """Waits until the replayed topics equal the tables, key by key and value by value.

    Nothing may write meanwhile. Fails with the first differences that remain at the deadline.
    """
    deadline = time.monotonic() + seconds
    replays: dict[str, Replay] = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in TABLES:
            stored = stored_rows(connection, table)
            reader = TopicReader(bootstrap, f"{prefix}.public.{table}")
            try:
                while True:
                    reader.read_to_end(max(1.0, deadline - time.monotonic()))
                    found = differences(stored, reader.replay.rows)
                    if not found:
                        break
                    assert time.monotonic() < deadline, (
                        f"{table}: {len(stored)} rows stored, {len(reader.replay.rows)} captured "
                        f"after {seconds} s:\n" + "\n".join(found)
                    )
                    time.sleep(0.2)  # the poll interval; the deadline is above
                replays[table] = reader.replay
            finally:
                reader.close()
    return replays
