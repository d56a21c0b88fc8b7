"""Fault cases of the connectors, by their ids.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import time

import grpc
import pytest

from connector_pipeline import DISPLAY, NAME, wanted_error
from stubs import error_of
from wait import wait_until


def test_C3_connect_down_is_unavailable_in_time(pipeline, start_service):
    pipeline.service.close()
    pipeline.service = start_service(
        "connector-manager", pipeline.settings(connect_url="http://127.0.0.1:1")
    )
    for call in (pipeline.plan, lambda: pipeline.apply(wait=False), pipeline.delete):
        begin = time.monotonic()
        error = wanted_error(call)
        assert error.code == grpc.StatusCode.UNAVAILABLE
        assert error.reason == "BACKEND_UNAVAILABLE"
        assert error.metadata["backend"] == "connect"
        assert time.monotonic() - begin < 6
    assert pipeline.state() == "DEGRADED"  # the template's connector is still shown
    assert pipeline.classes() == ["CONNECT_DOWN"]
    assert not pipeline.service.is_ready()


def test_C3_half_open_connect_ends_within_its_timeout(pipeline, start_service, gate):
    broken = gate("127.0.0.1", pipeline.connect.port)
    pipeline.service.close()
    pipeline.service = start_service(
        "connector-manager", pipeline.settings(connect_url=f"http://127.0.0.1:{broken.port}")
    )
    pipeline.plan()
    for direction in ("to_server", "to_client"):
        broken.hold(direction)
    begin = time.monotonic()
    error = wanted_error(pipeline.plan)
    assert error.code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE)
    assert time.monotonic() - begin < 7
    broken.forward()
    wait_until(lambda: pipeline.plan().steps, 20, "the plan works again")


def test_C2_put_while_kafka_is_away_is_one_write(pipeline):
    pipeline.apply()
    pipeline.write_env(CDC_POLL_INTERVAL_MS="33")
    pipeline.kafka.stop()
    error = None
    try:
        answer = pipeline.apply(wait=False, timeout=12)
        result = answer.outcomes[0].result
    except grpc.RpcError as caught:
        error, result = error_of(caught), None
    assert error is not None or result is not None
    pipeline.kafka.start()
    wait_until(lambda: pipeline.plan().steps, 90, "Connect answers again")
    answer = pipeline.apply(timeout=120)
    from storefront.connectors.v1 import connectors_pb2 as pb

    assert answer.outcomes[0].result in (pb.ApplyOutcome.APPLIED, pb.ApplyOutcome.UNCHANGED)
    assert pipeline.get().config["poll.interval.ms"] == "33"
    pipeline.verify(seconds=30)


def test_C4_killed_worker_is_not_taken_for_a_running_one(pipeline):
    pipeline.apply()
    pipeline.verify()
    pipeline.connect.kill()
    wait_until(lambda: pipeline.state() == "DEGRADED", 10, "the loss is seen")
    pipeline.connect.start()
    answer = pipeline.apply(timeout=120)
    from storefront.connectors.v1 import connectors_pb2 as pb

    assert answer.outcomes[0].result == pb.ApplyOutcome.UNCHANGED
    assert answer.outcomes[0].connector.slot.active
    pipeline.verify()


def test_postgres_gone_is_named_and_heals(pipeline):
    pipeline.apply()
    pipeline.postgres.stop(mode="immediate")
    try:
        wait_until(lambda: pipeline.classes() == ["SOURCE_DOWN"], 15, "the loss is named")
    finally:
        pipeline.postgres.start()
    wait_until(lambda: pipeline.state() == "STREAMING", 60, "streams again by itself")
    pipeline.verify(seconds=30)


def test_C7_two_templates_with_one_slot_are_blocked_and_both_named(pipeline):
    from storefront.connectors.v1 import connectors_pb2 as pb

    first = pipeline.templates / "debezium-postgres.template.json"
    other = json.loads(first.read_text())
    other["name"] = "second"
    (pipeline.templates / "second.template.json").write_text(json.dumps(other))
    plan = pipeline.plan()
    steps = {step.connector: step for step in plan.steps}
    assert set(steps) == {NAME, "connectors/second"}
    for name, named in ((NAME, "template second"), ("connectors/second", "debezium-postgres")):
        assert steps[name].action == pb.ConnectorPlanStep.BLOCKED
        rules = {f.rule: f.message for f in steps[name].findings}
        for rule in ("SLOT_SHARED", "PUBLICATION_SHARED", "PREFIX_SHARED"):
            assert named in rules[rule]


@pytest.mark.parametrize(
    ("line", "variable", "text"),
    [
        (None, "POSTGRES_HOST", "not set"),
        ("POSTGRES_HOST='127.0.0.1", "POSTGRES_HOST", "line 9: unterminated quoted value"),
        ("K\x00=1", "", "NUL"),
        ("A B=1", "", "contains a blank"),
        ("X=${Y:?give Y}", "Y", "required variable Y is missing a value: give Y"),
    ],
)
def test_C9_faults_of_variables_block_with_their_place(pipeline, line, variable, text):
    from storefront.connectors.v1 import connectors_pb2 as pb

    if line is None:
        pipeline.write_env(**{variable: None})
    else:
        with pipeline.env_file.open("a") as file:
            file.write(line + "\n")
    step = pipeline.plan().steps[0]
    assert step.action == pb.ConnectorPlanStep.BLOCKED
    hits = [f for f in step.findings if text in f.message]
    assert hits and hits[0].line > 0, step.findings
    assert variable in ("", hits[0].variable)


def test_C9_odd_passwords_keep_the_key_set(pipeline):
    from storefront.connectors.v1 import connectors_pb2 as pb

    template = pipeline.templates / "debezium-postgres.template.json"
    keys = set(json.loads(template.read_text())["config"])
    template.write_text(
        template.read_text().replace(
            "${file:${CONNECT_SECRETS_FILE}:debezium_password}", "${ODD_PASSWORD}"
        )
    )
    for odd in ('"', '","evil":"1', "a\nb", "$x", "}", "{", "a\\b", "${A}", "é"):
        pipeline.write_env(ODD_PASSWORD=odd.replace("'", "\\'"))
        rendered = pipeline.stub.RenderConnectorTemplate(
            pb.RenderConnectorTemplateRequest(name="connectorTemplates/debezium-postgres"),
            timeout=30,
        )
        assert {key.key for key in rendered.keys} == keys, odd
        assert rendered.revision


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b", "A", "..", ".hidden", "a" * 64, "a%2Fb"]
)
def test_C10_template_names_that_lead_elsewhere_are_refused(pipeline, name):
    from storefront.connectors.v1 import connectors_pb2 as pb

    error = wanted_error(
        lambda: pipeline.stub.GetConnectorTemplate(
            pb.GetConnectorTemplateRequest(name=f"connectorTemplates/{name}"), timeout=10
        )
    )
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT


def test_C10_a_link_is_not_a_template(pipeline, tmp_path):
    from storefront.connectors.v1 import connectors_pb2 as pb

    outside = tmp_path / "outside.json"
    outside.write_text('{"a": "1"}')
    (pipeline.templates / "linked.template.json").symlink_to(outside)
    (pipeline.templates / "folder.template.json").mkdir()
    listed = pipeline.stub.ListConnectorTemplates(pb.ListConnectorTemplatesRequest(), timeout=10)
    assert [t.name for t in listed.connector_templates] == ["connectorTemplates/debezium-postgres"]
    error = wanted_error(
        lambda: pipeline.stub.GetConnectorTemplate(
            pb.GetConnectorTemplateRequest(name="connectorTemplates/linked"), timeout=10
        )
    )
    assert error.code == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("name", ["a%2Fb", "a/b", "x" * 400, "%zz", "..", "%00"])
def test_C12_names_that_cannot_be_are_refused(pipeline, name):
    error = wanted_error(lambda: pipeline.get(f"connectors/{name}"))
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT


def test_C12_deleting_an_absent_one_is_success(pipeline):
    for display, name in (("nobody", "nobody"), ("ü b", "%C3%BC%20b")):
        assert not pipeline.delete(f"connectors/{name}", display).deleted
    error = wanted_error(lambda: pipeline.delete(NAME, "wrong"))
    assert error.reason == "CONFIRMATION_MISMATCH"


def test_C12_delete_during_a_restart(pipeline):
    from storefront.connectors.v1 import connectors_pb2 as pb

    pipeline.apply()
    pipeline.stub.RestartConnector(pb.RestartConnectorRequest(name=NAME), timeout=30)
    assert pipeline.delete(NAME, DISPLAY).deleted
    assert pipeline.state() == "ABSENT"
