"""start_service gives a real process of ours and leaves none.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import signal
import urllib.request

import pytest


def test_a_service_starts_on_ports_of_its_own_and_stops_cleanly(start_service):
    gateway = start_service("gateway", {"log_level": "debug"})
    assert os.path.exists(f"/proc/{gateway.pid}")
    with urllib.request.urlopen(f"{gateway.url}/livez", timeout=5) as answer:
        assert answer.status == 200
    assert any(name.startswith("go_goroutines") for name in gateway.metrics())
    assert gateway.terminate() == 0
    assert gateway.log, "the log is empty"
    pid = gateway.pid
    gateway.start()
    assert gateway.pid != pid
    assert gateway.is_live()


def test_a_service_that_ends_at_once_shows_its_log(start_service):
    with pytest.raises(
        AssertionError, match="(?s)ended with code 2.*NO_SUCH_SETTING is not a setting"
    ):
        start_service("gateway", {"no_such_setting": 1})


def test_a_service_that_crashes_fails_its_test(start_service):
    migrator = start_service("migrator", {"database_url": "postgresql://127.0.0.1:1/none"})
    os.kill(migrator.pid, signal.SIGSEGV)
    migrator.process.wait(10)
    with pytest.raises(AssertionError, match="(?s)migrator crashed: SIGSEGV.*listening"):
        migrator.close()


def test_a_missing_binary_is_a_failure(start_service):
    with pytest.raises(FileNotFoundError, match="make build"):
        start_service("no-such-service")
