"""The connector's life on real servers: apply, prove, change, delete, resume.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import re
import urllib.request

import grpc
import psycopg
import pytest

from connector_pipeline import DISPLAY, NAME, migrate, operations
from stubs import error_of
from wait import wait_until


def outcome_of(answer):
    from storefront.connectors.v1 import connectors_pb2 as pb

    assert len(answer.outcomes) == 1, answer
    return pb.ApplyOutcome.Result.Name(answer.outcomes[0].result), answer.outcomes[0]


def test_apply_streams_and_the_second_apply_sends_nothing(pipeline):
    result, outcome = outcome_of(pipeline.apply())
    assert result == "APPLIED", outcome
    wait_until(lambda: pipeline.state() == "STREAMING", 30, "the connector streams")
    sent = pipeline.puts()
    assert sent == 1
    tasks_started = pipeline.connect.log.read_text().count("Starting PostgresConnectorTask")

    result, outcome = outcome_of(pipeline.apply())
    assert result == "UNCHANGED", outcome
    assert pipeline.puts() == sent
    log = pipeline.connect.log.read_text()
    assert log.count("Starting PostgresConnectorTask") == tasks_started

    probe = pipeline.verify()
    assert probe.topic == "storefront.cdc_audit.marker"
    assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+", probe.source_lsn)
    assert 0 < probe.latency.seconds + probe.latency.nanos / 1e9 < 10
    shared = pipeline.verify()
    assert (shared.partition, shared.offset) == (probe.partition, probe.offset)  # within a second
    assert pipeline.get().last_probe.time.seconds >= probe.time.seconds

    deleted = pipeline.delete()
    assert deleted.deleted and "connector" in deleted.removed
    assert any(one.startswith("slot ") for one in deleted.remaining)
    assert pipeline.state() == "ABSENT"
    again = pipeline.delete()
    assert not again.deleted

    # The slot and the offsets stayed: a row of the pause arrives, no old row comes again.
    with psycopg.connect(pipeline.database, autocommit=True) as database:
        database.execute(
            "insert into products (name, category, price, stock_quantity) values ('p', 'c', 1, 1)"
        )
    result, outcome = outcome_of(pipeline.apply())
    assert result == "APPLIED", outcome
    pipeline.verify()
    assert operations(pipeline.kafka.bootstrap, "storefront.public.products", "p") == ["c"]


def test_pause_resume_stop_and_restart(pipeline):
    from storefront.connectors.v1 import connectors_pb2 as pb

    pipeline.apply()
    stub = pipeline.stub
    stub.PauseConnector(pb.PauseConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "PAUSED", 20, "paused")
    assert pipeline.classes() == ["HELD"]
    stub.ResumeConnector(pb.ResumeConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "STREAMING", 30, "streams again")
    stub.StopConnector(pb.StopConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "STOPPED", 20, "stopped")
    stub.ResumeConnector(pb.ResumeConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "STREAMING", 30, "streams again")
    stub.RestartConnector(pb.RestartConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "STREAMING", 30, "streams again")
    pipeline.verify()

    slots = stub.ListReplicationSlots(pb.ListReplicationSlotsRequest(), timeout=30)
    mine = [slot for slot in slots.replication_slots if slot.connector == NAME]
    assert len(mine) == 1 and mine[0].active and mine[0].plugin == "pgoutput"
    cluster = stub.DescribeConnectCluster(pb.DescribeConnectClusterRequest(), timeout=30)
    assert cluster.health == pb.ConnectCluster.HEALTHY
    assert any("PostgresConnector" in plugin.plugin_class for plugin in cluster.plugins)


def test_changes_are_planned_by_their_risk(pipeline):
    from storefront.connectors.v1 import connectors_pb2 as pb

    pipeline.apply()
    pipeline.write_env(CDC_POLL_INTERVAL_MS="20")
    step = pipeline.plan().steps[0]
    assert step.action == pb.ConnectorPlanStep.UPDATE
    assert step.risk == pb.ConnectorPlanStep.SAFE
    assert [(c.key, getattr(c, "from"), c.to) for c in step.changes] == [
        ("poll.interval.ms", "10", "20")
    ]
    result, outcome = outcome_of(pipeline.apply())
    assert result == "APPLIED", outcome
    pipeline.verify()

    # Fewer tables: changes would be lost without a word. Token and name are needed.
    pipeline.write_env(
        CDC_POLL_INTERVAL_MS="20", CDC_TABLES=r"public.customers,public.orders,cdc_audit\.marker"
    )
    plan = pipeline.plan()
    assert plan.steps[0].risk == pb.ConnectorPlanStep.IDENTITY
    with pytest.raises(grpc.RpcError) as refused:
        pipeline.apply()
    error = error_of(refused.value)
    assert error.code == grpc.StatusCode.FAILED_PRECONDITION
    assert error.reason == "CONFIRMATION_REQUIRED"
    sent = pipeline.puts()
    with pytest.raises(grpc.RpcError) as refused:
        pipeline.apply(plan_token=plan.plan_token + "0", confirm=[NAME])
    assert error_of(refused.value).reason == "PLAN_CHANGED"
    assert pipeline.puts() == sent
    result, outcome = outcome_of(pipeline.apply(plan_token=plan.plan_token, confirm=[DISPLAY]))
    assert result == "APPLIED", outcome


def test_wrong_password_shows_credentials_and_stays_secret(pipeline):
    """The password of the secrets file is Connect's alone; a wrong one is only named as such."""
    canary = "c4nary-p4ssword"
    pipeline.connect.secrets_file.write_text(f"debezium_password={canary}\n")
    result, outcome = outcome_of(pipeline.apply())
    assert result == "BLOCKED", outcome
    assert [f.rule for f in outcome.step.findings if f.severity == 3] == ["CREDENTIALS"]
    assert outcome.error.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert pipeline.puts() == 0
    texts = [str(outcome), pipeline.service.log_path.read_text()]

    # The same for a password written into the template's variables: masked in every answer.
    template = pipeline.templates / "debezium-postgres.template.json"
    template.write_text(
        template.read_text().replace(
            "${file:${CONNECT_SECRETS_FILE}:debezium_password}", "${DEBEZIUM_PASSWORD}"
        )
    )
    pipeline.write_env(DEBEZIUM_PASSWORD=canary)
    texts += [str(pipeline.plan()), str(pipeline.apply())]
    from storefront.connectors.v1 import connectors_pb2 as pb

    name = "connectorTemplates/debezium-postgres"
    rendered = pipeline.stub.RenderConnectorTemplate(
        pb.RenderConnectorTemplateRequest(name=name), timeout=30
    )
    shown = {key.key: key.value for key in rendered.keys}
    assert shown["database.password"] == "***"
    texts += [str(rendered), pipeline.service.log_path.read_text()]
    for text in texts:
        assert canary not in text


def test_password_is_in_no_topic_of_connect(pipeline):
    pipeline.connect.secrets_file.write_text("debezium_password=debezium\n#unique-marker\n")
    pipeline.apply()
    with urllib.request.urlopen(f"{pipeline.connect.url}/connectors/{DISPLAY}/config") as answer:
        config = json.load(answer)
    assert config["database.password"].startswith("${file:")
    dumped = pipeline.kafka.tool(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        "--topic", "_connect-configs", "--from-beginning", "--timeout-ms", "5000",
    )  # fmt: skip
    assert DISPLAY in dumped or "database.hostname" in dumped
    passwords = re.findall(r'"database\.password":"([^"]*)"', dumped)
    assert passwords and all(p.startswith("${file:") for p in passwords if "c4nary" not in p)


def test_running_password_change_shows_credentials(pipeline):
    pipeline.apply()
    pipeline.connect.secrets_file.write_text("debezium_password=wrong-one\n")
    from storefront.connectors.v1 import connectors_pb2 as pb

    pipeline.stub.RestartConnector(pb.RestartConnectorRequest(name=NAME), timeout=30)
    wait_until(lambda: pipeline.state() == "FAILED", 60, "the task fails")
    assert pipeline.classes() == ["CREDENTIALS"]
    with pytest.raises(grpc.RpcError) as missing:
        pipeline.verify(seconds=3)
    error = error_of(missing.value)
    assert error.reason == "PROBE_NOT_SEEN"
    assert error.metadata["class"] == "CREDENTIALS"


def test_without_migrations_the_plan_is_blocked_with_the_reason(pipeline):
    pipeline.write_env(DEBEZIUM_STOREFRONT_PUBLICATION_NAME="nobody_made_this")
    from storefront.connectors.v1 import connectors_pb2 as pb

    step = pipeline.plan().steps[0]
    assert step.action == pb.ConnectorPlanStep.BLOCKED
    assert "PREFLIGHT_PUBLICATION" in [finding.rule for finding in step.findings]


def test_migrations_of_the_tests_are_the_shipped_ones(database):
    migrate(database)
    with psycopg.connect(database) as connection:
        rows = connection.execute("select count(*) from pg_publication_tables").fetchone()
    assert rows == (7,)
