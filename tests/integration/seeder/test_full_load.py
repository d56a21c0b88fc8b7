"""Full loads by API, on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import grpc
import psycopg
import pytest
from seeder_client import SMALL, counts
from storefront_database import migrate

from stubs import error_of


def test_an_empty_request_loads_five_tables_and_tells_its_progress(storefront, seeder):
    client = seeder(storefront)
    run = client.full_load()
    assert run.name.startswith("seedRuns/full-")
    messages = list(client.api.WatchSeedRun(client.pb.WatchSeedRunRequest(name=run.name)))
    last = messages[-1].seed_run
    assert client.state(last) == "SUCCEEDED", last
    assert last.progress.percent == 100
    assert last.progress.chunks_done == last.progress.chunks_planned > 0
    sequences = [message.seed_run.progress.sequence for message in messages]
    assert sequences == sorted(sequences)
    rows = counts(storefront)
    assert rows["customers"] == 10_000
    assert rows["products"] == 2_000
    assert rows["orders"] == rows["payments"] == 20_000
    assert 45_000 < rows["order_items"] < 55_000
    assert {t.table: t.inserts for t in last.progress.tables} == rows
    client.assert_consistent()


def test_digests_are_equal_with_1_2_and_6_connections(postgres, storefront, seeder):
    seen = []
    for connections in (1, 2, 6):
        url = migrate(postgres.create_database(f"digest_{connections}"))
        client = seeder(url)
        client.load_small(connections=connections, chunk_rows=1000)
        seen.append(client.digests())
        client.service.close()
        postgres.drop_database(f"digest_{connections}")
    assert seen[0] == seen[1] == seen[2]
    client = seeder(storefront)
    client.load_small(seed=43)
    other = client.digests()
    assert all(other[table] != seen[0][table] for table in other)


def test_append_goes_on_after_the_highest_ids(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    client.load_small(seed=7)
    assert counts(storefront)["customers"] == 2 * SMALL["customers"]
    client.assert_consistent()
    with psycopg.connect(storefront) as connection:
        made = connection.execute(
            "insert into customers (full_name, email) values ('a', 'b') returning id"
        ).fetchone()
    assert made == (2 * SMALL["customers"] + 1,)


def test_on_existing_fail_refuses_rows(storefront, seeder):
    client = seeder(storefront)
    client.load_small()
    with pytest.raises(grpc.RpcError) as caught:
        client.full_load(on_existing="FAIL")
    assert error_of(caught.value).reason == "TABLES_NOT_EMPTY"


def test_validate_only_plans_and_stores_nothing(storefront, seeder):
    client = seeder(storefront)
    run = client.full_load(validate_only=True)
    assert run.name == ""
    assert {t.table: t.rows for t in run.full_load.tables}["orders"] == 20_000
    assert not client.api.ListSeedRuns(client.pb.ListSeedRunsRequest()).seed_runs
    assert counts(storefront)["orders"] == 0


@pytest.mark.parametrize(
    ("fields", "code", "reason", "path"),
    [
        ({"scale": 0}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", "scale"),
        ({"scale": float("nan")}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", "scale"),
        ({"scale": 1e5}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", "scale"),
        (
            {"rows": {"orders": -1}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "rows[orders]",
        ),
        (
            {"rows": {"orders": 10**12}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "rows[orders]",
        ),
        (
            {"rows": {"nowhere": 1}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "rows[nowhere]",
        ),
        ({"rows": {"orders": 10**8}}, grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED", None),
        (
            {"rows": {f"t{n}": 1 for n in range(1000)}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "rows",
        ),
    ],
)
def test_S10_wrong_volumes_are_refused_before_any_sql(
    storefront, seeder, fields, code, reason, path
):
    client = seeder(storefront)
    with pytest.raises(grpc.RpcError) as caught:
        client.full_load(**fields)
    error = error_of(caught.value)
    assert (error.code, error.reason) == (code, reason), error
    if path:
        assert path in str(error), error
    assert counts(storefront)["orders"] == 0
    with psycopg.connect(storefront) as connection:
        assert connection.execute("select count(*) from seeder.run").fetchone() == (0,)


def test_S5_two_loads_at_once_one_runs_the_other_is_refused(storefront, seeder):
    first, second = seeder(storefront), seeder(storefront)
    run = first.full_load(scale=10)
    for client in (first, second):
        with pytest.raises(grpc.RpcError) as caught:
            client.full_load()
        error = error_of(caught.value)
        assert (error.code, error.reason) == (grpc.StatusCode.ABORTED, "RUN_ACTIVE"), error
        assert run.name in error.message
    first.wait_succeeded(run)
    second.load_small()
    second.assert_consistent()


def test_without_migrations_the_answer_says_so(database, seeder):
    client = seeder(database, ready=False)
    with pytest.raises(grpc.RpcError) as caught:
        client.full_load()
    error = error_of(caught.value)
    assert (error.code, error.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "SCHEMA_INCOMPLETE",
    ), error


def test_the_same_request_id_gives_the_same_run_also_after_a_restart(storefront, seeder):
    client = seeder(storefront)
    run = client.load_small(request_id="load-1")
    client.service.restart()
    client.service.wait_ready()
    again = client.full_load(rows=SMALL, request_id="load-1")
    assert again.name == run.name
    with pytest.raises(grpc.RpcError) as caught:
        client.full_load(request_id="load-1")
    assert error_of(caught.value).reason == "REQUEST_ID_REUSED"
