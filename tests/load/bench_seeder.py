"""Benchmarks of the seeder against Postgres's own tools, in one run on one server.

    tools/bench seeder              or, in the root:
    PYTHON tests/load/bench_seeder.py [--pairs 10] [--scale 10] [--events 100000]

full load   the seeder's five tables over one session, against server-side COPY of a file with the
            same bytes (session_replication_role = replica, synchronous_commit = off in both)
deltas      price changes, a transaction each with its ledger row, as fast as they go over two
            sessions, against pgbench with the same two prepared statements in its pipeline

Pairs are interleaved, the order within a pair alternates; each is printed as tools/bench reads it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

# gRPC's own fork handlers abort the child between fork and exec when a channel is open.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(REPOSITORY / folder)
    for folder in ("tests", "tests/load", "tests/integration/seeder", "tools")
]

import psycopg  # noqa: E402
from pairs import Case, in_turns  # noqa: E402
from seeder_client import TABLES, Seeder  # noqa: E402
from storefront_database import migrate  # noqa: E402

import stubs  # noqa: E402
from native_stack import backends  # noqa: E402
from scratch import Scratch  # noqa: E402
from servers import PostgresServer  # noqa: E402
from services import Service  # noqa: E402

LEDGER = """WITH c AS (INSERT INTO seeder.batch (run_id, shard, batch_no, first_event, last_event,
 codes, counts, digest) SELECT :run::int8, :client_id::int2, :n::int8, :n::int8, :n::int8,
 '{9}'::int2[], '{1}'::int4[], '\\x000102030405060708090a0b0c0d0e0f'::bytea WHERE :n::int8 = 1
 OR EXISTS (SELECT FROM seeder.batch b WHERE b.run_id = :run::int8 AND b.shard = :client_id::int2
 AND b.batch_no = :n::int8 - 1) RETURNING 1)
 SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'batch');"""
CHANGE = """WITH c AS (UPDATE products SET price = :price::numeric / 100 WHERE id = :product::int4
 RETURNING 1) SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'products');"""


def flat(sql: str) -> str:
    return sql.replace("\n", "")


class Bench:
    def __init__(self, server: PostgresServer, folder: Path, scale: float) -> None:
        self.server, self.folder, self.scale = server, folder, scale
        self.url = migrate(server.create_database("bench"))
        plain = self.url.replace(f":{server.password}@", "@")
        settings = {
            "database_url": plain,
            "database_password": server.password,
            "watch_interval": "100ms",
            "max_events_per_second": 1_000_000,
        }
        environment = {"PATH": os.environ["PATH"]}
        self.service = Service(
            "seeder", settings, folder=folder / "seeder", base_environment=environment, env={}
        )
        self.service.start()
        self.service.wait_ready()
        self.client = Seeder(self.service)
        self.pgbench_run = 0

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def clean(self) -> None:
        self.sql("truncate customers, products, orders, order_items, payments restart identity")
        self.sql("truncate seeder.batch, seeder.chunk_done, seeder.chunk")
        self.sql("checkpoint")

    def seeder_load(self) -> float:
        """Seconds from the first to the last chunk's commit, foreign-key check left out."""
        self.clean()
        began = time.monotonic()
        run = self.client.full_load(scale=self.scale, connections=1)
        planned = 0
        while True:
            progress = self.client.get(run.name).progress
            planned = progress.chunks_planned or planned
            if planned and progress.chunks_done == planned:
                break
            time.sleep(0.005)  # a poll, not a guess
        seconds = time.monotonic() - began
        self.client.wait_succeeded(run)
        return seconds

    def export(self) -> int:
        for table in TABLES:
            self.sql(f"copy {table} to '{self.folder}/{table}.bin' (format binary)")
        return sum((self.folder / f"{table}.bin").stat().st_size for table in TABLES)

    def server_copy(self) -> float:
        self.clean()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("set synchronous_commit = off")
            began = time.monotonic()
            for table in TABLES:
                connection.execute(f"copy {table} from '{self.folder}/{table}.bin' (format binary)")
            return time.monotonic() - began

    def seeder_deltas(self, events: int) -> float:
        """Events per second."""
        self.sql("truncate seeder.batch")
        self.sql("checkpoint")
        none = "checkout payment_step fulfil_step restock register profile_change erase_customer"
        weights = dict.fromkeys([*none.split(), "purge_order"], 0) | {"price_change": 1}
        run = self.client.deltas(
            events_per_second=1_000_000, weights=weights, max_events=events, connections=2
        )
        # From the first event that is seen on, so that reading the shards does not count.
        first = self.client.wait_events(run, 1)
        began = time.monotonic()
        while True:
            done = self.client.get(run.name).progress.events_done
            if done == events:
                break
            time.sleep(0.005)
        return (events - first.progress.events_done) / (time.monotonic() - began)

    def pgbench(self, seconds: int) -> float:
        self.sql("truncate seeder.batch")
        self.sql("checkpoint")
        with psycopg.connect(self.url, autocommit=True) as connection:
            products = connection.execute("select count(*) from products").fetchone()[0]
            run = connection.execute(
                "insert into seeder.run (kind, state, seed, generator_version, scenario) "
                "values ('deltas', 'SUCCEEDED', 0, 'pgbench', '{}') returning run_id"
            ).fetchone()[0]
        script = self.folder / "deltas.pgbench"
        script.write_text(
            "\\startpipeline\n"
            # Sixteen transactions in flight, as the seeder's pipeline_depth.
            + "".join(
                f"\\set n :n + 1\n\\set price random(100, 99999)\n\\set product random(1, {products})\n"
                f"{flat(LEDGER)}\n{flat(CHANGE)}\n\\syncpipeline\n"
                for _ in range(16)
            )
            + "\\endpipeline\n"
        )
        options = (
            "-c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
        )
        done = subprocess.run(
            [f"{backends.POSTGRES_BIN}/pgbench", "-n", "-M", "prepared", "-c", "2", "-j", "2"]
            + ["-T", str(seconds), "-D", "n=0", "-D", f"run={run}", "-f", str(script), self.url],
            env={**os.environ, "PGOPTIONS": options},
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        if done.returncode != 0 or not found:
            raise RuntimeError(f"pgbench: {done.stdout}{done.stderr}")
        return 16 * float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--events", type=int, default=100_000)
    arguments = parser.parse_args()
    stubs.generate()
    load = Case("full load", "COPY of the same bytes", "rows/s", 0.95, higher_is_better=True)
    deltas = Case("deltas", "pgbench, same statements", "events/s", 0.9, higher_is_better=True)
    with Scratch("storefront-bench-") as scratch:
        server = PostgresServer(
            scratch.path / "postgres", {"max_wal_size": "8GB", "autovacuum": "off"}
        )
        server.start()
        folder = scratch.folder("bench")
        (folder / "seeder").mkdir()
        bench = Bench(server, folder, arguments.scale)
        try:
            bench.seeder_load()  # warm, and makes the file
            size = bench.export()
            with psycopg.connect(bench.url) as connection:
                rows = sum(
                    connection.execute(f"select count(*) from {table}").fetchone()[0]
                    for table in TABLES
                )
            print(f"{rows} rows, {size} bytes", flush=True)
            for pair in range(arguments.pairs):
                ours, theirs = in_turns(pair, bench.seeder_load, bench.server_copy)
                load.emit(rows / ours, rows / theirs)
            bench.clean()
            bench.client.load_small()
            for pair in range(arguments.pairs):
                deltas.emit(
                    *in_turns(
                        pair,
                        lambda: bench.seeder_deltas(arguments.events),
                        lambda: bench.pgbench(3),
                    )
                )
        finally:
            bench.service.close()
            server.close()


if __name__ == "__main__":
    main()
