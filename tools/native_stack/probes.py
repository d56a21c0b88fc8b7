"""Does a backend answer? Each probe is one question with its own time limit.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import urllib.error
import urllib.request

from native_stack.backends import psql

_METADATA, _VERSION = 3, 1


def postgres_answers(host: str, port: int, password: str) -> bool:
    """True when a superuser gets an answer and logical decoding is on."""
    parts = {"PGHOST": host, "PGPORT": str(port), "PGUSER": "postgres"}
    parts |= {"PGPASSWORD": password, "PGDATABASE": "postgres"}
    try:
        return psql(parts, "show wal_level", seconds=5) == "logical"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False


def kafka_answers(host: str, port: int, seconds: float = 2) -> bool:
    """True when a metadata request names a broker: an open port alone says nothing."""
    # api key, version, correlation id, no client id, no topics
    request = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)
    with contextlib.suppress(OSError, struct.error), socket.create_connection(
        (host, port), timeout=seconds
    ) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        _, brokers = struct.unpack(">ii", _read(connection, size)[:8])
        return brokers >= 1
    return False


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("connection closed")
        data += part
    return data


def connect_answers(url: str, seconds: float = 12) -> bool:
    """True when the worker says that it has joined its group. `/` answers long before that."""
    with contextlib.suppress(urllib.error.URLError, OSError):
        with urllib.request.urlopen(f"{url}/health", timeout=seconds) as answer:
            return answer.status == 200
    return False
