"""The main job with nothing but curl: full load, deltas, stop, and Kafka equals Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import subprocess

import pytest

from replay import TABLES, assert_kafka_equals_postgres
from wait import wait_until

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED", "INTERRUPTED"}


class Curl:
    """The gateway by curl, as the README shows it."""

    def __init__(self, base: str) -> None:
        self.base = base

    def __call__(self, method: str, path: str, body: dict | None = None) -> dict:
        command = ["curl", "--silent", "--show-error", "--max-time", "30", "-X", method]
        if body is not None:
            command += ["--json", json.dumps(body)]
        done = subprocess.run(
            [*command, self.base + path], capture_output=True, text=True, check=True
        )
        answer = json.loads(done.stdout)
        assert "code" not in answer or "message" not in answer, f"{method} {path}: {answer}"
        return answer

    def get(self, path: str) -> dict:
        return self("GET", path)

    def post(self, path: str, body: dict | None = None) -> dict:
        return self("POST", path, body or {})


@pytest.fixture
def curl(stack) -> Curl:
    return Curl(stack.gateway_url)


def run_until(curl: Curl, name: str, states: set[str], seconds: float) -> dict:
    """The run, once it is in one of the states; a run that failed ends the wait at once."""

    def reached() -> dict | None:
        run = curl.get(f"/v1/{name}")
        if run["state"] in states:
            return run
        if run["state"] in FINAL:
            pytest.fail(f"{name} ended: {run}")  # no assertion: wait_until would ask again
        return None

    return wait_until(reached, seconds, f"{name} in {sorted(states)}")


def changes(run: dict) -> int:
    return sum(
        int(table["inserts"]) + int(table["updates"]) + int(table["deletes"])
        for table in run["progress"]["tables"]
    )


def start_deltas(curl: Curl, body: dict | None = None) -> str:
    name = curl.post("/v1/seedRuns:deltas", body)["name"]
    run_until(curl, name, {"RUNNING"}, 30)
    return name


def wait_for_changes(curl: Curl, name: str, more: int, seconds: float = 60) -> None:
    """Until the run has committed so many row changes more than now."""
    wanted = changes(curl.get(f"/v1/{name}")) + more
    wait_until(
        lambda: changes(curl.get(f"/v1/{name}")) >= wanted, seconds, f"{name} makes {more} changes"
    )


def test_full_load_and_deltas_by_curl_arrive_in_kafka(stack, curl: Curl) -> None:
    load = curl.post("/v1/seedRuns:fullLoad")
    assert load["name"].startswith("seedRuns/full-"), load
    done = run_until(curl, load["name"], {"SUCCEEDED"}, 120)
    assert done["progress"]["percent"] == 100, done["progress"]
    inserted = {table["table"]: int(table["inserts"]) for table in done["progress"]["tables"]}
    assert set(inserted) == set(TABLES) and all(inserted.values()), inserted

    deltas = start_deltas(curl)
    wait_for_changes(curl, deltas, more=200)
    curl.post(f"/v1/{deltas}:stop")
    stopped = run_until(curl, deltas, {"SUCCEEDED"}, 30)
    assert changes(stopped) >= 200

    replays = assert_kafka_equals_postgres(stack.postgres_url, stack.kafka, 180)
    operations = {name for replay in replays.values() for name in replay.operations}
    assert {"c", "u", "d"} <= operations, f"inserts, updates and deletes were seen: {operations}"
    assert sum(replay.tombstones for replay in replays.values()) > 0

    check = curl.post("/v1/storefront:verify")
    verified = run_until(curl, check["name"], {"SUCCEEDED"}, 120)
    assert verified["verification"]["verdict"] == "CONSISTENT", verified["verification"]


@pytest.mark.parametrize("victim", ["seeder", "postgres", "kafka", "connect"])
def test_a_killed_server_loses_and_doubles_nothing(stack, curl: Curl, victim: str) -> None:
    if int(curl.get("/v1/storefront/stats")["tables"][0]["rows"]) == 0:
        load = curl.post("/v1/seedRuns:fullLoad", {"scale": 0.01})
        run_until(curl, load["name"], {"SUCCEEDED"}, 60)
    deltas = start_deltas(curl, {"eventsPerSecond": 100})
    wait_for_changes(curl, deltas, more=100)

    restarts = stack.states()[victim].restarts
    stack.kill(victim)
    wait_until(lambda: stack.states()[victim].restarts > restarts, 20, f"{victim} starts again")
    stack.wait_ready(90)

    # The run goes on by itself: it reconnects, or the restarted seeder takes it on from its ledger.
    run_until(curl, deltas, {"RUNNING"}, 60)
    wait_for_changes(curl, deltas, more=100)
    curl.post(f"/v1/{deltas}:stop")
    run_until(curl, deltas, {"SUCCEEDED"}, 30)

    assert_kafka_equals_postgres(stack.postgres_url, stack.kafka, 180)
    check = curl.post("/v1/storefront:verify")
    verified = run_until(curl, check["name"], {"SUCCEEDED"}, 120)
    assert verified["verification"]["verdict"] == "CONSISTENT", verified["verification"]
