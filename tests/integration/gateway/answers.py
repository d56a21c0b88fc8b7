"""What the gateway answers, taken apart, and addresses at which nothing is.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from native_stack import ports


@dataclass
class Answer:
    """What a failure says: `reason` of its ErrorInfo, and the fields of its BadRequest."""

    response: httpx.Response

    @property
    def details(self) -> dict[str, dict]:
        kinds = {}
        for detail in self.response.json()["details"]:
            kinds[detail["@type"].rpartition(".")[2]] = detail
        return kinds

    @property
    def reason(self) -> str:
        return self.details["ErrorInfo"]["reason"]

    @property
    def fields(self) -> list[str]:
        return [each["field"] for each in self.details["BadRequest"]["fieldViolations"]]


def failure(response: httpx.Response, code: int, reason: str) -> Answer:
    """Asserts that the response is this failure, as a google.rpc.Status."""
    assert response.status_code == code, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/json"
    answer = Answer(response)
    assert answer.reason == reason, response.text
    assert answer.details["ErrorInfo"]["domain"] == "storefront-cdc"
    return answer


def nowhere() -> dict[str, str]:
    """Addresses at which no service is: a developer's own stack may be on the default ones."""
    names = ["seeder", "migrator", "connector_manager", "topic_admin"]
    return {f"{name}_address": f"127.0.0.1:{ports.reserve()}" for name in names}
