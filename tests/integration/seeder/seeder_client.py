"""The seeder's API as tests use it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from functools import cached_property

import psycopg

from wait import wait_until

ENDED = {"SUCCEEDED", "FAILED", "CANCELLED", "INTERRUPTED"}
TABLES = ("customers", "products", "orders", "order_items", "payments")
# 1 700 rows before items: enough for several chunks, quick to load.
SMALL = {"customers": 2000, "products": 200, "orders": 4000}


class Seeder:
    def __init__(self, service) -> None:
        self.service = service

    @property
    def pb(self):
        from storefront.seeder.v1 import seeder_pb2

        return seeder_pb2

    @cached_property
    def api(self):
        from storefront.seeder.v1 import seeder_pb2_grpc

        return self.service.stub(seeder_pb2_grpc.SeederServiceStub)

    def state(self, run) -> str:
        return self.pb.SeedRun.State.Name(run.state)

    def full_load(self, **fields):
        return self.api.StartFullLoad(self.pb.StartFullLoadRequest(**fields), timeout=30)

    def deltas(self, **fields):
        return self.api.StartDeltas(self.pb.StartDeltasRequest(**fields), timeout=30)

    def get(self, name: str):
        return self.api.GetSeedRun(self.pb.GetSeedRunRequest(name=name), timeout=30)

    def pause(self, name: str):
        return self.api.PauseSeedRun(self.pb.PauseSeedRunRequest(name=name), timeout=30)

    def resume(self, name: str):
        return self.api.ResumeSeedRun(self.pb.ResumeSeedRunRequest(name=name), timeout=30)

    def stop(self, name: str):
        return self.api.StopSeedRun(self.pb.StopSeedRunRequest(name=name), timeout=30)

    def cancel(self, name: str):
        return self.api.CancelSeedRun(self.pb.CancelSeedRunRequest(name=name), timeout=30)

    def set_rate(self, name: str, events_per_second: float, **fields):
        run = self.pb.SeedRun(
            name=name, deltas=self.pb.Deltas(events_per_second=events_per_second), **fields
        )
        request = self.pb.UpdateSeedRunRequest(seed_run=run)
        request.update_mask.paths.append("deltas.events_per_second")
        return self.api.UpdateSeedRun(request, timeout=30)

    def stats(self, digest: bool = True):
        request = self.pb.GetStorefrontStatsRequest(digest=digest)
        return self.api.GetStorefrontStats(request, timeout=60)

    def digests(self) -> dict[str, str]:
        return {table.table: table.digest for table in self.stats().tables}

    def wait_end(self, run, seconds: float = 120):
        def ended():
            seen = self.get(run.name)
            return seen if self.state(seen) in ENDED else None

        return wait_until(ended, seconds, f"{run.name} has ended")

    def wait_succeeded(self, run, seconds: float = 120):
        seen = self.wait_end(run, seconds)
        assert self.state(seen) == "SUCCEEDED", seen
        return seen

    def wait_events(self, run, events: int, seconds: float = 60):
        def reached():
            seen = self.get(run.name)
            return seen if seen.progress.events_done >= events else None

        return wait_until(reached, seconds, f"{run.name} has made {events} events")

    def load_small(self, **fields):
        run = self.full_load(**({"rows": SMALL} | fields))
        return self.wait_succeeded(run)

    def verify(self):
        """Runs every check; returns the results by condition."""
        run = self.api.VerifyStorefront(self.pb.VerifyStorefrontRequest(), timeout=30)
        run = self.wait_succeeded(run)
        return run.verification

    def assert_consistent(self) -> None:
        verification = self.verify()
        violated = {
            result.condition: list(result.samples)
            for result in verification.results
            if result.violations
        }
        assert not violated, violated
        assert verification.verdict == self.pb.Verification.CONSISTENT


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for table in TABLES
        }
