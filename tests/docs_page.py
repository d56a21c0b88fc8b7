"""The page /docs in Debian's Chromium, driven by tests/browser/docs_page.mjs.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from pathlib import Path

BROWSER = Path(__file__).resolve().parent / "browser"


def install() -> None:
    """The pinned playwright-core; a second call finds it there."""
    wanted = _version(json.loads((BROWSER / "package-lock.json").read_text())["packages"])
    with (BROWSER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = BROWSER / "node_modules/playwright-core/package.json"
        if installed.exists() and json.loads(installed.read_text())["version"] == wanted:
            return
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=BROWSER, check=True, timeout=240)


def _version(packages: dict) -> str:
    return packages["node_modules/playwright-core"]["version"]


def walk(gateway_url: str, folder: Path, *steps: str) -> dict:
    """Executes each step on the page with one click and returns what docs_page.mjs prints.

    The page must load without a fault of its own: no console error, no violation of its policy, no
    request to another host. STOREFRONT_TEST_SCREENSHOT names a file for the picture.
    """
    install()
    screenshot = os.environ.get("STOREFRONT_TEST_SCREENSHOT") or str(folder / "docs.png")
    ended = subprocess.run(
        ["node", str(BROWSER / "docs_page.mjs"), gateway_url, screenshot, *steps],
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    for fault in ("consoleErrors", "violations", "foreignRequests", "failedRequests"):
        assert seen[fault] == [], f"{fault}: {seen[fault]}"
    for name, step in seen["steps"].items():
        assert step["status"] == 200 and step["shownStatus"].startswith("200"), f"{name}: {step}"
    return seen["steps"]
