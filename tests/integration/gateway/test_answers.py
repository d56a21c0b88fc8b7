"""What the gateway itself answers, from outside and without services.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from answers import failure, nowhere

from services import Service, binary
from wait import wait_until

FULL_LOAD = "/v1/seedRuns:fullLoad"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        ('{"scale": 1} {}', "MALFORMED_JSON", None),
        ('{"scale": }', "MALFORMED_JSON", None),
        ('{"scale": NaN}', "MALFORMED_JSON", None),
        ('{"rows":' * 10_000, "MALFORMED_JSON", None),
        ('{"scal": 1}', "UNKNOWN_FIELD", "scal"),
        ('{"scale": 1, "scale": 2}', "DUPLICATE_FIELD", "scale"),
        ('{"scale": null}', "NULL_VALUE", "scale"),
        ('{"connections": 1.5}', "INVALID_VALUE", "connections"),
        ('{"onExisting": "MAYBE"}', "INVALID_VALUE", "onExisting"),
        ('{"rows": {"orders": "x"}}', "INVALID_VALUE", 'rows["orders"]'),
    ],
)
def test_G2_a_bad_body_is_a_400_that_names_the_field(
    rest: httpx.Client, body: str, reason: str, field: str | None
) -> None:
    answer = failure(rest.post(FULL_LOAD, content=body, headers=JSON), 400, reason)
    if field:
        assert answer.fields == [field]


def test_G3_text_that_is_no_utf8_is_a_400(rest: httpx.Client) -> None:
    failure(
        rest.post(FULL_LOAD, content=b'{"requestId": "\xff"}', headers=JSON), 400, "INVALID_UTF8"
    )
    failure(rest.get("/v1/seedRuns?pageToken=%ff"), 400, "INVALID_UTF8")
    failure(rest.get("/v1/seedRuns/%ff"), 400, "INVALID_UTF8")


def test_an_unknown_query_parameter_is_named(rest: httpx.Client) -> None:
    answer = failure(rest.get("/v1/seedRuns?pagesize=5"), 400, "UNKNOWN_PARAMETER")
    assert answer.fields == ["pagesize"]
    assert "did you mean pageSize?" in answer.response.text
    failure(rest.post(f"{FULL_LOAD}?validateOnly=true", json={}), 400, "UNKNOWN_PARAMETER")


def test_a_wrong_method_says_which_are_right(rest: httpx.Client) -> None:
    for method, path, allowed in [
        ("PUT", "/v1/seedRuns/full-1", "GET, PATCH"),
        ("GET", "/v1/seedRuns/full-1:pause", "POST"),
        ("GET", FULL_LOAD, "POST"),
        ("POST", "/docs", "GET, HEAD"),
    ]:
        response = rest.request(method, path)
        failure(response, 405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == allowed


def test_a_service_that_is_away_is_a_503_without_its_address(rest: httpx.Client) -> None:
    for path in ["/v1/seedRuns", "/v1/migrations", "/v1/topics", "/v1/connectors"]:
        response = rest.get(path)
        failure(response, 503, "BACKEND_UNAVAILABLE")
        assert response.headers["retry-after"] == "2"
        assert "127.0.0.1" not in response.text and "5005" not in response.text
    failure(rest.get("/v1/seedRuns/full-1:watch"), 503, "BACKEND_UNAVAILABLE")
    assert rest.get("/readyz").status_code == 503
    assert rest.get("/livez").status_code == 200


def test_foreign_hosts_and_origins_are_refused(rest: httpx.Client) -> None:
    failure(rest.get("/v1/seedRuns", headers={"host": "evil.example"}), 421, "HOST_NOT_ALLOWED")
    origin = {"origin": "http://evil.example"}
    failure(rest.post(FULL_LOAD, json={}, headers=origin), 403, "CROSS_ORIGIN")


def test_G4_a_body_over_the_limit_is_refused(rest: httpx.Client) -> None:
    response = rest.post(FULL_LOAD, content=b'{"requestId":"' + b"a" * (5 << 20), headers=JSON)
    failure(response, 413, "BODY_TOO_LARGE")
    gzipped = {**JSON, "content-encoding": "gzip"}
    failure(rest.post(FULL_LOAD, content=b"x", headers=gzipped), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_G5_ten_thousand_calls_are_all_answered(gateway: Service) -> None:
    """Excess and errors are answers; memory stays within its cap and health answers meanwhile."""
    calls, workers = 10_000, 100

    def some(_: int) -> list[int]:
        with httpx.Client(base_url=gateway.url, timeout=60) as client:
            return [client.get("/v1/seedRuns").status_code for _ in range(calls // workers)]

    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(some, range(workers))
        assert httpx.get(f"{gateway.url}/livez", timeout=10).status_code == 200
        codes = [code for each in results for code in each]
    assert len(codes) == calls and set(codes) <= {503, 429}, set(codes)
    with open(f"/proc/{gateway.pid}/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak < 256 * 1024, f"{peak} KiB"


def test_G7_connections_beyond_the_descriptors_do_not_end_it(
    start_service: Callable[..., Service],
) -> None:
    gateway = start_service("gateway", nowhere())
    subprocess.run(["prlimit", "--pid", str(gateway.pid), "--nofile=64:64"], check=True)
    host, _, port = gateway.address.rpartition(":")
    with contextlib.ExitStack() as held:
        for _ in range(200):
            held.enter_context(socket.create_connection((host, int(port)), timeout=5))
    wait_until(
        lambda: httpx.get(f"{gateway.url}/livez", timeout=2).status_code == 200,
        5,
        "it serves again once descriptors are free",
    )


def test_G8_half_requests_leave_no_work_behind(gateway: Service) -> None:
    host, _, port = gateway.address.rpartition(":")
    for _ in range(500):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HT")

    def cpu_ticks() -> int:
        with open(f"/proc/{gateway.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def is_idle() -> bool:
        before, until = cpu_ticks(), time.monotonic() + 0.5
        wait_until(lambda: time.monotonic() > until, 5, "half a second passed")
        return cpu_ticks() - before <= 5  # of 50

    wait_until(is_idle, 5, "the CPU is idle again")
    assert httpx.get(f"{gateway.url}/livez", timeout=5).status_code == 200


def start_and_wait(arguments: list[str], environment: dict[str, str]) -> tuple[int, str, float]:
    started = time.monotonic()
    ended = subprocess.run(
        [str(binary("gateway")), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return ended.returncode, ended.stderr, time.monotonic() - started


def test_G12_wrong_settings_end_the_start_all_at_once() -> None:
    code, said, took = start_and_wait(
        ["--listn=1", "--listen=0.0.0.0:8000"],
        {"STOREFRONT_GATEWAY_STREAMS_MAX": "0", "STOREFRONT_GATEWAY_NO_SUCH": "1"},
    )
    assert code == 2 and took < 2
    for part in ["did you mean --listen?", "STREAMS_MAX '0' must be from 1", "NO_SUCH is not"]:
        assert part in said, said
    code, said, took = start_and_wait(["--listen=0.0.0.0:0"], {})
    assert code == 2 and "allow_insecure_bind" in said and took < 2


def test_G12_a_taken_port_ends_the_start(gateway: Service) -> None:
    code, said, took = start_and_wait(["--listen", gateway.address], {})
    assert code == 1 and "address already in use" in said and took < 2


def test_G10_sigterm_ends_it_in_order_and_a_second_one_now(
    start_service: Callable[..., Service],
) -> None:
    calm = start_service("gateway", {"drain_wait": "100ms"})
    assert calm.terminate(15) == 0
    assert calm.events("stopped"), calm.tail()
    slow = start_service("gateway", {"drain_wait": "60s"})
    slow.process.send_signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{slow.url}/readyz").status_code == 503, 5, "it is draining")
    slow.process.send_signal(signal.SIGTERM)
    assert slow.process.wait(5) == 1


def test_G13_a_closed_stderr_does_not_end_it(gateway: Service) -> None:
    """The pipe's reader is gone before the first request is logged."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [str(binary("gateway")), "--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0"],
        env={"PATH": os.environ["PATH"]},
        stderr=writing,
    )
    os.close(writing)
    try:
        with os.fdopen(reading, encoding="utf-8") as lines:
            address = next(
                line.split('"address":"')[1].split('"')[0] for line in lines if "listening" in line
            )
        for _ in range(50):
            assert httpx.get(f"http://{address}/v1/none").status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        if process.poll() is None:
            process.kill()


def test_one_line_per_call_and_no_secrets(gateway: Service, rest: httpx.Client) -> None:
    rest.get(
        "/v1/seedRuns?pageToken=secret-in-query",
        headers={"authorization": "Bearer secret-token", "x-request-id": "call-1"},
    )
    lines = wait_until(
        lambda: [each for each in gateway.events("rpc_finished") if each["request_id"] == "call-1"],
        5,
        "the call is logged",
    )
    assert len(lines) == 1
    line = lines[0]
    assert line["rpc"] == "storefront.seeder.v1.SeederService/ListSeedRuns"
    assert line["code"] == "UNAVAILABLE" and line["http_status"] == 503
    assert line["route"] == "/v1/seedRuns" and line["duration_ms"] >= 0 and line["trace_id"]
    assert "secret" not in gateway.log_path.read_text()
    samples = gateway.metrics()
    name = "storefront_gateway_http_requests_total"
    assert samples[f'{name}{{code="503",method="GET",route="/v1/seedRuns"}}'] == 1
