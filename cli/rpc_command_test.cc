// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_command.h"

#include <gmock/gmock.h>

#include "cli/command_line.h"
#include "cli/services.h"
#include "cli/session_fixture.h"
#include "libs/testing/status_matchers.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;

std::vector<Command> RpcCommands() {
  std::vector<Command> commands;
  for (const RpcRow& row : RpcRows()) commands.push_back(MakeRpcCommand(row, false));
  return commands;
}

absl::StatusOr<ExitCode> Type(SessionFixture& f, const std::vector<std::string>& typed) {
  static const auto& commands = *new std::vector<Command>(RpcCommands());
  auto line = ParseCommandLine(commands, typed);
  if (!line.ok()) return line.status();
  return line->command->run(f.session, line->inputs);
}

TEST(RpcCommands, FlagsBecomeTheRequest) {
  SessionFixture f;
  f.rpc.Add("SeederService.StartFullLoad", {.messages = {R"({"name": "seedRuns/full-1"})"}});
  ASSERT_THAT(Type(f, {"seed-runs", "full-load", "--scale", "0.5", "--rows", "orders=10", "--rows",
                       "customers=5", "--on-existing", "fail", "--dry-run"}),
              IsOkAndHolds(ExitCode::kDone));
  const Document& request = f.rpc.seen.at(0).request;
  EXPECT_EQ(request["scale"], 0.5);
  EXPECT_EQ(request["rows"]["orders"], "10");
  EXPECT_EQ(request["rows"]["customers"], "5");
  EXPECT_EQ(request["onExisting"], "FAIL");
  EXPECT_EQ(request["validateOnly"], true);
  EXPECT_EQ(request["requestId"], "made-id") << "made when absent, so that a repeat is safe";
}

TEST(RpcCommands, ATypedRequestIdIsUsedEverywhere) {
  SessionFixture f;
  f.rpc.Add("MigratorService.Migrate", {.messages = {"{}"}});
  ASSERT_THAT(Type(f, {"migrations", "migrate", "--request-id", "mine", "--lock-wait", "90s"}),
              IsOk());
  EXPECT_EQ(f.rpc.seen[0].request["requestId"], "mine");
  EXPECT_EQ(f.rpc.seen[0].request["lockWait"], "90s");
  EXPECT_EQ(f.rpc.seen[0].request_id, "mine");
}

TEST(RpcCommands, ANameMayLeaveOutItsCollection) {
  for (const char* typed : {"full-1", "seedRuns/full-1"}) {
    SessionFixture f;
    f.rpc.Add("SeederService.GetSeedRun", {.messages = {"{}"}});
    ASSERT_THAT(Type(f, {"seed-runs", "get", typed}), IsOk());
    EXPECT_EQ(f.rpc.seen[0].request["name"], "seedRuns/full-1");
  }
}

TEST(RpcCommands, AnUpdateSendsAMaskOfWhatWasTyped) {
  SessionFixture f;
  f.rpc.Add("SeederService.UpdateSeedRun", {.messages = {"{}"}});
  ASSERT_THAT(
      Type(f, {"seed-runs", "update", "deltas-1", "--events-per-second", "200", "--etag", "e"}),
      IsOk());
  const Document& request = f.rpc.seen[0].request;
  EXPECT_EQ(request["seedRun"]["name"], "seedRuns/deltas-1");
  EXPECT_EQ(request["seedRun"]["deltas"]["eventsPerSecond"], 200.0);
  EXPECT_EQ(request["seedRun"]["etag"], "e");
  EXPECT_EQ(request["updateMask"], "deltas.eventsPerSecond");
}

TEST(RpcCommands, WrongValuesAreUsageErrorsAndNothingIsSent) {
  struct Case {
    std::vector<std::string> typed;
    const char* says;
  };
  const std::vector<Case> cases = {
      {{"seed-runs", "full-load", "--scale", "much"}, "--scale: 'much' is not a number"},
      {{"seed-runs", "full-load", "--seed", "-1"}, "not a whole number from 0"},
      {{"seed-runs", "full-load", "--chunk-rows", "99999999999"}, "--chunk-rows"},
      {{"seed-runs", "full-load", "--rows", "orders"}, "not KEY=VALUE"},
      {{"seed-runs", "full-load", "--on-existing", "appendd"}, "did you mean append?"},
      {{"migrations", "migrate", "--lock-wait", "soon"}, "not a duration"},
      {{"seed-runs", "update", "deltas-1"}, "Nothing to change"},
      {{"seed-runs", "list", "--limit", "0"}, "not a whole number from 1"},
      {{"connectors", "delete", "orders"}, "--confirm NAME"},
      {{"connectors", "delete", "orders", "--yes"}, "--confirm NAME"},
  };
  for (const Case& c : cases) {
    SessionFixture f;
    const auto result = Type(f, c.typed);
    EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kUsage);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.says));
    EXPECT_TRUE(f.rpc.seen.empty());
  }
}

TEST(RpcCommands, AConfirmationIsSentAsTyped) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.DeleteConnector", {.messages = {R"({"deleted": true})"}});
  ASSERT_THAT(Type(f, {"connectors", "delete", "orders", "--confirm", "orders", "--offsets"}),
              IsOk());
  EXPECT_EQ(f.rpc.seen[0].request["confirmation"], "orders");
  EXPECT_EQ(f.rpc.seen[0].request["cleanup"]["offsets"], true);
}

TEST(RpcCommands, AListGathersAllItsPages) {
  SessionFixture f({"--output=json"});
  f.rpc.Add("SeederService.ListSeedRuns",
            {.messages = {R"({"seedRuns": [{"name": "a"}], "nextPageToken": "t"})"}});
  f.rpc.Add("SeederService.ListSeedRuns", {.messages = {R"({"seedRuns": [{"name": "b"}]})"}});
  ASSERT_THAT(Type(f, {"seed-runs", "list"}), IsOk());
  const Document printed = Document::parse(f.out.str());
  EXPECT_EQ(printed["seedRuns"].size(), 2);
  EXPECT_EQ(printed["nextPageToken"], "");
  EXPECT_EQ(f.rpc.seen[1].request["pageToken"], "t");
}

TEST(RpcCommands, ALimitEndsTheGathering) {
  SessionFixture f({"--output=name"});
  f.rpc.Add(
      "SeederService.ListSeedRuns",
      {.messages = {R"({"seedRuns": [{"name": "a"}, {"name": "b"}], "nextPageToken": "t"})"}});
  ASSERT_THAT(Type(f, {"seed-runs", "list", "--limit", "2"}), IsOk());
  EXPECT_EQ(f.out.str(), "a\nb\n");
  EXPECT_EQ(f.rpc.seen.size(), 1);
  EXPECT_EQ(f.rpc.seen[0].request["pageSize"], 2);
}

TEST(RpcCommands, WaitFollowsTheRunAndGivesItsOutcome) {
  SessionFixture f;
  f.rpc.Add("MigratorService.Migrate",
            {.messages = {R"({"name": "migrationRuns/1", "state": "PENDING"})"}});
  f.rpc.Add("MigratorService.WatchMigrationRun",
            {.messages = {R"({"run": {"name": "migrationRuns/1", "state": "SUCCEEDED"}})"}});
  EXPECT_THAT(Type(f, {"migrations", "migrate", "--wait"}), IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.out.str(), HasSubstr("SUCCEEDED"));
}

TEST(RpcCommands, AWatchForProgramsIsALinePerState) {
  SessionFixture f({"--output=jsonl"});
  f.rpc.Add("SeederService.WatchSeedRun",
            {.messages = {R"({"seedRun": {"name": "seedRuns/a", "state": "RUNNING"}})",
                          R"({"seedRun": {"name": "seedRuns/a", "state": "SUCCEEDED"}})"}});
  ASSERT_THAT(Type(f, {"seed-runs", "watch", "a"}), IsOk());
  const std::string text = f.out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(RpcCommands, ReadsAreRepeatedWhileNobodyAnswers) {
  SessionFixture f;
  f.rpc.Add("SeederService.ListSeedRuns", {.status = absl::UnavailableError("away")});
  f.rpc.Add("SeederService.ListSeedRuns", {.messages = {"{}"}});
  ASSERT_THAT(Type(f, {"seed-runs", "list"}), IsOk());
  EXPECT_EQ(f.rpc.seen.size(), 2);
}

TEST(RpcCommands, AWriteWithoutARequestIdIsNotRepeated) {
  SessionFixture f;
  f.rpc.Add("SeederService.PauseSeedRun", {.status = absl::UnavailableError("away")});
  EXPECT_EQ(ExitCodeOf(Type(f, {"seed-runs", "pause", "a"}).status()), ExitCode::kUnreachable);
  EXPECT_EQ(f.rpc.seen.size(), 1);
}

}  // namespace
}  // namespace storefront::cli
