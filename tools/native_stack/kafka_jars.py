"""The jars of Kafka and the Debezium plugin: resolved by Maven once, shared by every clone.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
POM = REPOSITORY / "deploy/kafka/pom.xml"


@dataclass(frozen=True)
class KafkaJars:
    root: Path

    @property
    def class_path(self) -> str:
        return f"{self.root}/libs/*"

    @property
    def plugin_path(self) -> Path:
        return self.root / "plugins"


def cache_folder() -> Path:
    """Where everything is kept that another clone can use again."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "storefront-cdc"


def kafka_jars() -> KafkaJars:
    """The folder for this pom.xml, made if missing. A second caller waits for the first."""
    key = hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    folder = cache_folder() / "dist"
    root = folder / key
    if (root / ".complete").exists():
        return KafkaJars(root)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / ".complete").exists():
            _resolve(root)
    return KafkaJars(root)


def _resolve(root: Path) -> None:
    print("kafka-jars: fetching Kafka and Debezium, once (about 60 MB)", file=sys.stderr)
    building = root.with_suffix(".tmp")
    shutil.rmtree(building, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
    log = root.with_suffix(".log")
    with log.open("wb") as output:
        done = subprocess.run(
            ["mvn", "-B", "-ntp", "-f", str(POM), "package", f"-Ddist={building}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        shutil.rmtree(building, ignore_errors=True)
        last = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise SystemExit(f"kafka-jars: Maven failed; the end of {log}:\n{last}")
    (building / ".complete").touch()
    building.rename(root)
    log.unlink()
