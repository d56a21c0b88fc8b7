"""The native stack starts, stops and comes back; nothing of it is ever left over.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import signal
import socket
import threading
import time

import psycopg
import pytest
from native import OUR_SERVICES, REPOSITORY, SERVERS, NativeStack

from wait import wait_until

# Bounds in seconds on two cores: a stop, a start on data that is there, a start after SIGKILL of
# everything (sessions of the dead broker and worker run out first).
STOP, WARM_START, START_AFTER_KILL = 30, 25, 60
# From the cause of a failure to the end of `make up`, doctor's walk included.
FAILURE = 15


def serving_since(stack: NativeStack, service: str) -> float:
    """When the service said that it serves, by the clock of time.time()."""
    events = map(json.loads, stack.log(service).splitlines())
    said = next(event["ts"] for event in events if event["event"] == "listening")
    return datetime.datetime.fromisoformat(said).timestamp()


def test_a_running_stack_says_so(stack):
    again = stack.tool("up")
    assert again.returncode == 0, again.stderr
    assert "everything is as it should be" in again.stdout
    assert set(stack.states()) > set(SERVERS)


def test_logs_of_our_services_are_json_line_by_line(stack):
    for service in OUR_SERVICES:
        lines = stack.log(service).splitlines()
        assert lines, f"{service} has logged nothing"
        for line in lines:
            assert isinstance(json.loads(line), dict), f"{service}: {line}"


def test_down_leaves_nothing_and_data_survives(stack):
    with psycopg.connect(stack.postgres_url) as connection:
        connection.execute("create table if not exists public.lifecycle (id int)")
        connection.execute("insert into public.lifecycle values (1)")
    started = time.monotonic()
    assert "nothing left" in stack.down()
    assert time.monotonic() - started < STOP
    assert stack.supervisor.lock_is_free()
    assert stack.users_of_folder() == []
    again = stack.tool("down")
    assert again.returncode == 0
    assert "no stack is running" in again.stdout
    started = time.monotonic()
    stack.up()
    assert time.monotonic() - started < WARM_START
    with psycopg.connect(stack.postgres_url) as connection:
        assert connection.execute("select count(*) from public.lifecycle").fetchone() == (1,)
        connection.execute("drop table public.lifecycle")


def test_a_killed_supervisor_leaves_nothing_and_the_stack_starts_again(stack):
    stack.supervisor.kill()
    wait_until(stack.supervisor.lock_is_free, 1, "the lock is free a second after SIGKILL")
    assert stack.users_of_folder() == []
    started = time.monotonic()
    stack.up()
    assert time.monotonic() - started < START_AFTER_KILL


@pytest.mark.parametrize("process", SERVERS)
def test_a_killed_process_comes_back_by_itself(stack, process):
    before = stack.states()[process].restarts
    stack.kill(process)
    wait_until(lambda: stack.states()[process].restarts > before, 20, f"{process} starts again")
    stack.wait_ready(45)


def test_a_taken_port_is_named_with_its_taker(new_stack):
    stack = new_stack()
    with socket.create_server(("127.0.0.1", stack.port("connect"))):
        started = time.monotonic()
        done = stack.tool("up")
    assert done.returncode == 2
    assert time.monotonic() - started < FAILURE
    assert f"port {stack.port('connect')} for connect is taken by" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "set CONNECT_PORT" in done.stderr
    assert stack.supervisor.lock_is_free()


def test_a_broken_migration_ends_the_start_and_is_named(new_stack, tmp_path):
    migrations = shutil.copytree(REPOSITORY / "migrations", tmp_path / "migrations")
    (migrations / "V999__broken.sql").write_text("create table broken (id int;\n")
    stack = new_stack(MIGRATIONS_DIR=str(migrations))
    done = stack.tool("up")
    ended = time.time()
    assert done.returncode == 1
    # The cause is met as soon as migrator serves: the one-shot waits for that.
    assert ended - serving_since(stack, "migrator") < FAILURE
    assert "migrate ended with code" in done.stderr
    assert "V999__broken.sql" in done.stdout + done.stderr
    doctor = stack.tool("doctor")
    assert doctor.returncode == 1
    assert "broken at: migrations" in doctor.stderr


def test_a_wrong_debezium_password_ends_the_start_and_is_named(new_stack, tmp_path):
    secrets = shutil.copytree(REPOSITORY / "deploy/secrets/dev", tmp_path / "secrets")
    (secrets / "connect_secrets.properties").write_text("debezium_password=n0t-the-one\n")
    stack = new_stack(SECRETS_DIR=str(secrets))
    done = stack.tool("up")
    ended = time.time()
    assert done.returncode == 1
    assert "connect-init ended with code" in done.stderr
    # The cause is met as soon as connector-manager serves: the one-shot waits for that.
    assert ended - serving_since(stack, "connector-manager") < FAILURE
    doctor = stack.tool("doctor")
    assert doctor.returncode == 1
    assert "broken at: debezium role" in doctor.stderr
    assert "n0t-the-one" not in doctor.stdout + doctor.stderr + done.stdout + done.stderr


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_kafka_that_goes_away_ends_the_start_and_is_named(new_stack, how):
    stack = new_stack()
    done = []
    start = threading.Thread(target=lambda: done.append((stack.tool("up"), time.monotonic())))
    start.start()
    wait_until(
        lambda: (state := stack.states().get("kafka")) and state.health == "Ready",
        60,
        "Kafka answers",
    )
    if how == "frozen":
        stack.kill("kafka", signal.SIGSTOP)
    else:
        socket_path = os.path.relpath(stack.folder / "pc.sock", REPOSITORY)
        stopped = stack.tool(
            *("run", "process-compose", "-U", "-u", socket_path, "process", "stop", "kafka")
        )
        assert stopped.returncode == 0, stopped.stderr
    gone = time.monotonic()
    start.join(60)
    up, ended = done[0]
    assert up.returncode == 1
    assert ended - gone < FAILURE
    assert "not ready after" in up.stderr
    assert "kafka" in up.stderr.split("not ready after")[1].splitlines()[0], up.stderr
    doctor = stack.tool("doctor")
    assert doctor.returncode == 1
    assert "broken at: kafka" in doctor.stderr


def test_ten_stops_in_a_row_leave_nothing(new_stack):
    """Each at another moment of the start, most of them before it is ready."""
    stack = new_stack()
    for turn in range(10):
        start = threading.Thread(target=stack.tool, args=("up",))
        start.start()
        wait_until(lambda: len(stack.states()) > 0, 30, "the supervisor answers")
        wait_until(
            lambda turn=turn: sum(state.done for state in stack.states().values()) >= turn,
            60,
            f"{turn} processes are done",
        )
        assert "nothing left" in stack.down()
        start.join(30)
        assert stack.supervisor.lock_is_free()
        assert stack.users_of_folder() == []
    stack.up()
    assert "nothing left" in stack.down()
