// migrations plan, lint, drift, undo, clean, force-unlock and a dry run, on a service in memory.
// SPDX-License-Identifier: Apache-2.0
#include "cli/migrations_command.h"

#include <gmock/gmock.h>

#include <fstream>

#include "cli/app.h"
#include "cli/command_line.h"
#include "cli/session_fixture.h"
#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using ::testing::Not;

absl::StatusOr<ExitCode> Type(SessionFixture& f, const std::vector<std::string>& typed) {
  static const auto& commands = *new std::vector<Command>(AllCommands(false));
  auto line = ParseCommandLine(commands, typed);
  if (!line.ok()) return line.status();
  return line->command->run(f.session, line->inputs);
}

constexpr char kPlan[] = R"({"planHash": "abc", "database": "shop",
  "steps": [{"migration": "migrations/V1", "script": "V1__a.sql", "transactional": true}]})";

TEST(MigrationsPlan, EndsWithTheCommandThatAppliesExactlyThis) {
  SessionFixture f;
  f.rpc.Add("MigratorService.PlanMigrations", {.messages = {kPlan}});
  EXPECT_THAT(Type(f, {"migrations", "plan", "--target", "4?", "--out-of-order", "--group=false",
                       "--ignore-patterns", "*:missing", "--ignore-patterns", "*:future"}),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(
      f.out.str(),
      HasSubstr("Apply exactly this plan:\n  storefrontctl migrations migrate --wait "
                "--plan-hash abc --target '4?' --out-of-order --ignore-patterns '*:missing' "
                "--ignore-patterns '*:future' --group=false\n"));
  EXPECT_EQ(f.rpc.seen[0].request["target"], "4?");
  EXPECT_EQ(f.rpc.seen[0].request["group"], false);
}

TEST(MigrationsPlan, ExitCodeTellsWhetherThereIsSomethingToDo) {
  SessionFixture f;
  f.rpc.Add("MigratorService.PlanMigrations", {.messages = {kPlan}});
  f.rpc.Add("MigratorService.PlanMigrations", {.messages = {R"({"database": "shop"})"}});
  EXPECT_THAT(Type(f, {"migrations", "plan", "--exit-code"}), IsOkAndHolds(ExitCode::kDifferences));
  EXPECT_THAT(Type(f, {"migrations", "plan", "--exit-code"}), IsOkAndHolds(ExitCode::kDone));
}

TEST(MigrationsPlan, ForProgramsIsTheAnswerAlone) {
  SessionFixture f({"--output=json"});
  f.rpc.Add("MigratorService.PlanMigrations", {.messages = {kPlan}});
  EXPECT_THAT(Type(f, {"migrations", "plan"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(Document::parse(f.out.str())["planHash"], "abc");
}

constexpr char kWarning[] = R"({"counts": {"warnings": 1}, "scriptCount": 1, "findings": [
  {"rule": "ban-drop-table", "severity": "WARNING", "script": "V1__a.sql", "line": 1, "column": 1,
   "message": "Readers fail."}]})";

TEST(MigrationsLint, JudgesTextFromStdin) {
  SessionFixture f;
  f.in.str("drop table a;\n");
  f.rpc.Add("MigratorService.LintMigrations", {.messages = {kWarning}});
  EXPECT_THAT(Type(f, {"migrations", "lint", "-"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.rpc.seen[0].request["text"], "drop table a;\n");
  EXPECT_EQ(f.out.str(), "stdin:1:1: warning: Readers fail. [ban-drop-table]\n");
  EXPECT_EQ(f.err.str(), "1 script: 0 errors, 1 warning, 0 notes.\n");
}

TEST(MigrationsLint, JudgesALocalFileUnderItsName) {
  const std::string path = ::testing::TempDir() + "/V9__x.sql";
  std::ofstream(path) << "drop table a;";
  SessionFixture f;
  f.rpc.Add("MigratorService.LintMigrations", {.messages = {kWarning}});
  EXPECT_THAT(Type(f, {"migrations", "lint", path, "--fail-on", "warning"}),
              IsOkAndHolds(ExitCode::kFailed));
  EXPECT_EQ(f.rpc.seen[0].request["text"], "drop table a;");
  EXPECT_EQ(f.rpc.seen[0].request["script"], "V9__x.sql");
}

TEST(MigrationsLint, GathersPagesAndJudgesWhatALimitLeavesOut) {
  constexpr char kFirst[] = R"({"counts": {"errors": 1, "notes": 1}, "scriptCount": 1,
    "nextPageToken": "t", "findings": [{"rule": "prefer-text-field", "severity": "NOTE",
    "script": "V1__a.sql", "line": 1, "column": 1, "message": "m"}]})";
  constexpr char kSecond[] = R"({"counts": {"errors": 1, "notes": 1}, "scriptCount": 1,
    "findings": [{"rule": "ban-drop-database", "severity": "ERROR", "script": "V1__a.sql",
    "line": 2, "column": 1, "message": "n"}]})";
  SessionFixture all;
  all.rpc.Add("MigratorService.LintMigrations", {.messages = {kFirst}});
  all.rpc.Add("MigratorService.LintMigrations", {.messages = {kSecond}});
  EXPECT_THAT(Type(all, {"migrations", "lint"}), IsOkAndHolds(ExitCode::kFailed));
  ASSERT_EQ(all.rpc.seen.size(), 2U);
  EXPECT_EQ(all.rpc.seen[1].request["pageToken"], "t");
  EXPECT_EQ(all.out.str(),
            "V1__a.sql:1:1: note: m [prefer-text-field]\n"
            "V1__a.sql:2:1: error: n [ban-drop-database]\n");
  EXPECT_EQ(all.err.str(), "1 script: 1 error, 0 warnings, 1 note.\n");

  SessionFixture limited;
  limited.rpc.Add("MigratorService.LintMigrations", {.messages = {kFirst}});
  EXPECT_THAT(Type(limited, {"migrations", "lint", "--limit", "1"}),
              IsOkAndHolds(ExitCode::kFailed));
  EXPECT_EQ(limited.rpc.seen.size(), 1U);
}

TEST(MigrationsLint, WrongUseSendsNothing) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"/no/such/file.sql"}, {"/tmp"}, {"--fail-on", "hint"}, {"-", "--migrations", "V1"}}) {
    SessionFixture f;
    std::vector<std::string> typed = {"migrations", "lint"};
    typed.insert(typed.end(), more.begin(), more.end());
    EXPECT_EQ(ExitCodeOf(Type(f, typed).status()), ExitCode::kUsage) << more[0];
    EXPECT_TRUE(f.rpc.seen.empty());
  }
}

TEST(MigrationsValidate, ExitCodeTellsFindingsAndWarningsAreNotes) {
  constexpr char kReport[] = R"({"valid": false, "findingCount": 1, "findings": [
    {"code": "CHECKSUM_MISMATCH", "script": "V1__a.sql", "message": "It changed."}],
    "warnings": [{"code": "CALLBACK_NOT_SUPPORTED", "message": "It is not run."}]})";
  for (const bool asked : {false, true}) {
    SessionFixture f;
    f.rpc.Add("MigratorService.ValidateMigrations", {.messages = {kReport}});
    std::vector<std::string> typed = {"migrations", "validate"};
    if (asked) typed.push_back("--exit-code");
    EXPECT_THAT(Type(f, typed), IsOkAndHolds(asked ? ExitCode::kDifferences : ExitCode::kDone));
    EXPECT_NE(f.out.str().find("CHECKSUM_MISMATCH"), std::string::npos);
    EXPECT_EQ(f.err.str(), "warning: It is not run.\n");
  }
  SessionFixture f;
  f.rpc.Add("MigratorService.ValidateMigrations", {.messages = {R"({"valid": true})"}});
  EXPECT_THAT(Type(f, {"migrations", "validate", "--exit-code"}), IsOkAndHolds(ExitCode::kDone));
}

TEST(MigrationsDrift, ExitCodeTellsDifferences) {
  SessionFixture f;
  f.rpc.Add("MigratorService.GetDrift",
            {.messages = {R"({"drifted": true, "changeCount": 1, "changes": [{"action": "ADDED",
                "objectKind": "table", "object": "public.x", "currentDefinition": "table x"}]})"}});
  f.rpc.Add("MigratorService.GetDrift", {.messages = {R"({"capture": {"objectCount": 5}})"}});
  EXPECT_THAT(Type(f, {"migrations", "drift", "--exit-code"}),
              IsOkAndHolds(ExitCode::kDifferences));
  EXPECT_THAT(f.out.str(), HasSubstr("+table x\n"));
  EXPECT_THAT(Type(f, {"migrations", "drift", "--exit-code"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.err.str(), HasSubstr("No drift: 5 objects are as captured."));
}

TEST(MigrationsMigrate, ADryRunIsARunThatIsFollowed) {
  SessionFixture f;
  f.rpc.Add("MigratorService.Migrate", {.messages = {R"({"name": "migrationRuns/1"})"}});
  f.rpc.Add("MigratorService.WatchMigrationRun",
            {.messages = {R"({"run": {"name": "migrationRuns/1", "state": "SUCCEEDED",
                "dryRun": true, "steps": [{"script": "V1__a.sql", "action": "APPLY",
                "detail": "ACCESS EXCLUSIVE on public.t"}]}})"}});
  EXPECT_THAT(Type(f, {"migrations", "migrate", "--dry-run", "--plan-hash", "abc"}),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.rpc.seen[0].request["dryRun"], true);
  EXPECT_EQ(f.rpc.seen[0].request["validateOnly"], false);
  EXPECT_EQ(f.rpc.seen[0].request["planHash"], "abc");
  EXPECT_THAT(f.out.str(), HasSubstr("ACCESS EXCLUSIVE on public.t"));
}

constexpr char kUndoSteps[] = R"({"kind": "UNDO", "state": "PENDING",
  "steps": [{"migration": "migrations/V4", "script": "U4__a.sql", "action": "UNDO"}]})";

TEST(MigrationsUndo, ADryRunNeedsNoConfirmation) {
  SessionFixture f;
  f.rpc.Add("MigratorService.Undo", {.messages = {kUndoSteps}});
  EXPECT_THAT(Type(f, {"migrations", "undo", "--dry-run"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.rpc.seen[0].request["validateOnly"], true);
  EXPECT_THAT(f.out.str(), HasSubstr("U4__a.sql"));
}

TEST(MigrationsUndo, OnATerminalShowsWhatItWouldDoAndAsksForTheDatabase) {
  SessionFixture f;
  f.terminal.in_is_terminal = true;
  f.in.str("shop\n");
  f.rpc.Add("MigratorService.Undo", {.messages = {kUndoSteps}});
  f.rpc.Add("MigratorService.Undo", {.messages = {R"({"name": "migrationRuns/1"})"}});
  EXPECT_THAT(Type(f, {"migrations", "undo"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.err.str(), HasSubstr("U4__a.sql"));
  EXPECT_THAT(f.err.str(), HasSubstr("Type the name of the database to go on: "));
  ASSERT_EQ(f.rpc.seen.size(), 2);
  EXPECT_EQ(f.rpc.seen[0].request["validateOnly"], true);
  EXPECT_NE(f.rpc.seen[0].request["requestId"], f.rpc.seen[1].request["requestId"]);
  EXPECT_EQ(f.rpc.seen[1].request["confirmation"], "shop");
  EXPECT_EQ(f.rpc.seen[1].request["validateOnly"], false);
}

TEST(MigrationsClean, OffATerminalWithoutConfirmSendsNothing) {
  for (const char* verb : {"undo", "clean", "force-unlock"}) {
    SessionFixture f;
    const auto result = Type(f, {"migrations", verb, "--yes"});
    EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kUsage) << verb;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("--confirm NAME"));
    EXPECT_TRUE(f.rpc.seen.empty());
  }
}

constexpr char kHeld[] = R"({"database": "shop", "lockHolder": {"pid": 12, "user": "me",
  "applicationName": "Flyway", "state": "idle", "backendStartTime": "2026-01-02T03:04:05.250Z"}})";

TEST(MigrationsForceUnlock, NamesTheSessionByPidAndStart) {
  SessionFixture f;
  f.rpc.Add("MigratorService.GetMigrationStatus", {.messages = {kHeld}});
  f.rpc.Add("MigratorService.ForceUnlock", {.messages = {R"({"ended": {"pid": 12}})"}});
  EXPECT_THAT(Type(f, {"migrations", "force-unlock", "--pid", "12", "--confirm", "shop"}),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.err.str(), HasSubstr("held by pid 12 (Flyway, idle, user me)"));
  const Document& request = f.rpc.seen.at(1).request;
  EXPECT_EQ(request["pid"], 12);
  EXPECT_EQ(request["backendStartTime"], "2026-01-02T03:04:05.250Z");
  EXPECT_EQ(request["confirmation"], "shop");
}

TEST(MigrationsForceUnlock, EndsNobodyElse) {
  struct Case {
    const char* status;
    std::vector<std::string> more;
    const char* says;
  };
  const std::vector<Case> cases = {
      {kHeld, {"--pid", "13"}, "held by pid 12 (Flyway, idle, user me), not by pid 13"},
      {"{}", {"--pid", "13"}, "Nobody holds the history lock"},
      {kHeld, {}, "name it with --pid"},
  };
  for (const Case& c : cases) {
    SessionFixture f;
    f.rpc.Add("MigratorService.GetMigrationStatus", {.messages = {c.status}});
    std::vector<std::string> typed = {"migrations", "force-unlock", "--confirm", "shop"};
    typed.insert(typed.end(), c.more.begin(), c.more.end());
    EXPECT_THAT(std::string(Type(f, typed).status().message()), HasSubstr(c.says));
    for (const auto& seen : f.rpc.seen) EXPECT_THAT(seen.method, Not(HasSubstr("ForceUnlock")));
  }
}

}  // namespace
}  // namespace storefront::cli
