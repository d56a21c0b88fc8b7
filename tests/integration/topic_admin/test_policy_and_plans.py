"""The policy file, the life of plans, and a broker that goes away.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import json
import time

import grpc
import pytest
from storefront.topics.v1 import topics_pb2 as pb
from storefront.topics.v1 import topics_pb2_grpc

from stubs import error_of
from wait import wait_until

NUMBERS = itertools.count(1)
GOOD = {"version": "1", "topics": [{"name": "plan_life", "partitions": 1}]}


class Running:
    def __init__(self, kafka, start_service, scratch, settings) -> None:
        self.folder = scratch.folder(f"topic-admin-policy-{next(NUMBERS)}")
        self.policy = self.folder / "policy.json"
        self.write(GOOD)
        self.settings = {
            "bootstrap_servers": kafka.bootstrap,
            "policy_file": self.policy,
            "state_dir": self.folder / "state",
            **settings,
        }
        self.service = start_service("topic-admin", self.settings)
        self.stub = self.service.stub(topics_pb2_grpc.TopicServiceStub)

    def write(self, policy: dict | str) -> None:
        self.policy.write_text(policy if isinstance(policy, str) else json.dumps(policy))

    def plan(self, timeout: float = 30, **request) -> pb.TopicPlan:
        return self.stub.CreateTopicPlan(pb.CreateTopicPlanRequest(**request), timeout=timeout)

    def get(self, name: str) -> pb.TopicPlan:
        return self.stub.GetTopicPlan(pb.GetTopicPlanRequest(name=name), timeout=10)


@pytest.fixture
def start(kafka, start_service, scratch):
    return lambda **settings: Running(kafka, start_service, scratch, settings)


def fails(call, code: grpc.StatusCode, reason: str):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = error_of(caught.value)
    assert (error.code, error.reason) == (code, reason), error
    return error


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"version": "1", "version": "1"}', "1:18"),
        ('{"version": "1",}', "1:17"),
        ("{'version': '1'}", "1:2"),
        ('{"version": null}', "1:13"),
        ('{"version": "1", "topics": [{"name": "a", "bogus": 1}]}', "topics[0].bogus"),
        ('{"version": "1", "topics": [{"name": "a b"}]}', "topics[0].name"),
        (
            '{"version": "1", "rules": [{"id": "r", "match": {"regex": "("}}]}',
            "rules[0].match.regex",
        ),
        (
            '{"version": "1", "topics": [{"name": "a", "configs": {"retention.ms": "1.5d"}}]}',
            'topics[0].configs["retention.ms"]',
        ),
        ('{"version": "1", "topics": [{"name": "a", "profile": "none"}]}', "topics[0].profile"),
        ('{"version": "3"}', "version"),
    ],
)
def test_a_bad_policy_is_refused_with_the_place(start, text, place):
    running = start()
    error = fails(
        lambda: running.stub.ValidateTopicPolicy(pb.ValidateTopicPolicyRequest(policy_json=text)),
        grpc.StatusCode.INVALID_ARGUMENT,
        "POLICY_INVALID",
    )
    assert place in error.fields, error
    running.write(text)
    for call in (running.plan, lambda: running.stub.GetTopicPolicy(pb.GetTopicPolicyRequest())):
        error = fails(call, grpc.StatusCode.FAILED_PRECONDITION, "POLICY_INVALID")
        assert place in error.fields, error


def test_a_missing_file_keeps_the_service_up_but_not_ready_until_it_is_there(
    kafka, start_service, scratch
):
    folder = scratch.folder("topic-admin-missing")
    service = start_service(
        "topic-admin",
        {
            "bootstrap_servers": kafka.bootstrap,
            "policy_file": folder / "policy.json",
            "state_dir": folder / "state",
        },
    )
    stub = service.stub(topics_pb2_grpc.TopicServiceStub)
    fails(
        lambda: stub.GetTopicPolicy(pb.GetTopicPolicyRequest()),
        grpc.StatusCode.FAILED_PRECONDITION,
        "POLICY_INVALID",
    )
    assert stub.ListTopics(pb.ListTopicsRequest(), timeout=10) is not None
    assert not service.is_ready()
    (folder / "policy.json").write_text(json.dumps(GOOD))
    service.wait_ready()


def test_the_policy_in_force_is_shown_and_a_change_needs_no_restart(start):
    running = start()
    live = running.stub.GetTopicPolicy(pb.GetTopicPolicyRequest())
    assert [topic.name for topic in live.policy.topics] == ["plan_life"]
    running.write({**GOOD, "clusterId": "another"})
    changed = running.stub.GetTopicPolicy(pb.GetTopicPolicyRequest())
    assert changed.etag != live.etag
    fails(running.plan, grpc.StatusCode.FAILED_PRECONDITION, "CLUSTER_MISMATCH")


def test_a_valid_policy_with_an_unknown_key_is_a_finding(start):
    running = start()
    policy = {"version": "1", "topics": [{"name": "a", "configs": {"retentoin.ms": "1"}}]}
    answer = running.stub.ValidateTopicPolicy(
        pb.ValidateTopicPolicyRequest(policy_json=json.dumps(policy))
    )
    assert [finding.id for finding in answer.findings] == ["UNKNOWN_CONFIG_KEY"]


def test_plans_are_listed_cancelled_and_survive_a_restart(start):
    running = start()
    first, second = running.plan(), running.plan()
    listed = running.stub.ListTopicPlans(pb.ListTopicPlansRequest())
    assert {plan.name for plan in listed.topic_plans} == {first.name, second.name}
    assert not listed.topic_plans[0].steps
    cancelled = running.stub.CancelTopicPlan(pb.CancelTopicPlanRequest(name=second.name))
    assert cancelled.state == pb.TopicPlan.CANCELLED
    fails(
        lambda: running.stub.ApplyTopicPlan(pb.ApplyTopicPlanRequest(name=second.name)),
        grpc.StatusCode.FAILED_PRECONDITION,
        "RUN_STATE",
    )
    fails(
        lambda: running.stub.ApplyTopicPlan(
            pb.ApplyTopicPlanRequest(name=first.name, etag="other")
        ),
        grpc.StatusCode.ABORTED,
        "ETAG_MISMATCH",
    )
    running.service.restart()
    after = wait_until(lambda: running.get(first.name), 20, "it answers again")
    assert after.state == pb.TopicPlan.READY
    assert after.etag == first.etag
    assert running.get(second.name).state == pb.TopicPlan.CANCELLED


def test_a_dry_run_stores_nothing_and_a_request_id_makes_one_plan(start):
    running = start()
    dry = running.plan(validate_only=True)
    assert dry.name == ""
    assert [step.topic for step in dry.steps] == ["plan_life"]
    assert not running.stub.ListTopicPlans(pb.ListTopicPlansRequest()).topic_plans
    one, two = running.plan(request_id="same"), running.plan(request_id="same")
    assert one.name == two.name
    fails(
        lambda: running.plan(request_id="same", topics=["plan_life"]),
        grpc.StatusCode.ALREADY_EXISTS,
        "REQUEST_ID_REUSED",
    )


def test_an_expired_plan_is_not_applied(start):
    running = start(plan_ttl="1s")
    plan = running.plan()
    wait_until(lambda: running.get(plan.name).state == pb.TopicPlan.EXPIRED, 10, "it expires")
    fails(
        lambda: running.stub.ApplyTopicPlan(pb.ApplyTopicPlanRequest(name=plan.name)),
        grpc.StatusCode.ABORTED,
        "PLAN_CHANGED",
    )


def test_a_second_process_on_the_same_state_does_not_start(start, start_service):
    running = start()
    second = start_service("topic-admin", running.settings, wait=False)
    assert second.process.wait(20) == 1
    assert "Another process uses the state folder" in second.tail()


def test_T1_without_a_broker_planning_is_unavailable_in_time_and_stores_nothing(start, kafka):
    running = start(request_timeout="2s")
    running.service.wait_ready()
    kafka.kill()
    try:
        begin = time.monotonic()
        error = fails(running.plan, grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
        assert time.monotonic() - begin < 3.5
        assert error.metadata["backend"] == "kafka"
        assert error.retry_seconds is not None
        assert not running.stub.ListTopicPlans(pb.ListTopicPlansRequest()).topic_plans
        wait_until(lambda: not running.service.is_ready(), 15, "readiness goes off")
    finally:
        kafka.start()
    wait_until(lambda: running.plan(timeout=5), 30, "the same client plans again")
