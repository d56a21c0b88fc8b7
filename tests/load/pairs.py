"""What a benchmark prints for tools/bench: pairs of samples, ours and a baseline's, in turns.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    baseline: str  # what theirs is: "COPY of the same bytes"
    unit: str
    goal: float | None = None  # ratio, above 1 = ours is better
    higher_is_better: bool = False

    def emit(self, ours: float, theirs: float) -> None:
        """One line of JSON, at once: a run that is cut short keeps its samples."""
        pair = {
            "case": self.name,
            "baseline": self.baseline,
            "unit": self.unit,
            "goal": self.goal,
            "ours": ours,
            "theirs": theirs,
            "higher_is_better": self.higher_is_better,
        }
        print(json.dumps(pair), flush=True)


def in_turns(index: int, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple:
    """Both samples of a pair; who is first alternates from pair to pair."""
    if index % 2 == 0:
        first = ours()
        return first, theirs()
    second = theirs()
    return ours(), second
