"""The native stack starts, stops and comes back; nothing of it is ever left over.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import socket
import time

import psycopg
import pytest
from native import OUR_SERVICES, REPOSITORY, SERVERS

from wait import wait_until

# Bounds in seconds on two cores: a stop, a start on data that is there, a start after SIGKILL of
# everything (sessions of the dead broker and worker run out first).
STOP, WARM_START, START_AFTER_KILL = 30, 25, 60


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
    assert time.monotonic() - started < 15
    assert f"port {stack.port('connect')} for connect is taken by" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "set CONNECT_PORT" in done.stderr
    assert stack.supervisor.lock_is_free()


def test_a_broken_migration_ends_the_start_and_is_named(new_stack, tmp_path):
    migrations = shutil.copytree(REPOSITORY / "migrations", tmp_path / "migrations")
    (migrations / "V999__broken.sql").write_text("create table broken (id int;\n")
    stack = new_stack(MIGRATIONS_DIR=str(migrations))
    done = stack.tool("up")
    assert done.returncode == 1
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
    events = map(json.loads, stack.log("connector-manager").splitlines())
    met = next(event["ts"] for event in events if event["event"] == "listening")
    assert ended - datetime.datetime.fromisoformat(met).timestamp() < 15
    doctor = stack.tool("doctor")
    assert doctor.returncode == 1
    assert "broken at: debezium role" in doctor.stderr
    assert "n0t-the-one" not in doctor.stdout + doctor.stderr + done.stdout + done.stderr
