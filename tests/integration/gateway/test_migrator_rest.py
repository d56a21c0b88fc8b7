"""Every RPC of the migrator over REST, on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
from answers import failure, nowhere

from services import Service
from wait import wait_until

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED", "INTERRUPTED")
FILES = {
    "V1__shop.sql": "create table shop (id int primary key, name text);\n",
    "V2__price.sql": "alter table shop add column price int;\n",
    "U2__price.sql": "alter table shop drop column price;\n",
    "R__names.sql": "create or replace view names as select name from shop;\n",
}


@dataclass
class Rest:
    """A client that remembers which routes answered well."""

    client: httpx.Client
    folder: Path
    url: str
    answered: set[tuple[str, str]] = field(default_factory=set)

    def note(self, response: httpx.Response) -> None:
        if response.status_code == 200:
            self.answered.add((response.request.method, response.request.url.path))

    def get(self, path: str, **query: object) -> dict:
        return self.client.get(f"/v1/{path}", params=query).raise_for_status().json()

    def post(self, path: str, **body: object) -> dict:
        response = self.client.post(f"/v1/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, path: str, code: int, reason: str, **body: object) -> None:
        failure(self.client.post(f"/v1/{path}", json=body), code, reason)

    def ended(self, run: dict) -> dict:
        return wait_until(
            lambda: (now := self.get(run["name"]))["state"] in ENDED and now, 30, "the run ends"
        )

    def succeeded(self, run: dict) -> dict:
        made = self.ended(run)
        assert made["state"] == "SUCCEEDED", made
        return made

    def sql(self, query: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(query)


@pytest.fixture
def rest(start_service: Callable[..., Service], database: str, tmp_path: Path) -> Iterator[Rest]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    migrator = start_service(
        "migrator", {"database_url": database, "locations": tmp_path, "clean_enabled": True}
    )
    migrator.wait_ready()
    gateway = start_service("gateway", {**nowhere(), "migrator_address": migrator.address})
    with httpx.Client(base_url=gateway.url, timeout=30) as client:
        made = Rest(client, tmp_path, database)
        client.event_hooks["response"] = [made.note]
        yield made


def database_name(rest: Rest) -> str:
    return rest.get("migrations:status")["database"]


def test_every_row_of_the_migrator_answers_over_rest(rest: Rest) -> None:
    review_and_apply(rest)
    look_at_it(rest)
    drift(rest)
    undo_and_repair(rest)
    run_and_cancel(rest)
    unlock(rest)
    clean_and_baseline(rest)

    document = rest.client.get("/openapi.json").json()
    shown = {
        (verb.upper(), path)
        for path, verbs in document["paths"].items()
        for verb in verbs
        if path.startswith("/v1/migration") and verb in ("get", "post")
    }
    assert len(shown) >= 18
    patterns = {
        (verb, path): re.compile(re.sub(r"\{[^}]+\}", "[^/:]+", path) + "$") for verb, path in shown
    }
    missed = [
        route
        for route, pattern in patterns.items()
        if not any(verb == route[0] and pattern.match(path) for verb, path in rest.answered)
    ]
    assert missed == [], "these rows were not seen to answer"


def review_and_apply(rest: Rest) -> None:
    plan = rest.post("migrations:plan")
    assert [step["script"] for step in plan["steps"]] == [
        "V1__shop.sql",
        "V2__price.sql",
        "R__names.sql",
    ]
    stale = rest.post("migrations:plan", target="1")["planHash"]
    rest.refused("migrations:lint", 400, "INVALID_FIELD", enableRules=["no-such-rule"])
    lint = rest.post("migrations:lint", text="alter table shop drop column name;")
    assert "ban-drop-column" in [finding["rule"] for finding in lint["findings"]]

    rest.refused("migrations:migrate", 409, "PLAN_CHANGED", planHash=stale)
    rest.refused("migrations:migrate", 400, "INVALID_FIELD", planHash="no hash")
    assert rest.get("migrations:status").get("historyExists") is not True, "nothing ran"
    made = rest.succeeded(rest.post("migrations:migrate", planHash=plan["planHash"]))
    assert [step["state"] for step in made["steps"]] == ["APPLIED"] * 3
    assert made["planHash"] == plan["planHash"]

    lines = rest.client.get(f"/v1/{made['name']}:watch").text.splitlines()
    assert json.loads(lines[-1])["result"]["run"]["state"] == "SUCCEEDED"
    events = rest.client.get(
        f"/v1/{made['name']}:watch", headers={"accept": "text/event-stream"}
    ).text
    assert events.startswith("id: ") and events.endswith("event: end\ndata: {}\n\n")


def look_at_it(rest: Rest) -> None:
    status = rest.get("migrations:status")
    assert (status["currentVersion"], status["pendingCount"]) == ("2", 0)
    table = rest.get("migrations", pageSize=2)
    assert [each["name"] for each in table["migrations"]] == ["migrations/V1", "migrations/V2"]
    assert table["nextPageToken"]
    one = rest.get("migrations/V2", view="FULL")
    assert one["text"] == FILES["V2__price.sql"] and one["undoable"] is True
    assert [each["command"] for each in one["statements"]] == ["ALTER TABLE"]
    failure(rest.client.get("/v1/migrations/V99"), 404, "RESOURCE_NOT_FOUND")
    assert rest.post("migrations:validate")["valid"] is True
    runs = rest.get("migrationRuns", pageSize=1)
    assert [run["state"] for run in runs["migrationRuns"]] == ["SUCCEEDED"]
    assert runs["nextPageToken"] == ""
    # A verb of a POST is no name of a GET.
    assert rest.client.get("/v1/migrations:plan").status_code == 405


def drift(rest: Rest) -> None:
    captured = rest.post("migrations:captureSchema")
    assert captured["objectCount"] > 0
    assert rest.get("migrations:drift")["drifted"] is False
    rest.sql("alter table shop add column by_hand int")
    found = rest.get("migrations:drift")
    assert found["drifted"] is True
    assert any("by_hand" in change["object"] for change in found["changes"]), found
    rest.sql("alter table shop drop column by_hand")


def undo_and_repair(rest: Rest) -> None:
    would = rest.post("migrations:undo", validateOnly=True)
    assert [step["script"] for step in would["steps"]] == ["U2__price.sql"]
    rest.refused("migrations:undo", 400, "CONFIRMATION_MISMATCH", confirmation="another")
    rest.succeeded(rest.post("migrations:undo", confirmation=database_name(rest)))
    assert rest.get("migrations:status")["currentVersion"] == "1"
    newest = rest.get("migrationRuns", pageSize=1)
    first = rest.get("migrationRuns", pageSize=1, pageToken=newest["nextPageToken"])
    kinds = [run["kind"] for page in (newest, first) for run in page["migrationRuns"]]
    assert (kinds, first["nextPageToken"]) == (["UNDO", "MIGRATE"], "")
    (rest.folder / "V2__price.sql").unlink()
    (rest.folder / "V1__shop.sql").write_text(FILES["V1__shop.sql"] + "-- a word\n")
    assert rest.post("migrations:validate")["valid"] is False
    made = rest.succeeded(rest.post("migrations:repair"))
    assert "ALIGN" in [step["action"] for step in made["steps"]]
    assert rest.post("migrations:validate")["valid"] is True


def run_and_cancel(rest: Rest) -> None:
    (rest.folder / "V3__slow.sql").write_text("select pg_sleep(60);")
    run = rest.post("migrations:migrate")
    rest.refused("migrations:migrate", 409, "RUN_ACTIVE")
    wait_until(lambda: rest.get(run["name"])["state"] == "RUNNING", 10, "it runs")
    rest.post(f"{run['name']}:cancel")
    assert rest.ended(run)["state"] == "CANCELLED"
    (rest.folder / "V3__slow.sql").unlink()


def unlock(rest: Rest) -> None:
    with psycopg.connect(rest.url, autocommit=True, application_name="stuck") as stuck:
        stuck.execute("select pg_advisory_lock(77433833903597)")
        holder = rest.get("migrations:status")["lockHolder"]
        assert holder["applicationName"] == "stuck"
        ended = rest.post(
            "migrations:forceUnlock",
            pid=holder["pid"],
            backendStartTime=holder["backendStartTime"],
            confirmation=database_name(rest),
        )
        assert ended["ended"]["pid"] == holder["pid"]

        def is_dead() -> bool:
            try:
                stuck.execute("select 1")
            except psycopg.OperationalError:
                return True
            return False

        wait_until(is_dead, 5, "the session was ended")


def clean_and_baseline(rest: Rest) -> None:
    name = database_name(rest)
    rest.refused("migrations:baseline", 400, "HISTORY_NOT_EMPTY", version="7")
    rest.refused("migrations:clean", 400, "CONFIRMATION_MISMATCH", confirmation="another")
    rest.succeeded(rest.post("migrations:clean", confirmation=name))
    assert rest.get("migrations:status")["historyExists"] is False
    rest.sql("create table shop (id int primary key, name text)")
    rest.succeeded(rest.post("migrations:baseline", version="1", description="taken over"))
    assert rest.get("migrations:status")["currentVersion"] == "1"
