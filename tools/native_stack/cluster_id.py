"""A new Kafka cluster id, as kafka-storage's random-uuid makes them: 22 characters of base64url.

Run as a program it prints one.
SPDX-License-Identifier: Apache-2.0
"""

import base64
import uuid


def new_cluster_id(number: bytes = b"") -> str:
    """Never begins with `-`: the command line of StorageTool would take that for an option."""
    number = number or uuid.uuid4().bytes
    number = bytes([number[0] & 0x7F]) + number[1:]  # the first character is a letter
    return base64.urlsafe_b64encode(number).decode().rstrip("=")


if __name__ == "__main__":
    print(new_cluster_id())
