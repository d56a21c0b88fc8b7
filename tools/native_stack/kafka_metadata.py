"""Does a Kafka broker answer a metadata request? Also a program: exit 0 when it does.

It imports next to nothing: the native stack runs it once a second.
SPDX-License-Identifier: Apache-2.0
"""

import socket
import struct

_METADATA, _VERSION = 3, 1


def kafka_answers(host: str, port: int, seconds: float = 2) -> bool:
    """True when a metadata request names a broker: an open port alone says nothing."""
    # api key, version, correlation id, no client id, no topics
    request = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _read(connection, 4))
            _, brokers = struct.unpack(">ii", _read(connection, size)[:8])
            return brokers >= 1
    except (OSError, struct.error):
        return False


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("connection closed")
        data += part
    return data


if __name__ == "__main__":
    import sys

    sys.exit(0 if kafka_answers(sys.argv[1], int(sys.argv[2])) else 1)
