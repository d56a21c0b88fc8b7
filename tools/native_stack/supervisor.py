"""process-compose in a namespace of its own: the one supervisor of a native stack.

The lock of a stack is free exactly when nothing of it is left: every process inherits the
descriptor that holds it. The supervisor is pid 1 of its pid namespace, so the kernel ends every
process of the stack when it is killed.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from native_stack import namespace
from native_stack.kafka_jars import REPOSITORY
from native_stack.settings import Settings

ONE_SHOTS = {"postgres-init", "kafka-format", "migrate", "topic-policy", "connect-init"}
# A process that has ended that often before the stack was ready will not come up by itself.
HOPELESS_RESTARTS = 3


@dataclass(frozen=True)
class ProcessState:
    name: str
    status: str
    health: str  # Ready, Not Ready, or - without a probe
    probed: bool
    restarts: int
    exit_code: int
    pid: int
    age_seconds: float

    @property
    def done(self) -> bool:
        """As it should be: a one-shot has succeeded, a server answers."""
        if self.name in ONE_SHOTS:
            return self.status == "Completed" and self.exit_code == 0
        return self.status == "Running" and (not self.probed or self.health == "Ready")

    @property
    def failed(self) -> str:
        """Why it will not become so by itself; empty while it may."""
        if self.status == "Skipped":
            return "was skipped, because something it needs failed"
        if self.status == "Error":
            return "could not be started"
        if self.name in ONE_SHOTS and self.status == "Completed" and self.exit_code != 0:
            return f"ended with code {self.exit_code}"
        if self.name not in ONE_SHOTS and self.status == "Completed":
            return f"ended with code {self.exit_code} and is not started again"
        return ""


class Supervisor:
    """The stack in one folder, running or not."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.folder
        self._lock = self.folder / "lock"
        self._status = self.folder / "supervisor.json"

    # --- state

    def lock_is_free(self) -> bool:
        """True when no process of the stack is left."""
        if not self._lock.exists():
            return True
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def processes(self) -> list[ProcessState] | None:
        """None when the supervisor does not answer: not started yet, or gone."""
        body = self._call("GET", "/processes")
        if body is None:
            return None
        return sorted(
            (
                ProcessState(
                    name=each["name"],
                    status=each["status"],
                    health=each["is_ready"],
                    probed=each["has_ready_probe"],
                    restarts=each["restarts"],
                    exit_code=each["exit_code"],
                    pid=each["pid"],
                    age_seconds=each["age"] / 1e9,
                )
                for each in json.loads(body)["data"]
            ),
            key=lambda state: state.name,
        )

    def pid(self) -> int | None:
        """The supervisor's pid as this namespace sees it; None without a running stack."""
        if self.lock_is_free():
            return None
        with contextlib.suppress(OSError, json.JSONDecodeError, KeyError):
            pid = json.loads(self._status.read_text().splitlines()[0])["child-pid"]
            # The number may have been given to another process since.
            if Path(f"/proc/{pid}/comm").read_text().strip().startswith("process-compos"):
                return pid
        return None

    # --- start and stop

    def start(self, *, die_with_parent: bool = False) -> None:
        """Starts the supervisor and returns; the caller polls processes()."""
        self._status.unlink(missing_ok=True)
        (self.folder / "pc.sock").unlink(missing_ok=True)
        lock = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.open(self._status, os.O_CREAT | os.O_RDWR, 0o644)
        argv = [
            *("process-compose", "-f", "deploy/native/process-compose.yaml"),
            *(
                "-U",
                "-u",
                self._socket_argument(),
                "-L",
                str(self.settings.logs / "process-compose.log"),
            ),
            *("-t=false", "up"),
        ]
        line = namespace.command(argv, status_fd=status, die_with_parent=die_with_parent)
        with (self.settings.logs / "supervisor.log").open("ab") as output:
            self._outer = subprocess.Popen(
                line,
                cwd=REPOSITORY,
                env=self.settings.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock, status),
                start_new_session=True,
            )
        os.close(lock)
        os.close(status)

    def stop(self, seconds: float = 60) -> str:
        """Ends the stack and proves it. Returns how: "in order" or "by SIGKILL"."""
        if self._call("POST", "/project/stop", seconds) is None and (pid := self.pid()):
            os.kill(pid, signal.SIGTERM)  # the same order, without an answer
        if self._wait_for_lock(seconds):
            return "in order"
        self.kill()
        if not self._wait_for_lock(10):
            raise RuntimeError(f"processes of the stack are left: {self._lock} is still held")
        return "by SIGKILL"

    def kill(self) -> None:
        """SIGKILL to the supervisor; the kernel ends everything else."""
        if pid := self.pid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _wait_for_lock(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self.lock_is_free():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    # --- its API

    def _socket_argument(self) -> str:
        """A socket's path has at most 108 bytes: relative to the repository when that is shorter."""
        path = str(self.folder / "pc.sock")
        return min(path, os.path.relpath(path, REPOSITORY), key=len)

    def _call(self, method: str, path: str, seconds: float = 5) -> bytes | None:
        try:
            folder = os.open(self.folder, os.O_PATH)
        except OSError:
            return None
        try:
            connection = _UnixConnection(f"/proc/self/fd/{folder}/pc.sock", seconds)
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            os.close(folder)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
