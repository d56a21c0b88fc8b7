"""`stack`: one native stack for all tests here, ready before each of them.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from native import NativeStack

from scratch import Scratch


@pytest.fixture(scope="session")
def shared_stack(scratch: Scratch) -> Iterator[NativeStack]:
    made = NativeStack(scratch.folder("shared"), scratch.environment())
    yield made
    made.close()


def _tell(stack: NativeStack, request: pytest.FixtureRequest) -> None:
    if getattr(request.node, "storefront_failed", False):
        print(f"\n{stack.report()}")


@pytest.fixture
def stack(shared_stack: NativeStack, request: pytest.FixtureRequest) -> Iterator[NativeStack]:
    """The shared stack, started by the first test that asks, and well again after any other."""
    if shared_stack.supervisor.lock_is_free():
        shared_stack.up()
    shared_stack.wait_ready()
    yield shared_stack
    _tell(shared_stack, request)


@pytest.fixture
def new_stack(
    scratch: Scratch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., NativeStack]]:
    """`new_stack(SECRETS_DIR=…)`: a stack of the test's own, not started."""
    made: list[NativeStack] = []

    def make(**variables: str) -> NativeStack:
        number = len(list(scratch.path.glob("own-*")))
        folder = scratch.folder(f"own-{number}")
        made.append(NativeStack(folder, scratch.environment(), **variables))
        return made[-1]

    yield make
    for each in made:
        _tell(each, request)
        each.close()
