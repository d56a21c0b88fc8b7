"""Memory of the process while it applies what is larger than memory should be.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb

MIB = 1024 * 1024
ALLOWED = 64 * MIB
SCRIPT_BYTES = 200 * MIB


def memory(pid: int) -> dict[str, int]:
    """Bytes by name: VmHWM is the most that was ever resident, mapped files included."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kb) * 1024 for name, kb in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}


def write_copy_script(path: Path, row: str) -> int:
    """A script of SCRIPT_BYTES with COPY data; returns its rows."""
    rows, piece = 0, 20_000
    with path.open("w") as file:
        file.write(
            "create table bulk (id bigint, shop text, filler text);\ncopy bulk from stdin;\n"
        )
        while file.tell() < SCRIPT_BYTES:
            file.writelines(row.format(id=n) for n in range(rows, rows + piece))
            rows += piece
        file.write("\\.\ninsert into bulk values (-1, 'after', '${shop}');\n")
    return rows


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("{id}\tplain\t" + "x" * 90 + "\n", id="plain"),
        # A value for each of two million placeholders: the text that runs is not the file.
        pytest.param("{id}\t${{shop}}\t" + "y" * 80 + "\n", id="placeholders"),
    ],
)
def test_a_script_of_200_mb_is_applied_within_64_mib(project, row):
    p = project({"V1__first.sql": "select 1;"}, placeholders="shop=corner")
    p.migrate_ok()
    rows = write_copy_script(p.folder / "V2__bulk.sql", row)
    assert (p.folder / "V2__bulk.sql").stat().st_size >= SCRIPT_BYTES
    idle = memory(p.service.pid)
    run = p.wait(p.start().name, deadline=300)
    assert run.state == pb.MigrationRun.SUCCEEDED, run.error
    after = memory(p.service.pid)
    for name in ("VmHWM", "RssAnon"):
        grown = after[name] - (idle["VmRSS"] if name == "VmHWM" else idle[name])
        assert grown < ALLOWED, f"{name} grew by {grown / MIB:.1f} MiB"
    print(f"VmHWM {idle['VmHWM'] / MIB:.1f} MiB before, {after['VmHWM'] / MIB:.1f} after")
    shop = "corner" if "shop" in row else "plain"
    assert p.sql("select count(*), count(*) filter (where shop = %s) from bulk", shop) == [
        (rows + 1, rows)
    ]
    assert p.sql("select filler from bulk where id = -1") == [("corner",)]
    # The text is in the database once: as rows.
    assert p.sql("select text is null from storefront_migrator.script where bytes > 1000000") == [
        (True,)
    ]


def test_many_statements_are_applied_within_64_mib(project):
    statement = "insert into bulk values ({n}, '" + "x" * 60_000 + "');\n"
    p = project({"V1__first.sql": "create table bulk (id bigint, filler text);"})
    p.migrate_ok()
    with (p.folder / "V2__bulk.sql").open("w") as file:
        file.writelines(statement.format(n=n) for n in range(1500))
    idle = memory(p.service.pid)
    run = p.wait(p.start().name, deadline=300)
    assert run.state == pb.MigrationRun.SUCCEEDED, run.error
    grown = memory(p.service.pid)["VmHWM"] - idle["VmRSS"]
    assert grown < ALLOWED, f"VmHWM grew by {grown / MIB:.1f} MiB"
    assert p.sql("select count(*) from bulk") == [(1500,)]


@pytest.mark.parametrize(
    ("settings", "files", "setting"),
    [
        ({"max_script_bytes": "1KiB"}, {"V1__a.sql": "-" * 2000}, "max_script_bytes"),
        (
            {"max_total_bytes": "1KiB"},
            {"V1__a.sql": "-" * 600, "V2__b.sql": "-" * 600},
            "max_total_bytes",
        ),
        ({"max_statements": 2}, {"V1__a.sql": "select 1;select 2;select 3"}, "max_statements"),
        ({"max_files": 1}, {"V1__a.sql": "", "V2__b.sql": ""}, "max_files"),
        (
            {"max_script_bytes": "8KiB", "placeholders": "a=" + "x" * 5000},
            {"V1__a.sql": "-- ${a}${a}"},
            "max_script_bytes",
        ),
    ],
)
def test_a_limit_is_named(project, fails, settings, files, setting):
    p = project(files, wait=False, **settings)
    error = fails(lambda: p.start())
    assert setting in error.message
    assert p.sql("select to_regclass('flyway_schema_history')") == [(None,)]


def test_M11_what_was_hashed_is_what_runs(project):
    """The file is replaced while its copy is being sent: rows and checksum are those of the copy."""
    p = project({}, spool_bytes="64KiB")
    rows = 400_000
    path = p.folder / "V1__bulk.sql"
    body = "".join(f"{n}\told\n" for n in range(rows))
    path.write_text(
        "create table bulk (id bigint, word text);\nselect pg_sleep(1.5);\n"
        f"copy bulk from stdin;\n{body}\\.\n"
    )
    checksum = p.stub.GetMigration(pb.GetMigrationRequest(name="migrations/V1")).file_checksum
    run = p.start()
    path.write_text("create table bulk (id bigint, word text); -- new")
    done = p.wait(run.name, deadline=120)
    assert done.state == pb.MigrationRun.SUCCEEDED, done.error
    assert p.sql("select count(*), min(word) from bulk") == [(rows, "old")]
    assert p.sql("select checksum from flyway_schema_history where version = '1'") == [(checksum,)]
