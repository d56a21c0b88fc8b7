"""What is too much for one gRPC message is shown in part, and counted whole.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import pytest
from storefront.migrator.v1 import migrator_pb2 as pb


def drops(count: int, name: str = "some_table_with_a_rather_long_name") -> str:
    return "".join(f"drop table {name}_{i};\n" for i in range(count))


def lint(p, **fields: object) -> pb.LintMigrationsResponse:
    return p.stub.LintMigrations(pb.LintMigrationsRequest(**fields), timeout=60)


def total(counts: pb.LintCounts) -> int:
    return counts.errors + counts.warnings + counts.notes


def test_findings_come_in_pages(project, fails):
    p = project({})
    request = {"text": drops(2300), "page_size": 1000}
    pages = [lint(p, **request)]
    while pages[-1].next_page_token:
        assert len(pages) < 10, "the pages have no end"
        pages.append(lint(p, **request, page_token=pages[-1].next_page_token))
    findings = [finding for page in pages for finding in page.findings]
    assert [len(page.findings) for page in pages[:-1]] == [1000] * (len(pages) - 1)
    assert {total(page.counts) for page in pages} == {len(findings)}
    lines = [finding.line for finding in findings if finding.rule == "ban-drop-table"]
    assert lines == list(range(1, 2301)), "each once, in order"
    assert len(lint(p, text=request["text"]).findings) == 50, "the default"

    token = pages[0].next_page_token
    for wrong in ({"page_token": token}, {"page_token": "x"}, {"page_size": -1}):
        error = fails(lambda fields=wrong: lint(p, text="drop table another;", **fields))
        assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")


def test_a_text_with_very_many_findings_has_an_answer(project):
    p = project({})
    answer = lint(p, text=drops(50_000), page_size=1_000_000)
    assert len(answer.findings) == 1000
    assert total(answer.counts) >= 50_000
    assert answer.next_page_token


def test_lint_is_counted_once_over_its_pages(project):
    p = project({})

    first = lint(p, text=drops(60))
    lint(p, text=drops(60), page_token=first.next_page_token)
    name = 'storefront_migrator_lint_findings_total{rule="ban-drop-table"}'
    assert p.service.metrics()[name] == 60


def test_a_long_plan_shows_every_script_and_counts_the_rest(project):
    files = {f"V{i}__drop.sql": drops(100, f"t{i}_" + "x" * 40) for i in range(1, 401)}
    p = project(files)
    plan = p.stub.PlanMigrations(pb.PlanMigrationsRequest(), timeout=60)
    assert plan.truncated and plan.ByteSize() < 4 << 20
    assert [step.script for step in plan.steps] == list(files)
    assert plan.step_count == 400
    assert {step.statement_count for step in plan.steps} == {100}
    assert sum(step.finding_count for step in plan.steps) == total(plan.lint_counts)
    first = plan.steps[0]
    assert (len(first.statements), len(first.findings)) == (100, first.finding_count)
    assert len(plan.steps[-1].statements) == 0

    short = p.stub.PlanMigrations(pb.PlanMigrationsRequest(target="3"), timeout=60)
    assert not short.truncated
    assert [len(step.findings) for step in short.steps] == [
        step.finding_count for step in short.steps
    ]
    # The hash is of what was left out, too.
    p.write({"V400__drop.sql": files["V400__drop.sql"].replace("_99;", "_100;")})
    again = p.stub.PlanMigrations(pb.PlanMigrationsRequest(), timeout=60)
    assert again.plan_hash != plan.plan_hash


def test_drift_of_long_definitions_is_shown_in_part(project):
    p = project({"V1__t.sql": "create table t (i int);"})
    p.migrate_ok()
    body = "-- " + "x" * 20_000
    p.sql(
        "do $do$ begin for i in 1..300 loop execute format("
        "'create function f%s() returns int language sql as %L', i, 'select 1 ' || '" + body + "');"
        " end loop; end $do$"
    )
    p.sql(f"create function huge() returns int language sql as $$ select 1 {body * 10} $$")
    drift = p.stub.GetDrift(pb.GetDriftRequest(), timeout=60)
    assert drift.change_count >= 301
    assert 100 < len(drift.changes) < 301 and drift.ByteSize() < 4 << 20
    p.sql("do $do$ begin for i in 1..300 loop execute format('drop function f%s()', i);"
          " end loop; end $do$")  # fmt: skip
    drift = p.stub.GetDrift(pb.GetDriftRequest(), timeout=60)
    huge = next(change for change in drift.changes if change.object_kind == "function")
    assert huge.definitions_truncated and len(huge.current_definition) == 64 << 10
    assert drift.change_count == len(drift.changes)


def test_an_error_with_very_many_findings_arrives(project, fails):
    p = project({f"V_{i}_has_no_version__{i}.sql": "select 1;" for i in range(3000)})
    for call in (p.start, lambda: p.stub.ListMigrations(pb.ListMigrationsRequest(), timeout=20)):
        error = fails(call)
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "INVALID_NAME")
        assert "2999 more findings" in error.message
        assert 2500 < int(error.metadata["violations_left_out"]) < 3000
    report = p.stub.ValidateMigrations(pb.ValidateMigrationsRequest(), timeout=20)
    assert report.finding_count == len(report.findings) == 3000


@pytest.mark.parametrize("length", [100, 200_000])
def test_long_notices_do_not_break_a_watch(project, length):
    notices = "".join(
        f"do $do$ begin raise notice '% {i} end', repeat('n', {length}); end $do$;\n"
        for i in range(150)
    )
    p = project({"V1__loud.sql": notices})
    run = p.migrate_ok()
    request = pb.WatchMigrationRunRequest(name=run.name)
    messages = list(p.stub.WatchMigrationRun(request, timeout=60))
    told = [e for message in messages for e in message.events if e.type == "notice"]
    assert len(told) == 150
    assert max(len(e.message) for e in told) <= 4000
    assert all(e.message.endswith("end" if length == 100 else "…") for e in told)
