"""A program of ours on a pseudo-terminal, as a person sees it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import os
import pty
import subprocess
from typing import Any

from services import die_with_parent


def spawn_on_terminal(ctl: Any, *arguments: str) -> tuple[subprocess.Popen, int]:
    """The program with all three streams on a pseudo-terminal, and our end of that.

    ctl has `program` and `environment`.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [ctl.program, *arguments],
        env={**ctl.environment, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=die_with_parent,
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    return process, ours


def read_more(descriptor: int, seen: bytearray) -> bytearray:
    """What the terminal shows since the last call is added to `seen`."""
    try:
        seen += os.read(descriptor, 65536)
    except (BlockingIOError, OSError):
        pass
    return seen
