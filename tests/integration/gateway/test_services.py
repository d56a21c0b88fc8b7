"""REST in front of the real migrator and seeder on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import grpc
import httpx
from answers import failure
from google.protobuf import json_format

import stubs
from wait import wait_until

stubs.generate()  # pytest may read this file before it configures
from storefront.migrator.v1 import migrator_pb2, migrator_pb2_grpc  # noqa: E402
from storefront.seeder.v1 import seeder_pb2, seeder_pb2_grpc  # noqa: E402

if TYPE_CHECKING:
    from conftest import Stack


def as_rest(message: object) -> dict:
    """A message as the API writes it."""
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


def test_rest_and_grpc_answer_alike(stack: Stack) -> None:
    migrations = stack.migrator.stub(migrator_pb2_grpc.MigratorServiceStub)
    over_grpc = as_rest(migrations.ListMigrations(migrator_pb2.ListMigrationsRequest(page_size=2)))
    assert len(over_grpc["migrations"]) == 2
    assert stack.rest.get("/v1/migrations?pageSize=2").json() == over_grpc
    name = over_grpc["migrations"][0]["name"]
    one = as_rest(migrations.GetMigration(migrator_pb2.GetMigrationRequest(name=name)))
    assert stack.rest.get(f"/v1/{name}").json() == one

    seeder = stack.seeder.stub(seeder_pb2_grpc.SeederServiceStub)
    for request, code, reason in [
        ("full-99", 404, "RESOURCE_NOT_FOUND"),
        ("no-such-kind", 400, "INVALID_FIELD"),
    ]:
        try:
            seeder.GetSeedRun(seeder_pb2.GetSeedRunRequest(name=f"seedRuns/{request}"))
            raise AssertionError("found")
        except grpc.RpcError as error:
            said = stubs.error_of(error)
        answer = failure(stack.rest.get(f"/v1/seedRuns/{request}"), code, reason)
        assert answer.response.json()["message"] == said.message
        assert said.reason == reason


def test_the_services_own_refusals_keep_reason_and_fields(stack: Stack) -> None:
    for body in [{"scale": -1}, {"scale": "NaN"}, {"connections": 99}]:
        answer = failure(stack.rest.post("/v1/seedRuns:fullLoad", json=body), 400, "INVALID_FIELD")
        assert answer.fields == list(body), answer.response.text


def test_a_full_load_deltas_and_their_end_by_rest_alone(stack: Stack) -> None:
    load = stack.rest.post("/v1/seedRuns:fullLoad", json={"scale": 0.01})
    run = load.raise_for_status().json()
    done = stack.run_of(run["name"], "SUCCEEDED", "FAILED")
    assert done["state"] == "SUCCEEDED", done
    again = stack.rest.post("/v1/seedRuns:fullLoad", json={"onExisting": "FAIL", "scale": 0.01})
    failure(again, 400, "TABLES_NOT_EMPTY")

    deltas = stack.rest.post("/v1/seedRuns:deltas").raise_for_status().json()
    stack.run_of(deltas["name"], "RUNNING")
    lines = stack.rest.get(f"/v1/{deltas['name']}:watch?maxMessages=3")
    assert lines.headers["content-type"] == "application/x-ndjson"
    states = [json.loads(line)["result"]["seedRun"] for line in lines.text.splitlines()]
    assert len(states) == 3 and all(state["name"] == deltas["name"] for state in states)

    events = stack.rest.get(
        f"/v1/{deltas['name']}:watch?maxMessages=2", headers={"accept": "text/event-stream"}
    )
    assert events.headers["content-type"] == "text/event-stream"
    assert events.text.startswith("id: ") and events.text.endswith("event: end\ndata: {}\n\n")

    faster = stack.rest.patch(f"/v1/{deltas['name']}", json={"deltas": {"eventsPerSecond": 50}})
    assert faster.raise_for_status().json()["deltas"]["eventsPerSecond"] == 50
    stack.rest.post(f"/v1/{deltas['name']}:stop").raise_for_status()
    stack.run_of(deltas["name"], "SUCCEEDED")


def test_G1_a_service_that_dies_hangs_and_comes_back(stack: Stack) -> None:
    stack.seeder.kill()

    def refused() -> bool:
        started = time.monotonic()
        response = stack.rest.get("/v1/seedRuns")
        return response.status_code == 503 and time.monotonic() - started < 0.05

    wait_until(refused, 5, "503 in less than 50 ms")
    assert stack.rest.get("/v1/migrations").status_code == 200  # others are unaffected
    stack.seeder.start()
    wait_until(lambda: stack.rest.get("/v1/seedRuns").status_code == 200, 5, "200 again")

    os.kill(stack.seeder.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        late = stack.rest.get("/v1/seedRuns", headers={"grpc-timeout": "300m"})
        failure(late, 504, "DEADLINE_PASSED")
        assert time.monotonic() - started < 3
        assert stack.rest.get("/readyz").status_code == 503
    finally:
        os.kill(stack.seeder.pid, signal.SIGCONT)
    wait_until(lambda: stack.rest.get("/v1/seedRuns").status_code == 200, 5, "200 again")


def test_G11_a_stream_whose_service_dies_ends_with_the_failure(stack: Stack) -> None:
    stack.rest.post("/v1/seedRuns:fullLoad", json={"scale": 0.01}).raise_for_status()
    run = stack.rest.post("/v1/seedRuns:deltas").raise_for_status().json()
    with stack.rest.stream("GET", f"/v1/{run['name']}:watch") as response:
        lines = response.iter_lines()
        assert "result" in json.loads(next(lines))
        stack.seeder.kill()
        last = json.loads(list(lines)[-1])
    reasons = [detail.get("reason") for detail in last["error"]["details"]]
    assert "BACKEND_UNAVAILABLE" in reasons, last


def test_G11_the_service_sees_a_client_leave(stack: Stack) -> None:
    stack.rest.post("/v1/seedRuns:fullLoad", json={"scale": 0.01}).raise_for_status()
    run = stack.rest.post("/v1/seedRuns:deltas").raise_for_status().json()
    with httpx.Client(base_url=stack.gateway.url) as client:
        with client.stream("GET", f"/v1/{run['name']}:watch") as response:
            next(response.iter_lines())

    def watch_has_ended() -> bool:
        return any("WatchSeedRun" in line["rpc"] for line in stack.seeder.events("rpc_finished"))

    wait_until(watch_has_ended, 3, "the seeder's watch has ended")
    stack.rest.post(f"/v1/{run['name']}:stop").raise_for_status()


def test_ready_names_every_service(stack: Stack) -> None:
    ready = stack.rest.get("/readyz")
    assert ready.status_code == 200, ready.text
    services = ready.json()["services"]
    assert services["seeder"]["status"] == services["migrator"]["status"] == "SERVING"
    assert services["topic-admin"]["status"] == "UNREACHABLE"
