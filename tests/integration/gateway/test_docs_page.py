"""/docs in Chromium: the newcomer path with one click per step, and nothing from elsewhere.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from scratch import Scratch

from services import REPOSITORY

if TYPE_CHECKING:
    from conftest import Stack

BROWSER = REPOSITORY / "tests/browser"


@pytest.fixture(scope="session")
def playwright() -> None:
    """The pinned package; a second run finds it there."""
    installed = BROWSER / "node_modules/playwright-core/package.json"
    lock = json.loads((BROWSER / "package-lock.json").read_text())
    wanted = lock["packages"]["node_modules/playwright-core"]["version"]
    if installed.exists() and json.loads(installed.read_text())["version"] == wanted:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=BROWSER, check=True, timeout=240)


def walk(gateway: str, scratch: Scratch, *steps: str) -> dict:
    folder = scratch.folder("browser")
    screenshot = os.environ.get("STOREFRONT_TEST_SCREENSHOT") or str(folder / "docs.png")
    ended = subprocess.run(
        ["node", str(BROWSER / "docs_page.mjs"), gateway, screenshot, *steps],
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_newcomer_path_is_one_click_per_step(
    stack: Stack, scratch: Scratch, playwright: None
) -> None:
    seen = walk(
        stack.gateway.url,
        scratch,
        "StartFullLoad",
        "StartDeltas",
        "WatchSeedRun",
        "StopSeedRun",
    )
    load, deltas, watch, stop = seen["steps"].values()
    for step in (load, deltas, watch, stop):
        assert step["status"] == 200, step
        assert step["shownStatus"].startswith("200"), step
    assert load["url"].endswith("/v1/seedRuns:fullLoad") and json.loads(load["sent"]) == {
        "scale": 1
    }
    assert json.loads(load["body"])["name"] == "seedRuns/full-1"
    assert deltas["url"].endswith("/v1/seedRuns:deltas")
    assert json.loads(deltas["body"])["name"] == "seedRuns/deltas-2"
    assert json.loads(deltas["body"])["deltas"]["eventsPerSecond"] == 20
    messages = [json.loads(line)["result"]["seedRun"] for line in watch["body"].splitlines()]
    assert len(messages) == 5 and messages[-1]["name"] == "seedRuns/deltas-2"
    assert json.loads(messages and stop["body"])["name"] == "seedRuns/deltas-2"

    assert seen["consoleErrors"] == []
    assert seen["violations"] == []
    assert seen["foreignRequests"] == []
    assert seen["failedRequests"] == []
