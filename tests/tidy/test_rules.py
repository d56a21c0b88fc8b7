"""Each rule of tools/tidy on small trees: a bad one that it must name, a good one that it must not."""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from tidy_rules import (  # noqa: E402
    calls,
    companions,
    documents,
    faults,
    includes,
    licences,
    pins,
    reasons,
    rpcs,
    sizes,
)
from tidy_rules.tree import EXCEPTIONS, Tree  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HEAD = SPDX + "#pragma once\n"


class TreeCase(unittest.TestCase):
    def make(self, files: dict[str, str]) -> Tree:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return Tree(root)

    def messages(self, rule, files: dict[str, str]) -> list[str]:
        return [str(finding) for finding in rule.check(self.make(files))]

    def expect(self, rule, cases: list[tuple[str, dict[str, str], str | None]]):
        """Cases of name, tree, and a part of the only message; None: no message."""
        for name, files, part in cases:
            with self.subTest(name):
                found = self.messages(rule, files)
                if part is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(part, found[0])


class LicenceRule(TreeCase):
    def test_a_line_of_its_own(self):
        inside = "// What it is. SPDX-License-Identifier: Apache-2.0\n"
        self.expect(
            licences,
            [
                ("C++", {"libs/a/a.cc": "// What it is.\n" + SPDX}, None),
                (
                    "Python",
                    {"tools/a.py": '"""What.\n\nSPDX-License-Identifier: Apache-2.0\n"""\n'},
                    None,
                ),
                ("no source", {"docs/a.md": "# Text\n"}, None),
                ("missing", {"libs/a/a.h": "#pragma once\n"}, "on a line of its own"),
                ("within a sentence", {"libs/a/a.cc": inside}, "on a line of its own"),
            ],
        )


class IncludeRule(TreeCase):
    def test_rooms(self):
        def one(path: str, header: str) -> dict[str, str]:
            return {f"services/seeder/{path}": f"#include {header}\n"}

        self.expect(
            includes,
            [
                ("domain and libpqxx", one("load_plan.cc", "<pqxx/pqxx>"), "declare a port"),
                ("domain and libpq", one("load_plan.h", "<libpq-fe.h>"), "the postgres family"),
                (
                    "domain and librdkafka",
                    one("load_plan.cc", "<librdkafka/rdkafka.h>"),
                    "the kafka family",
                ),
                ("domain and curl", one("load_plan.cc", "<curl/curl.h>"), "the http family"),
                ("domain and gRPC", one("load_plan.cc", "<grpcpp/grpcpp.h>"), "the grpc family"),
                (
                    "domain and protobuf",
                    one("load_plan.cc", '"storefront/seeder/v1/seeder.pb.h"'),
                    "the protobuf family",
                ),
                ("domain and files", one("load_plan.cc", "<fstream>"), "the files family"),
                (
                    "domain and a lib with a driver",
                    one("load_plan.cc", '"libs/pg/errors.h"'),
                    "libs/pg",
                ),
                (
                    "domain and the edge",
                    one("load_plan.cc", '"services/seeder/service.h"'),
                    "the service room",
                ),
                (
                    "domain and an adapter",
                    one("load_plan.cc", '"services/seeder/pg_ledger.h"'),
                    "the adapter room",
                ),
                ("domain and libs/log", one("load_plan.cc", '"libs/log/event.h"'), "libs/log"),
                ("domain and its own", one("load_plan.cc", '"services/seeder/scenario.h"'), None),
                ("domain and pure libraries", one("load_plan.cc", '"re2/re2.h"'), None),
                ("domain and std", one("load_plan.cc", "<vector>"), None),
                (
                    "edge and an adapter",
                    one("service.cc", '"services/seeder/pg_ledger.h"'),
                    "The edge validates",
                ),
                ("edge and a driver", one("service.cc", "<pqxx/pqxx>"), "the postgres family"),
                ("edge and JSON", one("service.cc", "<nlohmann/json.hpp>"), "the json family"),
                ("edge and convert", one("service.cc", '"services/seeder/convert.h"'), None),
                ("convert and a driver", one("convert.cc", "<pqxx/pqxx>"), "the postgres family"),
                (
                    "main and an adapter",
                    one("main.cc", '"services/seeder/pg_ledger.h"'),
                    "inventory",
                ),
                ("main and app", one("main.cc", '"services/seeder/app.h"'), None),
                ("app and an adapter", one("app.cc", '"services/seeder/pg_ledger.h"'), None),
                ("adapter and gRPC", one("pg_ledger.cc", "<grpcpp/grpcpp.h>"), "one driver"),
                ("adapter and its driver", one("pg_ledger.cc", "<pqxx/pqxx>"), None),
                (
                    "adapter and the edge",
                    one("pg_ledger.cc", '"services/seeder/service.h"'),
                    "the service room",
                ),
                (
                    "another service",
                    one("load_plan.cc", '"services/migrator/version.h"'),
                    "by proto only",
                ),
                (
                    "another service, in a test",
                    one("load_plan_test.cc", '"services/migrator/version.h"'),
                    "by proto only",
                ),
                ("a test may include anything", one("load_plan_test.cc", "<pqxx/pqxx>"), None),
                (
                    "product code and the test side",
                    one("load_plan.cc", "<gtest/gtest.h>"),
                    "the test family",
                ),
                (
                    "unknown library",
                    one("load_plan_test.cc", "<boost/any.hpp>"),
                    "Give it a family",
                ),
                ("relative", one("load_plan_test.cc", '"../migrator/x.h"'), "start at the root"),
                (
                    "a comment is no include",
                    {"services/seeder/a.cc": "// #include <pqxx/pqxx>\n"},
                    None,
                ),
            ],
        )

    def test_one_driver(self):
        self.expect(
            includes,
            [
                (
                    "two",
                    {"services/seeder/pg_x.cc": "#include <pqxx/pqxx>\n#include <curl/curl.h>\n"},
                    "one adapter, one driver",
                ),
                (
                    "with JSON",
                    {
                        "services/seeder/http_x.cc": "#include <nlohmann/json.hpp>\n#include <curl/curl.h>\n"
                    },
                    None,
                ),
            ],
        )

    def test_libs(self):
        self.expect(
            includes,
            [
                (
                    "a service",
                    {"libs/pg/x.cc": '#include "services/seeder/x.h"\n'},
                    "never sees a service",
                ),
                (
                    "a driver where the domain looks",
                    {"libs/sync/x.h": "#include <pqxx/pqxx>\n"},
                    "stays without drivers",
                ),
            ],
        )
        circle = self.messages(
            includes,
            {"libs/a/x.h": '#include "libs/b/y.h"\n', "libs/b/y.h": '#include "libs/a/x.h"\n'},
        )
        self.assertEqual(len(circle), 2, circle)
        self.assertIn("Break the circle", circle[0])

    def test_thin_main(self):
        self.expect(
            includes,
            [
                ("31 lines", {"services/seeder/main.cc": "\n" * 31}, "30 at most"),
                ("30 lines", {"services/seeder/main.cc": "\n" * 30}, None),
            ],
        )


class BannedCalls(TreeCase):
    def test_cpp(self):
        def at(path: str, line: str) -> dict[str, str]:
            return {path: f"{HEAD}{line}\n"}

        domain = "services/seeder/load_plan.h"
        test = "services/seeder/load_plan_test.cc"
        self.expect(
            calls,
            [
                (
                    "getenv",
                    at(domain, 'auto x = std::getenv("X");'),
                    "Add a row to the service's config.cc",
                ),
                (
                    "getenv in libs/config",
                    at("libs/config/x.h", 'auto x = std::getenv("X");'),
                    None,
                ),
                ("getenv in a comment", at(domain, "// not getenv()"), None),
                (
                    "system clock",
                    at(domain, "auto x = std::chrono::system_clock::now();"),
                    "Take a clock::Clock&",
                ),
                ("absl::Now", at(domain, "auto x = absl::Now();"), "Take a clock::Clock&"),
                ("std::mutex", at(domain, "std::mutex m;"), "sync::Mutex"),
                ("absl::Mutex", at(domain, "absl::Mutex m;"), "sync::Mutex"),
                ("std::mutex in libs/sync", at("libs/sync/x.h", "std::mutex m;"), None),
                ("sleep in a test", at(test, "absl::SleepFor(x);"), "PollUntil"),
                ("sleep_for", at(domain, "std::this_thread::sleep_for(x);"), "SleepUnlessStopped"),
                (
                    "flat_hash_map",
                    at(domain, "absl::flat_hash_map<int, int> m;"),
                    "std::unordered_map",
                ),
                (
                    "distribution in the seeder",
                    at(domain, "std::uniform_int_distribution d;"),
                    "counter-based",
                ),
                (
                    "distribution elsewhere",
                    at("libs/pg/x.h", "std::uniform_int_distribution d;"),
                    None,
                ),
                (
                    "AlterConfigs",
                    at(domain, "rd_kafka_AlterConfigs(a, b);"),
                    "IncrementalAlterConfigs",
                ),
                (
                    "IncrementalAlterConfigs",
                    at(domain, "rd_kafka_IncrementalAlterConfigs(a, b);"),
                    None,
                ),
                (
                    "std::string_view in a header",
                    at(domain, "void F(std::string_view x);"),
                    "absl::string_view",
                ),
                ("skip", at(test, "GTEST_SKIP();"), "A missing backend is a failure"),
                ("NOLINT", at(domain, "int x;  // NOLINT"), "reason"),
                (
                    "NOLINT with reason",
                    at(domain, "int x;  // NOLINT(bugprone-x): the driver's own name"),
                    None,
                ),
                ("TODO", at(domain, "// TODO: later"), "issue"),
                ("TODO with issue", at(domain, "// TODO(issue 7): later"), None),
                (
                    "digit separators hide nothing",
                    at(domain, "f(1'000, 2'000, absl::Now());"),
                    "clock",
                ),
                ("raw string", at(domain, 'auto x = R"(getenv("A"))";'), None),
                ("no licence", {domain: "#pragma once\n"}, "no licence line"),
                ("no pragma once", {domain: SPDX}, "#pragma once"),
            ],
        )

    def test_other_languages(self):
        python = "# SPDX-License-Identifier: Apache-2.0\n"
        self.expect(
            calls,
            [
                ("Python sleep", {"tests/e2e/test_x.py": python + "time.sleep(1)\n"}, "wait_until"),
                (
                    "Python skip",
                    {"tests/e2e/test_x.py": python + "@pytest.mark.skip\n"},
                    "missing backend",
                ),
                (
                    "Go skip",
                    {"gateway/internal/x/x_test.go": SPDX + 't.Skip("x")\n'},
                    "missing backend",
                ),
                (
                    "Go environment",
                    {"gateway/internal/x/x.go": SPDX + 'os.Getenv("x")\n'},
                    "internal/config",
                ),
            ],
        )


class Companions(TreeCase):
    def test_beside(self):
        contract = '#include "libs/pg/pg_store.h"\n'
        self.expect(
            companions,
            [
                ("none", {"libs/pg/store.cc": ""}, "no store_test.cc beside it"),
                ("test", {"libs/pg/store.cc": "", "libs/pg/store_test.cc": ""}, None),
                (
                    "contract",
                    {"libs/pg/pg_store.cc": "", "libs/pg/store_contract_test.cc": contract},
                    None,
                ),
                (
                    "another's test",
                    {"libs/pg/store.cc": "", "libs/pg/other_test.cc": ""},
                    "no store_test.cc",
                ),
                ("main", {"services/seeder/main.cc": ""}, None),
                ("Go", {"gateway/internal/x/x.go": ""}, "table test"),
            ],
        )


class Rpcs(TreeCase):
    GOOD = """
// A service.
service S {
  // Gives one.
  rpc Get(GetRequest) returns (Thing) {
    option (google.api.http) = {get: "/v1/things"};
    option (storefront.options.v1.access) = READ;
  }
}
// A thing.
message Thing {
  // Its name.
  string name = 1;
  // Lines of it.
  map<string, int64> lines = 2;
}
"""

    def test_rules(self):
        def changed(old: str, new: str) -> dict[str, str]:
            self.assertIn(old, self.GOOD)
            return {"proto/storefront/x/v1/x.proto": self.GOOD.replace(old, new)}

        self.expect(
            rpcs,
            [
                ("good", changed("", ""), None),
                (
                    "no HTTP rule",
                    changed('option (google.api.http) = {get: "/v1/things"};', ""),
                    "no HTTP rule",
                ),
                (
                    "no access",
                    changed("option (storefront.options.v1.access) = READ;", ""),
                    "declares no access",
                ),
                (
                    "unspecified access",
                    changed("= READ", "= ACCESS_UNSPECIFIED"),
                    "declares no access",
                ),
                (
                    "access in a comment",
                    changed(
                        "option (storefront.options.v1.access)",
                        "// option (storefront.options.v1.access)",
                    ),
                    "declares no access",
                ),
                ("undocumented RPC", changed("  // Gives one.\n", ""), "Get has no comment"),
                ("undocumented field", changed("  // Its name.\n", ""), "name has no comment"),
                ("undocumented map", changed("  // Lines of it.\n", ""), "lines has no comment"),
                ("undocumented message", changed("// A thing.\n", ""), "Thing has no comment"),
            ],
        )


class Reasons(TreeCase):
    def test_rows(self):
        def tree(
            rows: str, values: str = "NOT_HERE = 1;", code: str = "Reason::kNotHere"
        ) -> dict[str, str]:
            return {
                reasons.ROWS: rows,
                reasons.PROTO: f"enum Reason {{\n  {values}\n}}\n",
                "services/x/a.cc": code,
            }

        row = 'STOREFRONT_REASON(kNotHere, NOT_HERE, 1,\n  "Look "\n  "elsewhere.")'
        self.expect(
            reasons,
            [
                ("good", tree(row), None),
                ("unused", tree(row, code=""), "given by no code"),
                (
                    "used by a comment only",
                    tree(row, code="// Reason::kNotHere"),
                    "given by no code",
                ),
                ("no hint", tree(row.replace('"Look "\n  "elsewhere."', '""')), "no hint sentence"),
                ("another number", tree(row, "NOT_HERE = 2;"), "is 1 here and 2"),
                ("not in the proto", tree(row, ""), "not in errors.proto"),
                (
                    "only in the proto",
                    tree(row, "NOT_HERE = 1;\n  MORE = 2;"),
                    "no row in reasons.inc",
                ),
                (
                    "odd name",
                    tree(row.replace("kNotHere", "kAway"), code="Reason::kAway"),
                    "Call it kNotHere",
                ),
            ],
        )


class Faults(TreeCase):
    def findings(self, files: dict[str, str]) -> list[str]:
        return self.messages(faults, {"services/x/x.h": "", **files})

    def open_rows(self, *without: str) -> str:
        return "\n".join(
            f'[[fault]]\nid = "{letter}{number}"\npart = "x"\nwhat = "x"'
            for letter, count in faults.CASES.items()
            for number in range(1, count + 1)
            if f"{letter}{number}" not in without
        )

    def test_each_case_is_tested_or_open(self):
        self.assertEqual(self.findings({EXCEPTIONS: self.open_rows()}), [])
        self.assertIn("S3 has no test", self.findings({EXCEPTIONS: self.open_rows("S3")})[0])

    def test_names(self):
        for name, files in {
            "C++": {"services/seeder/a_test.cc": "TEST_P(Executor, S3CommittedButReplyLost) {"},
            "Python": {"tests/integration/x/test_a.py": "def test_S3_reply_lost(postgres):"},
            "Go": {"gateway/internal/x/a_test.go": "func TestS3ReplyLost(t *testing.T) {"},
        }.items():
            with self.subTest(name):
                self.assertEqual(self.findings({EXCEPTIONS: self.open_rows("S3"), **files}), [])
        # S31 is not S3, and a lower-case word is a word.
        other = {"services/seeder/a_test.cc": "TEST(Executor, S3s) {"}
        self.assertIn(
            "S3 has no test", self.findings({EXCEPTIONS: self.open_rows("S3"), **other})[0]
        )

    def test_a_row_for_what_is_tested_goes(self):
        files = {EXCEPTIONS: self.open_rows(), "tests/test_a.py": "def test_G1_gone():"}
        self.assertIn("G1 is listed as open, and tested", self.findings(files)[0])

    def test_an_unknown_case_is_named(self):
        files = {EXCEPTIONS: self.open_rows(), "tests/test_a.py": "def test_G99_gone():"}
        self.assertIn("G99 is no fault case", self.findings(files)[0])


class Documents(TreeCase):
    TABLE = "| folder | what |\n|---|---|\n| `libs/pg/` | Postgres |\n"
    RECORD = (
        "# 0001 One\nStatus: a\nContext: b\nDecision: c\nConsequences: d\nAgainst: e\nProof: f\n"
    )

    def test_folder_table(self):
        lib = {"libs/pg/README.md": "Postgres.\n"}
        self.expect(
            documents,
            [
                ("equal", {"ARCHITECTURE.md": self.TABLE, **lib}, None),
                (
                    "missing row",
                    {"ARCHITECTURE.md": self.TABLE, **lib, "tools/x": ""},
                    "no row for tools/",
                ),
                (
                    "gone folder",
                    {"ARCHITECTURE.md": self.TABLE + "| `cli/` | x |\n", **lib},
                    "names cli/",
                ),
            ],
        )

    def test_records_and_links(self):
        self.expect(
            documents,
            [
                (
                    "good",
                    {"docs/adr/0001-one.md": self.RECORD, "a.h": "// docs/adr/0001-one.md"},
                    None,
                ),
                (
                    "unknown record",
                    {"docs/adr/0001-one.md": self.RECORD, "a.h": "// docs/adr/0009-x.md"},
                    "is no record",
                ),
                (
                    "wrong title",
                    {"docs/adr/0001-one.md": self.RECORD, "a.h": "// docs/adr/0001-two.md"},
                    "is no record",
                ),
                (
                    "lacks a line",
                    {"docs/adr/0001-one.md": self.RECORD.replace("Proof: f", "")},
                    "lacks Proof:",
                ),
                ("bad name", {"docs/adr/one.md": self.RECORD}, "not the name"),
                ("dead link", {"README.md": "[x](docs/none.md)"}, "which is not there"),
                ("link in a block", {"README.md": "```\n[x](docs/none.md)\n```\n"}, None),
                ("lib without README", {"libs/pg/x.h": ""}, "a lib without a README"),
            ],
        )

    def test_paths_of_one_machine(self):
        for path in ("/" + "work/main", "/" + "root/.cache"):
            self.expect(documents, [(path, {"a.txt": f"cd {path}\n"}, "a path of one machine")])
        self.expect(
            documents, [("part of another path", {"a.txt": "deploy/work/x ~/work/y\n"}, None)]
        )


class Pins(TreeCase):
    def test_versions(self):
        self.expect(
            pins,
            [
                ("latest", {"a.yaml": "image: x:latest\n"}, "a version that moves"),
                ("exact", {"a.yaml": "image: x:1.2.3\n"}, None),
                ("requirement", {"tests/requirements.txt": "pytest>=8\n"}, "is not pinned"),
                ("pinned", {"tests/requirements.txt": "pytest==8.3.5  # runner\n"}, None),
                ("image", {"deploy/Dockerfile": "FROM debian:13\n"}, "without a digest"),
                ("stages", {"deploy/Dockerfile": "FROM ${BASE} AS build\nFROM build\n"}, None),
                (".env image", {".env": "KAFKA_IMAGE=apache/kafka:4.3.1\n"}, "no digest"),
                ("npm range", {"package.json": '{"dependencies": {"a": "^1.2.3"}}'}, "is a range"),
                ("npm host", {"package-lock.json": '{"resolved": "x"}'}, "registry's host"),
                ("pom range", {"pom.xml": "<version>[1,2)</version>"}, "range of versions"),
            ],
        )


class Tool(TreeCase):
    def run_tidy(self, tree: Tree, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, TOOLS / "tidy", "--root", tree.root, *arguments],
            capture_output=True,
            text=True,
        )

    def test_exit_code_and_exceptions(self):
        bad = {"libs/pg/a.h": HEAD + "std::mutex m;\n", "libs/pg/README.md": "Postgres.\n"}
        row = (
            '[[allow]]\nrule = "calls"\npath = "libs/pg/*"\nreason = "the driver wants this one"\n'
        )
        found = self.run_tidy(self.make(bad), "calls")
        self.assertEqual(found.returncode, 1)
        self.assertIn("libs/pg/a.h:3: ", found.stdout)
        self.assertEqual(self.run_tidy(self.make({**bad, EXCEPTIONS: row}), "calls").returncode, 0)
        stale = self.run_tidy(self.make({EXCEPTIONS: row}), "calls")
        self.assertEqual(stale.returncode, 1)
        self.assertIn("excuses nothing", stale.stdout)
        with self.assertRaises(SystemExit):
            self.make({EXCEPTIONS: row.replace("the driver wants this one", "x")})

    def test_sizes_name_the_longest(self):
        body = "int Long(int x) {\n" + "  x++;\n" * 40 + "}\n"
        text = sizes.report(self.make({"libs/a/x.cc": body + "int Short() {\n}\n"}))
        self.assertIn("42 libs/a/x.cc:1  int Long", text)
        self.assertLess(text.index("Long"), text.index("Short"))


if __name__ == "__main__":
    unittest.main()
