"""The fault injector does what its rules say, on plain sockets and on a real Postgres.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import socket
import threading
import time
import urllib.parse

import psycopg
import pytest

from tcp_gate import TO_CLIENT, TO_SERVER
from wait import wait_until


@pytest.fixture
def echo():
    """A server that sends every byte back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass
        connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _dial(gate) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gate.port), timeout=5)


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            break
        data += part
    return data


def test_bytes_pass_both_ways_unchanged(gate, echo):
    proxy = gate("127.0.0.1", echo)
    with _dial(proxy) as connection:
        payload = bytes(range(256)) * 4000
        threading.Thread(target=connection.sendall, args=(payload,), daemon=True).start()
        assert _read(connection, len(payload)) == payload
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""  # the end of the stream passes as well


def test_held_bytes_arrive_after_forward(gate, echo):
    proxy = gate("127.0.0.1", echo)
    with _dial(proxy) as connection:
        proxy.hold(TO_SERVER)
        connection.sendall(b"late")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(4)
        connection.settimeout(5)
        proxy.forward()
        assert _read(connection, 4) == b"late"


def test_a_drip_is_slow_but_complete(gate, echo):
    proxy = gate("127.0.0.1", echo)
    with _dial(proxy) as connection:
        proxy.drip(TO_CLIENT, pause=0.02)
        started = time.monotonic()
        connection.sendall(b"0123456789")
        assert _read(connection, 10) == b"0123456789"
        assert time.monotonic() - started >= 0.15


def test_nothing_passes_from_the_pattern_on(gate, echo):
    proxy = gate("127.0.0.1", echo)
    with _dial(proxy) as connection:
        proxy.drop_from(TO_SERVER, b"COMMIT")
        connection.sendall(b"before CO")
        assert _read(connection, 9) == b"before CO"  # a pattern split over two packets
        connection.sendall(b"MMIT after")
        wait_until(lambda: proxy.hits == 1, 5, "the rule fires")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    with _dial(proxy) as again:
        again.sendall(b"COMMIT")
        assert _read(again, 6) == b"COMMIT"


@pytest.mark.parametrize("rule", ["cut", "cut_at", "cut_after"])
def test_a_cut_resets_the_client(gate, echo, rule):
    proxy = gate("127.0.0.1", echo)
    with _dial(proxy) as connection:
        connection.sendall(b"x")
        assert _read(connection, 1) == b"x"
        if rule == "cut":
            proxy.cut(refuse=True)
        elif rule == "cut_at":
            proxy.cut_at(TO_CLIENT, b"END")
        else:
            proxy.cut_after(TO_SERVER, 4)
        if rule != "cut":
            connection.sendall(b"more END")
        got = b""
        try:
            while part := connection.recv(100):
                got += part
        except ConnectionResetError:
            pass
        assert b"END" not in got
        assert len(got) <= 5
    wait_until(lambda: proxy.connections == 0, 5, "the gate forgets the connection")


def test_both_halves_of_a_lost_commit_can_be_made(gate, database):
    """The gate's own proof on Postgres: same code for the client, opposite outcome on the server."""
    url = urllib.parse.urlsplit(database)
    proxy = gate(url.hostname, url.port)
    through = database.replace(f":{url.port}/", f":{proxy.port}/")
    with psycopg.connect(database, autocommit=True) as direct:
        direct.execute("create table t (twin text)")
        for twin in ("request lost", "reply lost"):
            connection = psycopg.connect(through, connect_timeout=5)
            connection.execute("insert into t values (%s)", [twin])
            hits = proxy.hits
            if twin == "request lost":
                proxy.drop_from(TO_SERVER, b"COMMIT")
            else:
                proxy.lose_reply_to(b"COMMIT")
            outcome: list[Exception] = []
            thread = threading.Thread(target=_commit, args=(connection, outcome))
            thread.start()
            wait_until(lambda: proxy.hits > hits, 10, "COMMIT passes the gate")  # noqa: B023
            if twin == "reply lost":
                wait_until(lambda: _rows(direct), 10, "the server has committed")
            proxy.cut()
            thread.join(20)
            assert outcome and isinstance(outcome[0], psycopg.OperationalError), outcome
            connection.close()
        wait_until(lambda: _rows(direct) == [("reply lost",)], 10, "one of the twins is there")


def _rows(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute("select twin from t order by 1").fetchall()


def _commit(connection: psycopg.Connection, outcome: list[Exception]) -> None:
    try:
        connection.commit()
        outcome.append(AssertionError("the commit was answered"))
    except Exception as error:  # noqa: BLE001
        outcome.append(error)
