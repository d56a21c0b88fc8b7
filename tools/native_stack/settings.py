"""The stack's variables: .env, the environment above it, and what is derived from both.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from native_stack import backends
from native_stack.kafka_jars import REPOSITORY, KafkaJars

# Whose metrics port is METRICS_PORT_BASE plus the index.
METRICS = ("GATEWAY", "SEEDER", "MIGRATOR", "CONNECTOR_MANAGER", "TOPIC_ADMIN")
# Variable of each port that the stack opens → the process that opens it.
PORTS = {
    "POSTGRES_PORT": "postgres",
    "KAFKA_PORT": "kafka",
    "KAFKA_CONTROLLER_PORT": "kafka",
    "CONNECT_PORT": "connect",
    "GATEWAY_PORT": "gateway",
    "SEEDER_PORT": "seeder",
    "MIGRATOR_PORT": "migrator",
    "CONNECTOR_MANAGER_PORT": "connector-manager",
    "TOPIC_ADMIN_PORT": "topic-admin",
}


class SettingsError(Exception):
    """A sentence for the user."""


def read_env_file(path: Path) -> dict[str, str]:
    """The plain `NAME=value` lines of .env; connector-manager reads the full grammar."""
    values = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", line)
        if not found:
            raise SettingsError(f"{path}:{number}: not NAME=value: {line}")
        value = found[2].strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[found[1]] = value
    return values


@dataclass(frozen=True)
class Settings:
    """`environment` is what every process of the stack gets; `folder` is STACK_DIR, absolute."""

    environment: dict[str, str]
    folder: Path

    def __getitem__(self, name: str) -> str:
        return self.environment[name]

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def ports(self) -> dict[str, tuple[int, str]]:
        """Every port that must be free: variable → (port, process)."""
        wanted = {name: (int(self[name]), process) for name, process in PORTS.items()}
        for name in METRICS:
            process = name.lower().replace("_", "-")
            wanted[f"{name}_METRICS_PORT"] = (int(self[f"{name}_METRICS_PORT"]), process)
        return wanted

    def address(self, name: str) -> str:
        """host:port that a client dials: `address("GATEWAY")`."""
        return f"{self['CLIENT_ADDR']}:{self[name + '_PORT']}"

    def save(self) -> None:
        """What a running stack was started with, for the commands that come after."""
        names = [*PORTS, "METRICS_PORT_BASE", "BIND_ADDR", "SECRETS_DIR", "POSTGRES_DB"]
        text = json.dumps({name: self[name] for name in names}, indent=1)
        (self.folder / "settings.json").write_text(text + "\n")


def load(jars: KafkaJars | None = None) -> Settings:
    """The settings of a stack that is about to start, or that runs in STACK_DIR."""
    shipped = read_env_file(REPOSITORY / ".env")
    values = {**shipped, **{name: os.environ[name] for name in shipped if name in os.environ}}
    folder = _absolute(values["STACK_DIR"])
    saved = folder / "settings.json"
    if saved.exists() and jars is None:  # a command beside a running stack
        values |= json.loads(saved.read_text())
    for name in [*PORTS, "METRICS_PORT_BASE"]:
        if not values[name].isdecimal() or not 0 < int(values[name]) < 65536:
            raise SettingsError(f"{name}={values[name]} is not a port")
    client = backends.reachable(values["BIND_ADDR"])
    secrets = _absolute(values["SECRETS_DIR"])
    preset = os.environ.get("PRESET", "release")
    derived = {
        "STACK_DIR": str(folder),
        "STACK_LOGS": str(folder / "logs"),
        "STACK_BIN": os.environ.get("STACK_BIN", f"{REPOSITORY}/build/{preset}/bin"),
        "STACK_JVM_FLAGS": os.environ.get("STACK_JVM_FLAGS", ""),
        "REPOSITORY": str(REPOSITORY),
        "SECRETS_DIR": str(secrets),
        "CLIENT_ADDR": client,
        # The templates' view of the stack: natively the database is where the services find it.
        "POSTGRES_HOST": client,
        "CONNECT_SECRETS_FILE": f"{secrets}/connect_secrets.properties",
        "MIGRATIONS_DIR": os.environ.get("MIGRATIONS_DIR", f"{REPOSITORY}/migrations"),
        "POSTGRES_BIN": str(backends.POSTGRES_BIN),
        "DATABASE_URL": f"postgresql://postgres@{client}:{values['POSTGRES_PORT']}/{values['POSTGRES_DB']}",
        "KAFKA_CLASS_PATH": jars.class_path if jars else "",
        "LC_ALL": "C.UTF-8",
        "PC_DISABLE_DOTENV": "1",
    }
    for index, name in enumerate(METRICS):
        derived[f"{name}_METRICS_PORT"] = str(int(values["METRICS_PORT_BASE"]) + index)
    for name in ("SEEDER", "MIGRATOR", "CONNECTOR_MANAGER", "TOPIC_ADMIN", "GATEWAY", "POSTGRES"):
        derived[f"STOREFRONT_CTL_{name}_ADDRESS"] = f"{client}:{values[name + '_PORT']}"
    for name in ("KAFKA", "CONNECT"):
        derived[f"STOREFRONT_CTL_{name}_ADDRESS"] = f"{client}:{values[name + '_PORT']}"
    derived["STOREFRONT_CTL_LOGS"] = str(folder / "logs")
    return Settings({**os.environ, **values, **derived}, folder)


def _absolute(path: str) -> Path:
    return Path(os.path.normpath(REPOSITORY / path))
