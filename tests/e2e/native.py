"""A native stack of the tests' own: own folder, own ports, the programs of PRESET.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))
sys.path.insert(0, str(REPOSITORY / "tests"))

import grpc

from native_stack import backends, namespace, ports
from native_stack.settings import PORTS, Settings
from native_stack.supervisor import ProcessState, Supervisor
from services import preset
from wait import wait_until

OUR_SERVICES = ("migrator", "seeder", "topic-admin", "connector-manager", "gateway")
SERVERS = ("postgres", "kafka", "connect", *OUR_SERVICES, "ready")
_STACK_VARIABLES = (*PORTS, "METRICS_PORT_BASE", "BIND_ADDR", "SECRETS_DIR", "MIGRATIONS_DIR")


class NativeStack:
    """`tools/stack` with variables of its own. Addresses hold for the life of the object.

    postgres_url, kafka, connect_url, gateway_url; address("seeder") is host:port of a service.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], **variables: str) -> None:
        self.folder = folder / "stack"
        self.variables = {
            "STACK_DIR": str(self.folder),
            "METRICS_PORT_BASE": str(ports.reserve_block(5)),
            # The second compiler does not pay off in a stack that lives for a minute.
            "STACK_JVM_FLAGS": " ".join(backends.SHORT_LIVED_JVM),
            "PRESET": preset(),
            **{name: str(ports.reserve()) for name in PORTS},
            **variables,
        }
        clean = {key: value for key, value in environment.items() if not _is_of_a_stack(key)}
        self.environment = {**clean, **self.variables}
        self.supervisor = Supervisor(Settings(self.environment, self.folder))

    # --- addresses

    def port(self, name: str) -> int:
        return int(self.variables[f"{name.upper().replace('-', '_')}_PORT"])

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self.port(name)}"

    @property
    def kafka(self) -> str:
        return self.address("kafka")

    @property
    def connect_url(self) -> str:
        return f"http://{self.address('connect')}"

    @property
    def gateway_url(self) -> str:
        return f"http://{self.address('gateway')}"

    @property
    def postgres_url(self) -> str:
        return f"postgresql://postgres:postgres@{self.address('postgres')}/storefront"

    def channel(self, service: str) -> grpc.Channel:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 500)]
        return grpc.insecure_channel(self.address(service), options=options)

    # --- life

    def tool(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """`tools/stack ARGUMENTS`; the caller looks at returncode, stdout and stderr."""
        return subprocess.run(
            [str(REPOSITORY / "tools/stack"), *arguments],
            env=self.environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def ctl(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """`storefrontctl ARGUMENTS` with the addresses of this stack."""
        return self.tool("run", "storefrontctl", *arguments, seconds=seconds)

    def up(self) -> str:
        done = self.tool("up")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def down(self) -> str:
        done = self.tool("down")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Ends it the quick way and proves it."""
        self.supervisor.kill()
        wait_until(self.supervisor.lock_is_free, 10, f"nothing is left of {self.folder}")

    # --- what runs

    def states(self) -> dict[str, ProcessState]:
        return {state.name: state for state in self.supervisor.processes() or []}

    def wait_ready(self, deadline: float = 60) -> None:
        """Until every process is as it should be; a failure lists those that are not."""

        def unwell() -> list[str]:
            states = self.states()
            return [str(each) for each in states.values() if not each.done] if states else ["all"]

        try:
            wait_until(lambda: not unwell(), deadline, "the stack is well")
        except AssertionError as error:
            raise AssertionError(f"{error}; not well: {unwell()}") from None

    def pid(self, process: str) -> int:
        """Pid, as the test sees it, of one process of the stack."""
        wanted = self.states()[process].pid
        first = self.supervisor.pid()
        assert first is not None, "the stack does not run"
        for pid in namespace.namespace_members(first):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                numbers = re.search(r"^NSpid:\s+(.*)$", status, re.MULTILINE)
                if numbers and int(numbers[1].split()[-1]) == wanted:
                    return pid
        raise AssertionError(f"{process} has no process {wanted}")

    def kill(self, process: str, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid(process), number)

    def users_of_folder(self) -> list[str]:
        """Processes that hold a file below the stack's folder."""
        users = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                for descriptor in os.listdir(f"/proc/{entry}/fd"):
                    with contextlib.suppress(OSError):
                        target = os.readlink(f"/proc/{entry}/fd/{descriptor}")
                        if target.startswith(f"{self.folder}/"):
                            name = Path(f"/proc/{entry}/comm").read_text().strip()
                            users.append(f"{name} ({entry}): {target}")
        return users

    def report(self) -> str:
        """For a failed test: every process, and the last lines of those that are not well."""
        states = sorted(self.states().values(), key=lambda state: state.done)
        lines = [str(state) for state in states]
        if not states:
            lines.append(namespace.tail(self.folder / "logs/supervisor.log", 20))
        for state in states:
            if not state.done or state.restarts:
                lines.append(namespace.tail(self.folder / f"logs/{state.name}.log", 20))
        return "\n".join([f"stack in {self.folder}:", *lines])

    def log(self, process: str) -> str:
        return (self.folder / f"logs/{process}.log").read_text(errors="replace")


def _is_of_a_stack(variable: str) -> bool:
    """Variables of a developer's own stack must not leak into one of the tests."""
    if variable == "STOREFRONT_TEST_SCRATCH" or variable.startswith("STOREFRONT_CDC_"):
        return False
    return variable.startswith("STOREFRONT_") or variable in _STACK_VARIABLES
