"""Free ports that stay ours, and the name of whoever holds a port that is not.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below the range that the kernel hands out for outgoing connections: nobody takes these by chance.
_FIRST, _LAST = 20_000, 32_000
_held: dict[int, int] = {}  # port -> descriptor of its lock, kept until the process ends


def reserve() -> int:
    """A free port on 127.0.0.1 that no other caller of this function gets while we live.

    Children do not inherit the lock; a server that takes the port holds it by itself.
    """
    return reserve_block(1)


def reserve_block(size: int) -> int:
    """The first of `size` free ports in a row, each reserved as by reserve()."""
    for first in random.sample(range(_FIRST, _LAST - size), 2000):
        block = range(first, first + size)
        if not any(port in _held for port in block) and all(_take(port) for port in block):
            return first
        # Of a block that was refused, the ports taken so far stay ours; there are plenty.
    raise RuntimeError(f"no {size} free ports between {_FIRST} and {_LAST}")


def _take(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"storefront-cdc-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True, mode=0o700)
    lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    if not is_free("127.0.0.1", port):
        os.close(lock)
        return False
    _held[port] = lock
    return True


def is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def taker(port: int) -> str:
    """`java (pid 4711)`: who listens on the port, as far as this user may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{entry}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{entry}/fd/{descriptor}") in inodes:
                        name = Path(f"/proc/{entry}/comm").read_text().strip()
                        return f"{name} (pid {entry})"
    return "a process of another user"
