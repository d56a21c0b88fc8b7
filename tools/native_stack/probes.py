"""Does a backend answer? Each probe is one question with its own time limit.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request

from native_stack.backends import psql
from native_stack.kafka_metadata import kafka_answers

__all__ = ["connect_answers", "kafka_answers", "postgres_answers"]


def postgres_answers(host: str, port: int, password: str) -> bool:
    """True when a superuser gets an answer and logical decoding is on."""
    parts = {"PGHOST": host, "PGPORT": str(port), "PGUSER": "postgres"}
    parts |= {"PGPASSWORD": password, "PGDATABASE": "postgres"}
    try:
        return psql(parts, "show wal_level", seconds=5) == "logical"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False


def connect_answers(url: str, seconds: float = 12) -> bool:
    """True when the worker says that it has joined its group. `/` answers long before that."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=seconds) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
