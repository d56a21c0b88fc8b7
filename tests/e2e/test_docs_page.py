"""The newcomer path of /docs on the whole stack.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
from pathlib import Path

from native import NativeStack

from docs_page import walk


def test_the_newcomer_path_works_on_the_stack(stack: NativeStack, tmp_path: Path) -> None:
    """Full load, deltas, watch, topics, stop: one click each, on the page that the stack serves."""
    steps = walk(
        stack.gateway_url,
        tmp_path,
        "StartFullLoad",
        "StartDeltas",
        "WatchSeedRun=@StartDeltas",
        "ListTopics",
        "StopSeedRun=@StartDeltas",
    )
    run = json.loads(steps["StartDeltas"]["body"])["name"]
    lines = steps["WatchSeedRun=@StartDeltas"]["body"].splitlines()
    assert {json.loads(line)["result"]["seedRun"]["name"] for line in lines} == {run}
    topics = {topic["name"] for topic in json.loads(steps["ListTopics"]["body"])["topics"]}
    wanted = ("customers", "products", "orders", "order_items", "payments")
    assert {f"topics/storefront.public.{table}" for table in wanted} <= topics
