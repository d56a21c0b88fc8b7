"""Wrong input, missing backends, wrong settings.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

from wait import wait_until


@pytest.mark.parametrize(
    ("call", "code", "reason", "fields"),
    [
        (
            lambda s: s.Migrate(pb.MigrateRequest(target="x")),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["target"],
        ),
        (
            lambda s: s.Migrate(pb.MigrateRequest(target="9" * 61)),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["target"],
        ),
        (
            lambda s: s.Migrate(pb.MigrateRequest(target="7")),
            "FAILED_PRECONDITION",
            "TARGET_NOT_FOUND",
            [],
        ),
        (
            lambda s: s.Migrate(pb.MigrateRequest(ignore_patterns=["*:future", "x:y"])),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["ignore_patterns[1]"],
        ),
        (
            lambda s: s.GetMigration(pb.GetMigrationRequest()),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["name"],
        ),
        (
            lambda s: s.GetMigration(pb.GetMigrationRequest(name="tables/x")),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["name"],
        ),
        (
            lambda s: s.GetMigration(pb.GetMigrationRequest(name="migrations/V9")),
            "NOT_FOUND",
            "RESOURCE_NOT_FOUND",
            [],
        ),
        (
            lambda s: s.GetMigrationRun(pb.GetMigrationRunRequest(name="migrationRuns/none")),
            "NOT_FOUND",
            "RESOURCE_NOT_FOUND",
            [],
        ),
        (
            lambda s: s.CancelMigrationRun(pb.CancelMigrationRunRequest(name="migrationRuns/none")),
            "NOT_FOUND",
            "RESOURCE_NOT_FOUND",
            [],
        ),
        (
            lambda s: list(
                s.WatchMigrationRun(pb.WatchMigrationRunRequest(name="migrationRuns/none"))
            ),
            "NOT_FOUND",
            "RESOURCE_NOT_FOUND",
            [],
        ),
        (
            lambda s: s.ListMigrations(pb.ListMigrationsRequest(page_size=-1)),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["page_size"],
        ),
        (
            lambda s: s.ListMigrations(pb.ListMigrationsRequest(page_token="nonsense")),
            "INVALID_ARGUMENT",
            "INVALID_FIELD",
            ["page_token"],
        ),
    ],
)
def test_bad_requests(project, fails, call, code, reason, fields):
    p = project({"V1__t.sql": "select 1;"})
    error = fails(lambda: call(p.stub))
    assert (error.code.name, error.reason) == (code, reason)
    assert list(error.fields) == fields


def test_an_unreachable_postgres_is_unavailable_and_not_ready(project, new_postgres, fails):
    server = new_postgres()
    p = project({"V1__t.sql": "create table t (i int);"}, url=server.create_database("edge"))
    server.kill()
    wait_until(lambda: not p.service.is_ready(), 20, "readiness falls")
    for call in (
        p.start,
        p.lines,
        lambda: p.stub.GetMigrationStatus(pb.GetMigrationStatusRequest()),
    ):
        error = fails(call)
        assert (error.code.name, error.reason) == ("UNAVAILABLE", "BACKEND_UNAVAILABLE")
        assert error.metadata["backend"] == "postgres"
        assert error.retry_seconds
    server.start()
    p.service.wait_ready()
    p.migrate_ok()


def test_a_missing_postgres_does_not_stop_the_start(project):
    p = project({}, url="postgresql://postgres@127.0.0.1:1/none", wait=False)
    assert p.service.is_live()
    assert not p.service.is_ready()


@pytest.mark.parametrize(
    ("settings", "env", "words"),
    [
        ({}, {"STOREFRONT_MIGRATOR_LOCK_WIAT": "1s"}, ["LOCK_WIAT", "LOCK_WAIT"]),
        ({"lock_wait": "2h", "max_files": "many"}, {}, ["LOCK_WAIT", "MAX_FILES"]),
        ({"database_url": "nonsense"}, {}, ["database_url"]),
        ({"placeholders": "no_value"}, {}, ["placeholders", "no_value"]),
        (
            {"secret_placeholders": "p=/nowhere/at/all"},
            {},
            ["secret_placeholders", "/nowhere/at/all"],
        ),
        ({"history_table": 'a"b'}, {}, ["history_table"]),
    ],
)
def test_wrong_settings_stop_the_start_with_all_problems(start_service, settings, env, words):
    service = start_service(
        "migrator",
        {"database_url": "postgresql://x@127.0.0.1:1/x", **settings},
        env=env,
        wait=False,
    )
    assert service.process.wait(10) != 0
    log = service.log_path.read_text()
    for word in words:
        assert word in log


def test_metrics_count_runs_and_show_the_rank(project):
    p = project({"V1__t.sql": "select 1;", "V2__t.sql": "select 1;"})
    p.migrate_ok()
    wait_until(
        lambda: p.service.metrics().get("storefront_migrator_current_rank") == 2,
        10,
        "the rank shows",
    )
    samples = p.service.metrics()
    assert samples['storefront_migrator_runs_total{kind="migrate",state="SUCCEEDED"}'] == 1
    assert samples["storefront_migrator_migrations_failed"] == 0
