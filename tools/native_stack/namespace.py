"""Programs in a user and pid namespace of their own, by bubblewrap.

Why: Postgres refuses to run as root, and inside the namespace nobody is root; and when the first
process of a pid namespace ends, the kernel ends all the others at once, so nothing is left over.
Files stay the caller's: the uid inside is mapped to the caller's uid.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def identity() -> tuple[int, int]:
    """The uid and gid inside: those of `postgres` for root, else the caller's own."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


def command(
    argv: Sequence[str], *, status_fd: int | None = None, die_with_parent: bool = True
) -> list[str]:
    """The bwrap command line that runs argv as pid 1 of a new namespace."""
    uid, gid = identity()
    line = ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--tmpfs", "/dev/shm"]
    line += ["--unshare-user", "--uid", str(uid), "--gid", str(gid)]
    line += ["--unshare-ipc", "--unshare-pid", "--as-pid-1"]
    if die_with_parent:
        line.append("--die-with-parent")
    if status_fd is not None:
        line += ["--json-status-fd", str(status_fd)]
    return [*line, "--", *argv]


class Exited(RuntimeError):
    """The program ended although it should run; the message has the end of its log."""


class Process:
    """One program as pid 1 of its namespace, its output in a log file.

    Start it in the main thread: the kernel's parent-death signal follows the thread that started
    the child, not the process.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        read_end, write_end = os.pipe()
        # bwrap also writes the exit code there at the end: closed early, SIGPIPE would end it.
        self._status = os.fdopen(read_end, "rb")
        with log.open("ab") as output:
            try:
                self._outer = subprocess.Popen(
                    command(argv, status_fd=write_end),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    cwd=cwd,
                    pass_fds=(write_end,),
                )
            finally:
                os.close(write_end)
        ready, _, _ = select.select([self._status], [], [], 30)
        line = self._status.readline() if ready else b""
        if not line:
            self._outer.kill()
            self._outer.wait()
            raise Exited(f"{name} did not start\n{self.log_tail()}")
        self.pid: int = json.loads(line)["child-pid"]
        """Pid, seen from the caller, of the program itself."""

    def running(self) -> bool:
        return self._outer.poll() is None

    def require_running(self) -> None:
        if not self.running():
            code = self._outer.returncode
            raise Exited(f"{self.name} ended with code {code}\n{self.log_tail()}")

    def send(self, number: int) -> None:
        """Sends a signal to the program; its children get none of it."""
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def send_to_all(self, number: int) -> None:
        """Sends a signal to every process of the namespace: SIGSTOP and SIGCONT freeze a server."""
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def members(self) -> list[int]:
        """Pids, seen from the caller, of every process in the namespace."""
        return list(namespace_members(self.pid)) if self.running() else []

    def wait(self, seconds: float) -> int:
        return self._outer.wait(seconds)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 60) -> None:
        """Ends the program in order; SIGKILL when it takes longer than `seconds`."""
        self.send(number)
        try:
            self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Exited(
                f"{self.name} did not stop within {seconds} s\n{self.log_tail()}"
            ) from None

    def kill(self) -> None:
        """SIGKILL to pid 1 of the namespace: the kernel ends the whole namespace with it."""
        self.send(signal.SIGKILL)
        self.wait(30)

    def log_tail(self, lines: int = 30) -> str:
        return tail(self.log, lines)


def namespace_members(first: int) -> Iterator[int]:
    """Every process that lives in the pid namespace of process `first`."""
    try:
        wanted = os.readlink(f"/proc/{first}/ns/pid")
    except OSError:
        return
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{entry}/ns/pid") == wanted:
                    yield int(entry)


def tail(path: Path, lines: int = 30) -> str:
    """The last lines of a log, under its name; for messages."""
    try:
        text = path.read_text(errors="replace").splitlines()
    except OSError:
        return f"(no log at {path})"
    return "\n".join([f"--- {path}", *text[-lines:], "---"])


def poll(check, deadline_seconds: float, what: str, *, alive: Process | None = None) -> None:
    """Calls check until it is true. Raises TimeoutError, or Exited as soon as `alive` has ended."""
    end = time.monotonic() + deadline_seconds
    while not check():
        if alive is not None:
            alive.require_running()
        if time.monotonic() > end:
            log = f"\n{alive.log_tail()}" if alive is not None else ""
            raise TimeoutError(f"{what}: not within {deadline_seconds} s{log}")
        time.sleep(0.05)
