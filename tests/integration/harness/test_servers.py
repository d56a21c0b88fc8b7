"""The servers that all other tests stand on.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from wait import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
POSTGRES_CONNECTOR = "io.debezium.connector.postgresql.PostgresConnector"
WITH_SERVERS = str(REPOSITORY / "tools/with-servers")


def test_postgres_is_set_up_for_logical_decoding(postgres, database):
    with psycopg.connect(database) as connection:
        assert connection.execute("show wal_level").fetchone() == ("logical",)
        assert connection.execute("show max_slot_wal_keep_size").fetchone() == ("2GB",)
        assert connection.info.user == "postgres"


def test_postgres_refuses_a_wrong_password(postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url(password="wrong"))


def test_each_test_gets_a_database_of_its_own(postgres, database):
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert tables == (0,)


@pytest.mark.parametrize("end", ["kill", "fast", "immediate"])
def test_postgres_comes_back_with_its_committed_rows(postgres, database, end):
    with psycopg.connect(database) as connection:
        connection.execute("create table kept (id int)")
        connection.execute("insert into kept values (1)")
    pids = postgres.process.members()
    assert len(pids) > 3
    if end == "kill":
        postgres.kill()
    else:
        postgres.stop(mode=end)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    postgres.start()
    with psycopg.connect(database) as connection:
        assert connection.execute("select * from kept").fetchall() == [(1,)]


def test_a_frozen_postgres_answers_again_when_it_thaws(postgres):
    postgres.freeze()
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres.url(), connect_timeout=2)
    finally:
        postgres.thaw()
    with psycopg.connect(postgres.url(), connect_timeout=10) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_standby_follows(new_postgres, scratch):
    primary = new_postgres()
    standby = primary.standby(scratch.folder("standby"))
    standby.start()
    try:
        primary.psql("create table t as select 1 as x")
        wait_until(
            lambda: standby.psql("select count(*) from pg_tables where tablename = 't'") == "1",
            20,
            "the table arrives on the standby",
        )
        with pytest.raises(subprocess.CalledProcessError) as caught:
            standby.psql("create table u ()")
        assert "read-only transaction" in caught.value.stderr
    finally:
        standby.close()


def test_kafka_keeps_records_over_a_kill_and_makes_no_topic_by_itself(kafka):
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic("harness", 1, 1)])["harness"].result(20)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce("harness", b"before")
    assert producer.flush(20) == 0
    kafka.kill()
    kafka.start()
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "harness"})
    consumer.assign([TopicPartition("harness", 0, 0)])
    try:
        message = wait_until(lambda: consumer.poll(1), 60, "the record is read back")
        assert message.value() == b"before"
    finally:
        consumer.close()
    producer.produce("never-made", b"x")
    producer.flush(3)
    listed = kafka.tool("org.apache.kafka.tools.TopicCommand", "--list").split()
    assert "harness" in listed
    assert "never-made" not in listed


def test_connect_has_the_debezium_plugin(connect):
    with urllib.request.urlopen(f"{connect.url}/connector-plugins", timeout=20) as answer:
        plugins = json.load(answer)
    versions = [each["version"] for each in plugins if each["class"] == POSTGRES_CONNECTOR]
    assert versions == ["3.7.0.Final"]


def test_connect_reads_secrets_from_its_folder_only(connect, postgres, database, tmp_path):
    inside = connect.secrets / "harness.properties"
    outside = tmp_path / "harness.properties"
    for file in (inside, outside):
        file.write_text(f"password={postgres.password}\n")
    assert _validation_errors(connect, postgres, database, inside) == []
    errors = _validation_errors(connect, postgres, database, outside)
    assert any("password authentication failed" in each for each in errors), errors


def _validation_errors(connect, postgres, database: str, secrets_file: Path) -> list[str]:
    """What Connect says about a connector whose password stands in secrets_file."""
    config = {
        "connector.class": POSTGRES_CONNECTOR,
        "name": "harness",
        "database.hostname": "127.0.0.1",
        "database.port": str(postgres.port),
        "database.user": "postgres",
        "database.password": f"${{file:{secrets_file}:password}}",
        "database.dbname": database.rsplit("/", 1)[1],
        "topic.prefix": "harness",
        "plugin.name": "pgoutput",
    }
    request = urllib.request.Request(
        f"{connect.url}/connector-plugins/{POSTGRES_CONNECTOR}/config/validate",
        data=json.dumps(config).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        report = json.load(answer)
    return [error for each in report["configs"] for error in each["value"]["errors"]]


def test_with_servers_passes_the_exit_code_and_removes_its_folder():
    done = subprocess.run(
        [WITH_SERVERS, "postgres", "--", "sh", "-c"]
        + [
            'psql "$STOREFRONT_TEST_POSTGRES_URL" -Atc "show wal_level"; echo "$STOREFRONT_TEST_SERVERS"; exit 7'
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    level, folder = done.stdout.split()
    assert level == "logical"
    assert not Path(folder).exists()


@pytest.mark.parametrize("arguments", [["postgres"], ["nosuch", "--", "true"], ["postgres", "--"]])
def test_with_servers_refuses_a_wrong_command_line(arguments):
    done = subprocess.run(
        [WITH_SERVERS, *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode != 0
    assert "--help" in done.stderr


def test_with_servers_leaves_nothing_when_it_is_killed():
    child = subprocess.Popen(
        [WITH_SERVERS, "postgres", "--", "sh", "-c", 'echo "$STOREFRONT_TEST_SERVERS"; sleep 600'],
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = Path(child.stdout.readline().strip())
    assert folder.is_dir()
    marked = [pid for pid in _pids() if str(folder) in _environment(pid)]
    assert marked
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    child.stdout.close()
    wait_until(lambda: not folder.exists(), 20, "the folder is removed")
    end = time.monotonic() + 10
    while any(str(folder) in _environment(pid) for pid in _pids()) and time.monotonic() < end:
        pass
    assert [pid for pid in marked if str(folder) in _environment(pid)] == []


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
