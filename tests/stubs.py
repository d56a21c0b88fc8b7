"""Python gRPC stubs, generated from proto/ once per state of the protos, and what errors say.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import grpc

REPOSITORY = Path(__file__).resolve().parents[1]


def generate() -> Path:
    """The folder with `storefront/<part>/v1/<part>_pb2.py` and `…_pb2_grpc.py`; on sys.path after."""
    from google import api
    from grpc_tools import protoc

    source = REPOSITORY / "proto"
    protos = sorted(source.glob("storefront/**/*.proto"))
    digest = hashlib.sha256(metadata.version("grpcio-tools").encode())
    for proto in protos:
        digest.update(str(proto.relative_to(source)).encode() + b"\0" + proto.read_bytes())
    target = REPOSITORY / "build/python" / digest.hexdigest()[:16]
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            building = target.with_suffix(".tmp")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            google = Path(next(iter(api.__path__))).parents[1]
            built_in = Path(protoc.__file__).parent / "_proto"
            code = protoc.main(
                ["protoc", f"-I{source}", f"-I{google}", f"-I{built_in}"]
                + [f"--python_out={building}", f"--grpc_python_out={building}", *map(str, protos)]
            )
            if code != 0:
                raise RuntimeError(f"protoc ended with code {code}")
            building.rename(target)
    if str(target) not in sys.path:
        sys.path.insert(0, str(target))
    return target


@dataclass(frozen=True)
class RpcError:
    """A gRPC error with its details taken apart."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # field path → what is wrong with it
    retry_seconds: float | None = None


def error_of(error: grpc.RpcError) -> RpcError:
    """What a failed call says, as a caller in any language can see it."""
    from google.rpc import error_details_pb2, status_pb2

    status = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status.ParseFromString(value)
    reason, facts, fields, retry = "", {}, {}, None
    for detail in status.details:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        again = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason, facts = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            fields = {each.field: each.description for each in bad.field_violations}
        elif detail.Unpack(again):
            retry = again.retry_delay.ToTimedelta().total_seconds()
    return RpcError(error.code(), error.details(), reason, facts, fields, retry)
