"""What the program does without any service: exit codes, streams, bad input.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["migratoins", "list"], "did you mean migrations?"),
        (["migrations", "lst"], "did you mean list?"),
        (["migrations", "list", "--limt", "3"], "did you mean --limit?"),
        (["migrations", "list", "-o", "xml"], "one of table, wide, json, jsonl, yaml, name"),
        (["migrations", "list", "--timeout", "soon"], "is not a duration"),
        (["seed-runs", "full-load", "--scale", "big"], "is not a number"),
        (["seed-runs", "get"], "needs SEED_RUN"),
        (["connectors", "delete", "orders"], "--confirm NAME"),
        (["topics", "apply"], "give --yes"),
        (["api", "MigratorService.Migrat"], "did you mean MigratorService.Migrate?"),
        (["api", "MigratorService.Migrate", "-d", "{'target': 1}"], "is not JSON"),
        (["api", "MigratorService.Migrate", "-d", '{"target":"1","target":"2"}'], "twice"),
        (["api", "MigratorService.Migrate", "-d", '{"targt":"1"}'], "does not fit"),
    ],
)
def test_bad_input_is_exit_2_and_sends_nothing(ctl: Any, arguments: list[str], says: str) -> None:
    result = ctl(*arguments)
    assert result.returncode == 2, result.stderr
    assert says in result.stderr
    assert result.stdout == ""


def test_an_unknown_variable_of_ours_is_refused(ctl: Any) -> None:
    result = ctl("version", env={"STOREFRONT_CTL_TIMEOUTT": "3s"})
    assert result.returncode == 2
    assert "did you mean STOREFRONT_CTL_TIMEOUT?" in result.stderr


def test_a_flag_wins_over_its_variable(ctl: Any) -> None:
    env = {"STOREFRONT_CTL_OUTPUT": "yaml"}
    assert ctl("version", env=env).stdout.startswith("name: storefrontctl\n")
    assert json.loads(ctl("version", "-o", "json", env=env).stdout)["api"] == "v1"


def test_nobody_there_is_exit_6_with_reason_and_hint(ctl: Any) -> None:
    result = ctl("migrations", "list", "--timeout", "20s")
    assert result.returncode == 6
    assert "reason: BACKEND_UNAVAILABLE (backend=migrator)" in result.stderr
    assert "hint: " in result.stderr
    assert "request id: " in result.stderr


def test_an_error_is_a_status_for_programs(ctl: Any) -> None:
    result = ctl("migrations", "list", "--timeout", "20s", "-o", "json")
    status = json.loads(result.stdout)
    assert status["code"] == 14
    assert status["details"][0]["reason"] == "BACKEND_UNAVAILABLE"


def test_help_is_an_answer_and_its_lack_is_not(ctl: Any) -> None:
    assert ctl("--help").returncode == 0
    assert "Usage: storefrontctl COMMAND" in ctl("--help").stdout
    without = ctl()
    assert without.returncode == 2
    assert without.stdout == ""
    assert "Usage: storefrontctl COMMAND" in without.stderr


def test_health_has_the_exit_codes_of_grpc_health_probe(ctl: Any) -> None:
    assert ctl("health").returncode == 1
    assert ctl("health", "127.0.0.1:1", "--what").returncode == 1
    assert ctl("health", "127.0.0.1:1").returncode == 2


def test_no_escape_codes_in_a_pipe(ctl: Any) -> None:
    result = ctl("migrations", "list", "--timeout", "200ms")
    assert "\x1b" not in result.stdout + result.stderr


def test_doctor_names_postgres_when_nobody_listens(ctl: Any) -> None:
    ports = ("POSTGRES", "KAFKA", "CONNECT", "GATEWAY", "CONNECTOR_MANAGER", "TOPIC_ADMIN")
    env = {f"STOREFRONT_CTL_{name}_ADDRESS": "127.0.0.1:1" for name in ports}
    result = ctl("doctor", "-o", "json", env=env)
    assert result.returncode == 1
    answer = json.loads(result.stdout)
    assert answer["name"] == "postgres"
    assert "broken at: postgres: nothing listens at 127.0.0.1:1" in result.stderr
