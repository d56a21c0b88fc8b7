"""Polling with a deadline: the tests' only way to wait.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def wait_until(
    check: Callable[[], Result], deadline: float, what: str, *, interval: float = 0.05
) -> Result:
    """Calls check until its result is true and returns that result.

    An exception counts as "not yet". After `deadline` seconds: AssertionError with `what` and the
    last result or exception seen.
    """
    end = time.monotonic() + deadline
    while True:
        try:
            last: object = check()
            if last:
                return last  # type: ignore[return-value]
        except Exception as error:  # noqa: BLE001  what is not ready yet fails in many ways
            last = error
        if time.monotonic() >= end:
            raise AssertionError(f"{what}: not within {deadline} s; last seen: {last!r}")
        time.sleep(interval)
