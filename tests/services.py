"""One of our own processes, started from the build folder with settings of a test.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tools"))

from native_stack import ports
from native_stack.namespace import tail
from wait import wait_until

Stub = TypeVar("Stub")
_PR_SET_PDEATHSIG = 1
# How a program dies of a fault of its own: a bad access, a failed check, a sanitizer's finding.
_FAULTS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_libc = ctypes.CDLL(None)


def preset() -> str:
    return os.environ.get("PRESET", "release")


def binary(name: str) -> Path:
    """A built program. A missing one is a failure, never a skip."""
    path = REPOSITORY / "build" / preset() / "bin" / name
    if not path.exists():
        raise FileNotFoundError(
            f"{path.relative_to(REPOSITORY)} is not built; run make build PRESET={preset()}"
        )
    return path


def die_with_parent() -> None:
    """For preexec_fn: the kernel ends the child when the test runner dies."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def environment_of(name: str, settings: Mapping[str, object]) -> dict[str, str]:
    """The variables for settings: foo_bar of connector-manager is
    STOREFRONT_CONNECTOR_MANAGER_FOO_BAR. Booleans and numbers are written as services read them."""
    prefix = f"STOREFRONT_{name.replace('-', '_').upper()}_"
    texts = {True: "true", False: "false"}
    return {
        prefix + key.upper(): texts[value] if isinstance(value, bool) else str(value)
        for key, value in settings.items()
    }


class Service:
    """A running service. Made by the fixture start_service, which ends it.

    address      host:port of gRPC, of the gateway HTTP; it stays over a restart
    metrics_url  http://host:port/metrics
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, object],
        *,
        folder: Path,
        base_environment: Mapping[str, str],
        env: Mapping[str, str],
    ) -> None:
        self.name = name
        self.address = str(settings.get("listen") or f"127.0.0.1:{ports.reserve()}")
        metrics = str(settings.get("metrics_listen") or f"127.0.0.1:{ports.reserve()}")
        self.metrics_url = f"http://{metrics}/metrics"
        self.folder = folder
        self.log_path = folder / f"{name}.log"
        self._channels: list[grpc.Channel] = []
        self._process: subprocess.Popen | None = None
        full = {**settings, "listen": self.address, "metrics_listen": metrics}
        # A developer's own STOREFRONT_* variables must not leak into a test.
        clean = {
            key: value
            for key, value in base_environment.items()
            if not key.startswith("STOREFRONT_")
            or key.startswith(("STOREFRONT_TEST_", "STOREFRONT_CDC_"))
        }
        self.environment = {**clean, **environment_of(name, full), **env}

    # --- life

    @property
    def process(self) -> subprocess.Popen:
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def spawn(self) -> None:
        self._check_end()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [str(binary(self.name))],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509  one prctl, no lock can be held
            )

    def start(self, deadline: float = 30) -> None:
        """Starts it (again) and waits until it serves; dependencies may be missing."""
        self.spawn()
        self._poll(self.is_live, deadline, "serves")

    def wait_ready(self, deadline: float = 60) -> None:
        """Waits until its dependencies are reached."""
        self._poll(self.is_ready, deadline, "is ready")

    def terminate(self, deadline: float = 20) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(deadline)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def restart(self) -> None:
        self.terminate()
        self.start()

    def close(self) -> None:
        for channel in self._channels:
            channel.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(
                    f"{self.name} did not stop on SIGTERM\n{self.tail()}"
                ) from None
        self._check_end()

    def _check_end(self) -> None:
        """A test may kill a service; none may crash, whether the test notices or not."""
        code = None if self._process is None else self._process.poll()
        if code is not None and -code in _FAULTS:
            self._process = None  # told once
            raise AssertionError(
                f"{self.name} crashed: {signal.Signals(-code).name}\n{self.tail()}"
            )

    # --- talking to it

    def channel(self) -> grpc.Channel:
        """A new plaintext channel, closed with the service. Reconnects within a second."""
        made = grpc.insecure_channel(
            self.address,
            options=[("grpc.max_reconnect_backoff_ms", 500), ("grpc.use_local_subchannel_pool", 1)],
        )
        self._channels.append(made)
        return made

    def stub(self, make: Callable[[grpc.Channel], Stub]) -> Stub:
        """`service.stub(migrator_pb2_grpc.MigratorServiceStub)` on a channel of its own."""
        return make(self.channel())

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def is_live(self) -> bool:
        return self._healthy("", "/livez")

    def is_ready(self) -> bool:
        return self._healthy("readiness", "/readyz")

    def _healthy(self, name: str, path: str) -> bool:
        if self.name == "gateway":
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:
                return answer.status == 200
        with grpc.insecure_channel(self.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=2)
            return answer.status == health_pb2.HealthCheckResponse.SERVING

    def metrics(self) -> dict[str, float]:
        """All samples of /metrics: `name{label="value"}` → value."""
        with urllib.request.urlopen(self.metrics_url, timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    # --- its log

    @property
    def log(self) -> list[dict]:
        """Every log line, parsed; a line that is not JSON fails the test."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def events(self, event: str) -> list[dict]:
        return [line for line in self.log if line.get("event") == event]

    def tail(self, lines: int = 30) -> str:
        return tail(self.log_path, lines)

    def _poll(self, check: Callable[[], bool], deadline: float, what: str) -> None:
        def ended_or_done() -> bool:
            return self.process.poll() is not None or check()

        try:
            wait_until(ended_or_done, deadline, f"{self.name} {what}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None
        code = self.process.poll()
        assert code is None, f"{self.name} ended with code {code}\n{self.tail()}"
