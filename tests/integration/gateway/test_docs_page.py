"""/docs in Chromium: the newcomer path with one click per step, and nothing from elsewhere.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from docs_page import walk

if TYPE_CHECKING:
    from conftest import Stack


def test_the_newcomer_path_is_one_click_per_step(stack: Stack, tmp_path: Path) -> None:
    """On an empty database everything is filled in, also the names of the two runs."""
    steps = walk(
        stack.gateway.url,
        tmp_path,
        "StartFullLoad",
        "StartDeltas",
        "WatchSeedRun",
        "StopSeedRun=@StartDeltas",
    )
    load, deltas, watch, stop = steps.values()
    assert load["url"].endswith("/v1/seedRuns:fullLoad")
    assert json.loads(load["sent"]) == {"scale": 1}
    assert json.loads(load["body"])["name"] == "seedRuns/full-1"
    assert deltas["url"].endswith("/v1/seedRuns:deltas")
    assert json.loads(deltas["body"])["name"] == "seedRuns/deltas-2"
    assert json.loads(deltas["body"])["deltas"]["eventsPerSecond"] == 20
    messages = [json.loads(line)["result"]["seedRun"] for line in watch["body"].splitlines()]
    assert len(messages) == 5 and messages[-1]["name"] == "seedRuns/deltas-2"
    assert json.loads(stop["body"])["name"] == "seedRuns/deltas-2"
