"""The commands that the README tells a user to type, on a real stack.

A block is run when the line above its fence is `<!-- test: NAME -->`. The addresses of the README are
those of a stack with default ports; here they are replaced by those of the test's stack.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
_BLOCK = re.compile(r"^<!-- test: ([^\n]+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Port as the README names it → the process of the stack that has it.
_PORTS = {
    "8000": "gateway",
    "4444": "postgres",
    "9092": "kafka",
    "8083": "connect",
    "50051": "seeder",
    "50052": "migrator",
    "50053": "connector-manager",
    "50054": "topic-admin",
}
# What the output of a block must show, so that an empty answer is no success.
_EXPECTED = {
    "main job by curl": [r'"state":\s*"SUCCEEDED"', r'"kind":\s*"DELTAS"'],
    "main job by storefrontctl": [
        r"create_debezium_user|create debezium user",
        r"storefront\.public\.orders",
        "storefront-postgres-connector",
        "SUCCEEDED",
    ],
    "look around": [
        "storefront-postgres-connector",
        r"count",
        r"storefront\.migrator\.v1\.MigratorService",
        r'"status":\s*"READY"',
    ],
}

BLOCKS = dict(_BLOCK.findall(README.read_text()))


def test_each_block_has_something_to_show():
    assert set(BLOCKS) == set(_EXPECTED), (
        "a marked block of the README, or its expectation, is gone"
    )


@pytest.mark.parametrize("name", list(_EXPECTED))
def test_readme(stack, name: str):
    def port(match: re.Match) -> str:
        return match[0].replace(match[1], str(stack.port(_PORTS[match[1]])))

    named = "|".join(_PORTS)
    block = re.sub(rf"(?:localhost:|-p )({named})\b", port, BLOCKS[name])
    script = f"set -euo pipefail; export PGPASSWORD=postgres\n{block}"
    done = stack.tool("run", "bash", "-c", script, seconds=180)
    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, f"{name}: exit code {done.returncode}\n{output}"
    for pattern in _EXPECTED[name]:
        assert re.search(pattern, done.stdout), f"{name}: no {pattern} in\n{output}"
