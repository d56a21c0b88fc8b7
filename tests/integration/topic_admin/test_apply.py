"""Plans applied to a real broker over gRPC; Kafka's own tools say what is there afterwards.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import grpc
import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)
from storefront.topics.v1 import topics_pb2 as pb
from storefront.topics.v1 import topics_pb2_grpc

from stubs import error_of
from wait import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = REPOSITORY / "topics/policy.json"
TABLES = [
    f"storefront.public.{table}"
    for table in ("customers", "products", "orders", "order_items", "payments")
]
Step = pb.TopicPlanStep
NUMBERS = itertools.count(1)


class Oracle:
    """Kafka's own command-line tools say what is there; another client prepares it (JVMs are slow)."""

    def __init__(self, kafka) -> None:
        self.kafka = kafka
        self.admin = AdminClient({"bootstrap.servers": kafka.bootstrap})

    def topics(self) -> set[str]:
        return set(self.kafka.tool("org.apache.kafka.tools.TopicCommand", "--list").split())

    def partitions(self) -> dict[str, int]:
        text = self.kafka.tool("org.apache.kafka.tools.TopicCommand", "--describe")
        pattern = r"Topic: (\S+)\s.*PartitionCount:\s*(\d+)"
        return {name: int(count) for name, count in re.findall(pattern, text)}

    def overrides(self) -> dict[str, dict[str, str]]:
        """Settings that are set on the topics themselves, of all topics."""
        text = self.kafka.tool("kafka.admin.ConfigCommand", "--entity-type", "topics", "--describe")
        found: dict[str, dict[str, str]] = {}
        topic = ""
        for line in text.splitlines():
            if match := re.match(r"Dynamic configs for topic (\S+) are:", line):
                topic = match.group(1)
                found[topic] = {}
            elif match := re.match(r"\s+(\S+?)=(.*?) sensitive=", line):
                found[topic][match.group(1)] = match.group(2)
        return found

    def names(self) -> set[str]:
        return set(self.admin.list_topics(timeout=10).topics)

    def create(self, topic: str, *, partitions: int = 1, configs: dict | None = None) -> None:
        wanted = NewTopic(topic, partitions, 1, config=configs or {})
        self.admin.create_topics([wanted])[topic].result(30)
        wait_until(lambda: topic in self.names(), 30, f"{topic} is visible")

    def set(self, topic: str, key: str, value: str) -> None:
        entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        self.admin.incremental_alter_configs([resource])[resource].result(30)

    def wipe(self) -> None:
        """Deletes everything but Kafka's own topics."""
        mine = [topic for topic in self.names() if not topic.startswith("__")]
        for deleted in self.admin.delete_topics(mine).values() if mine else ():
            deleted.result(30)
        wait_until(lambda: not set(mine) & self.names(), 30, "topics are gone")


@pytest.fixture
def oracle(kafka):
    return Oracle(kafka)


@pytest.fixture
def clean(oracle):
    """No topics but Kafka's own before and after."""
    oracle.wipe()
    yield
    oracle.wipe()


class Client:
    """The service as a caller uses it."""

    def __init__(self, service) -> None:
        self.service = service
        self.stub = service.stub(topics_pb2_grpc.TopicServiceStub)

    def plan(self, **request) -> pb.TopicPlan:
        return self.stub.CreateTopicPlan(pb.CreateTopicPlanRequest(**request), timeout=30)

    def apply(self, plan: pb.TopicPlan, **flags) -> pb.TopicPlan:
        request = pb.ApplyTopicPlanRequest(name=plan.name, etag=plan.etag, **flags)
        self.stub.ApplyTopicPlan(request, timeout=30)
        return self.ended(plan.name)

    def ended(self, name: str) -> pb.TopicPlan:
        last = None
        for message in self.stub.WatchTopicPlan(pb.WatchTopicPlanRequest(name=name), timeout=60):
            last = message.topic_plan
        assert last is not None, "the stream ended without a state"
        return last


@pytest.fixture
def start(kafka, start_service, scratch):
    """Starts topic-admin with a policy (the shipped one by default)."""

    def make(policy: dict | None = None, **settings) -> Client:
        folder = scratch.folder(f"topic-admin-apply-{next(NUMBERS)}")
        file = SHIPPED
        if policy is not None:
            file = folder / "policy.json"
            file.write_text(json.dumps(policy))
        service = start_service(
            "topic-admin",
            {
                "bootstrap_servers": kafka.bootstrap,
                "policy_file": file,
                "state_dir": folder / "state",
                **settings,
            },
        )
        client = Client(service)
        client.policy_file = file
        return client

    return make


def changes(plan: pb.TopicPlan) -> list[pb.TopicPlanStep]:
    sent = (Step.CREATE, Step.ALTER_CONFIG, Step.ADD_PARTITIONS)
    return [step for step in plan.steps if step.kind in sent]


def outcomes(plan: pb.TopicPlan) -> dict[str, str]:
    return {
        f"{Step.Kind.Name(step.kind)} {step.topic}": Step.Status.Name(step.status)
        for step in plan.steps
    }


def fails(call, code: grpc.StatusCode, reason: str):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = error_of(caught.value)
    assert (error.code, error.reason) == (code, reason), error
    return error


def test_shipped_policy_makes_the_five_topics_and_a_second_plan_is_empty(clean, start, oracle):
    client = start()
    client.service.wait_ready()
    plan = client.plan()
    assert {step.topic for step in changes(plan)} == set(TABLES)
    assert not plan.required_flags

    done = client.apply(plan)
    assert done.state == pb.TopicPlan.APPLIED, outcomes(done)
    assert done.summary.applied == 5
    overrides = oracle.overrides()
    partitions = oracle.partitions()
    for table in TABLES:
        assert overrides[table]["cleanup.policy"] == "delete"
        assert overrides[table]["delete.retention.ms"] == "86400000"
        assert partitions[table] == 3

    again = client.plan()
    assert not changes(again)
    assert again.summary.unchanged == 5
    assert client.apply(again).state == pb.TopicPlan.APPLIED
    metrics = client.service.metrics()
    assert metrics['storefront_topic_admin_steps_total{kind="CREATE",status="APPLIED"}'] == 5
    assert metrics["storefront_topic_admin_policy_valid"] == 1


def test_a_topic_that_somebody_made_by_hand_is_in_the_next_plan(clean, start, oracle):
    oracle.create("storefront.public.extra")
    client = start()
    plan = client.plan(topics=["storefront.public.extra"])
    assert [step.kind for step in changes(plan)] == [Step.ALTER_CONFIG]
    assert client.apply(plan).state == pb.TopicPlan.APPLIED
    assert oracle.overrides()["storefront.public.extra"]["delete.retention.ms"] == "86400000"


def test_a_rule_over_everything_touches_no_topic_of_connect_or_kafka(clean, connect, start, oracle):
    connect.stop()
    connect.start()  # makes its storage topics again, after `clean`
    before = wait_until(
        lambda: {
            topic: configs
            for topic, configs in oracle.overrides().items()
            if topic.startswith(("_connect-", "__"))
        },
        30,
        "Connect made its topics",
    )
    assert before["_connect-configs"]["cleanup.policy"] == "compact"
    oracle.create("mine")
    policy = {
        "version": "1",
        "rules": [
            {
                "id": "all",
                "match": {"regex": ".*"},
                "profile": "lakehouse_cd",
                "keys": "KEYED",
            }
        ],
    }
    client = start(policy)
    plan = client.plan()
    assert {step.topic for step in plan.steps} == {"mine"}
    done = client.apply(plan, allow_data_loss=True, allow_reordering=True)
    assert done.state == pb.TopicPlan.APPLIED, outcomes(done)
    after = oracle.overrides()
    assert after["mine"]["cleanup.policy"] == "compact,delete"
    assert {topic: after[topic] for topic in before} == before
    connect.stop()
    connect.start()  # it still accepts its storage


def test_a_risky_plan_needs_its_flags_and_names_them(clean, start, oracle):
    oracle.create("mine")
    policy = {
        "version": "1",
        "rules": [{"id": "r", "match": {"exact": "mine"}, "configs": {"retention.ms": "1d"}}],
    }
    client = start(policy)
    plan = client.plan()
    assert list(plan.required_flags) == ["allow_data_loss"]
    error = fails(
        lambda: client.apply(plan), grpc.StatusCode.FAILED_PRECONDITION, "RISK_NOT_ALLOWED"
    )
    assert error.metadata["flags"] == "allow_data_loss"
    assert "retention.ms" not in oracle.overrides().get("mine", {})
    fails(
        lambda: client.apply(plan, allow_data_loss=True, confirm=["other"]),
        grpc.StatusCode.FAILED_PRECONDITION,
        "CONFIRMATION_MISMATCH",
    )
    done = client.apply(plan, allow_data_loss=True, confirm=["mine"])
    assert done.state == pb.TopicPlan.APPLIED
    assert oracle.overrides()["mine"]["retention.ms"] == "86400000"


def test_T4_a_topic_changed_in_between_is_left_alone(clean, start, oracle):
    for topic in ("drifted", "steady"):
        oracle.create(topic)
    policy = {
        "version": "1",
        "rules": [{"id": "r", "match": {"regex": ".*"}, "configs": {"flush.ms": "10s"}}],
    }
    client = start(policy)
    plan = client.plan()
    oracle.set("drifted", "segment.ms", "7200000")
    done = client.apply(plan)
    assert done.state == pb.TopicPlan.PARTIAL
    assert outcomes(done) == {
        "ALTER_CONFIG drifted": "ABORTED",
        "ALTER_CONFIG steady": "APPLIED",
    }
    assert oracle.overrides()["drifted"] == {"segment.ms": "7200000"}


def test_T5_undeclared_settings_stay_byte_for_byte(clean, start, oracle):
    kept = {"segment.ms": "7200000", "retention.bytes": "123456789", "flush.messages": "17"}
    oracle.create("mine", configs={**kept, "retention.ms": "1000"})
    policy = {
        "version": "1",
        "rules": [{"id": "r", "match": {"exact": "mine"}, "configs": {"retention.ms": "2s"}}],
    }
    client = start(policy)
    assert client.apply(client.plan()).state == pb.TopicPlan.APPLIED
    assert oracle.overrides()["mine"] == {**kept, "retention.ms": "2000"}


def test_T6_what_cannot_be_is_found_by_the_plan_and_the_rest_is_applied(clean, start, oracle):
    for topic in ("fewer", "keyless", "a.b"):
        oracle.create(topic, partitions=3)
    policy = {
        "version": "1",
        "rules": [
            {"id": "k", "match": {"exact": "keyless"}, "profile": "lakehouse", "keys": "KEYLESS"}
        ],
        "topics": [
            {"name": "replicas", "partitions": 1, "replicationFactor": 9},
            {"name": "fewer", "partitions": 2},
            {"name": "a_b", "partitions": 1},
            {"name": "refused", "partitions": 1, "configs": {"segment.bytes": "1KiB"}},
            {"name": "unknown", "partitions": 1, "configs": {"no.such.key": "1"}},
            {"name": "good", "partitions": 2},
        ],
    }
    client = start(policy)
    plan = client.plan()
    assert {step.topic: step.reason for step in plan.steps} == {
        "replicas": "L6",
        "fewer": "FEWER_PARTITIONS",
        "keyless": "L3",
        "a_b": "L10",
        "refused": "BROKER_REFUSED",
        "unknown": "BROKER_REFUSED",
        "good": "",
    }
    done = client.apply(plan)
    assert done.state == pb.TopicPlan.PARTIAL
    assert oracle.partitions()["good"] == 2
    assert {"replicas", "refused", "unknown"}.isdisjoint(oracle.topics())


def test_partitions_are_added_and_read_back(clean, start, oracle):
    oracle.create("mine", partitions=1)
    policy = {"version": "1", "topics": [{"name": "mine", "partitions": 3, "keys": "KEYLESS"}]}
    client = start(policy)
    done = client.apply(client.plan())
    assert done.state == pb.TopicPlan.APPLIED
    assert oracle.partitions()["mine"] == 3


def test_reading_calls_agree_with_kafkas_own_tools(clean, start, oracle):
    oracle.create("one", partitions=2, configs={"retention.ms": "5000"})
    oracle.create("two")
    client = start()
    listed = client.stub.ListTopics(pb.ListTopicsRequest(view=pb.CONFIG, page_size=1000))
    assert {topic.topic for topic in listed.topics} == oracle.topics()
    paged, token = [], ""
    while True:
        page = client.stub.ListTopics(pb.ListTopicsRequest(page_size=1, page_token=token))
        paged += [topic.topic for topic in page.topics]
        token = page.next_page_token
        if not token:
            break
    assert paged == sorted(topic.topic for topic in listed.topics)

    topic = client.stub.GetTopic(pb.GetTopicRequest(name="topics/one"))
    assert topic.partition_count == oracle.partitions()["one"] == 2
    own = {
        config.key: config.value
        for config in topic.configs
        if config.source == pb.TopicConfig.TOPIC
    }
    assert own == oracle.overrides()["one"]
    assert len(topic.configs) == 33

    cluster = client.stub.DescribeTopicCluster(pb.DescribeTopicClusterRequest())
    assert len(cluster.brokers) == 1
    assert cluster.topic_count == len(listed.topics)


def test_names_that_do_not_exist_or_cannot_be(clean, start):
    client = start()
    fails(
        lambda: client.stub.GetTopic(pb.GetTopicRequest(name="topics/none")),
        grpc.StatusCode.NOT_FOUND,
        "RESOURCE_NOT_FOUND",
    )
    fails(
        lambda: client.stub.GetTopic(pb.GetTopicRequest(name="topics/a/b")),
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
    )
    fails(
        lambda: client.stub.GetTopicPlan(pb.GetTopicPlanRequest(name="topicPlans/none")),
        grpc.StatusCode.NOT_FOUND,
        "RESOURCE_NOT_FOUND",
    )
    fails(lambda: client.plan(topics=["none"]), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
