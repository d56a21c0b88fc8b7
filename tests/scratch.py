"""A temporary folder that goes away with its owner, however the owner ends.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Self

MARKER = "STOREFRONT_TEST_SCRATCH"

# Waits for the owner's end of the pipe to close, which the kernel does even for SIGKILL. Then ends
# every process that carries the marker in its environment and removes the folder.
_JANITOR = f"""
cat >/dev/null
for round in 1 2 3; do
  found=$(grep -lzxF "{MARKER}=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3)
  [ -z "$found" ] || kill -KILL $found 2>/dev/null
  rm -rf --one-file-system "$1" 2>/dev/null && [ -z "$found" ] && exit 0
done
rm -rf --one-file-system "$1"
"""


class Scratch:
    """Use as a context manager. Processes started with `environment()` end with the folder."""

    def __init__(self, prefix: str = "storefront-test-") -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        read_end, self._owner_end = os.pipe()
        try:
            self._janitor = subprocess.Popen(
                ["sh", "-c", _JANITOR, "janitor", str(self.path)],
                stdin=read_end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name != MARKER},
                start_new_session=True,  # Ctrl-C is for the owner
            )
        finally:
            os.close(read_end)

    def environment(self) -> dict[str, str]:
        return {**os.environ, MARKER: str(self.path)}

    def folder(self, name: str) -> Path:
        """A new folder; a name that is taken gets a number."""
        made = self.path / name
        number = 1
        while made.exists():
            number += 1
            made = self.path / f"{name}-{number}"
        made.mkdir(mode=0o700)
        return made

    def close(self) -> None:
        if self._owner_end >= 0:
            os.close(self._owner_end)
            self._owner_end = -1
            self._janitor.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
