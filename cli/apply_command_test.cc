// topics apply, connectors apply, ready and wait, on fake services.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "cli/connectors_command.h"
#include "cli/ready_command.h"
#include "cli/session_fixture.h"
#include "cli/topics_command.h"
#include "cli/wait_command.h"
#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;

Inputs Typed(const std::vector<std::string>& switches) {
  Inputs inputs;
  for (const std::string& name : switches) inputs.flags[name] = {"true"};
  return inputs;
}

size_t Count(const SessionFixture& f, const std::string& method) {
  size_t count = 0;
  for (const auto& seen : f.rpc.seen) count += seen.method == method ? 1 : 0;
  return count;
}

constexpr char kPlanWithChange[] = R"({"name": "topicPlans/1", "state": "READY", "etag": "e",
  "summary": {"changes": 1, "creates": 1}, "steps": [{"kind": "CREATE", "topic": "t"}]})";

TEST(TopicsApply, PlansAppliesAndWaits) {
  SessionFixture f;
  f.rpc.Add("TopicService.CreateTopicPlan", {.messages = {kPlanWithChange}});
  f.rpc.Add("TopicService.ApplyTopicPlan", {.messages = {R"({"name": "topicPlans/1"})"}});
  f.rpc.Add("TopicService.WatchTopicPlan",
            {.messages = {R"({"topicPlan": {"name": "topicPlans/1", "state": "APPLIED"}})"}});
  EXPECT_THAT(TopicsApplyCommand(false).run(f.session, Typed({"yes", "wait"})),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.rpc.seen[1].request["etag"], "e") << "what was shown is what is applied";
}

TEST(TopicsApply, DoesNothingWhenAllIsAsItShouldBe) {
  SessionFixture f;
  f.rpc.Add("TopicService.CreateTopicPlan",
            {.messages = {R"({"name": "topicPlans/1", "summary": {"unchanged": 5}})"}});
  EXPECT_THAT(TopicsApplyCommand(false).run(f.session, Typed({"yes", "wait"})),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(Count(f, "TopicService.ApplyTopicPlan"), 0);
}

TEST(TopicsApply, WithoutATerminalNeedsYes) {
  SessionFixture f;
  const auto result = TopicsApplyCommand(false).run(f.session, Typed({"wait"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kUsage);
  EXPECT_TRUE(f.rpc.seen.empty());
}

TEST(TopicsApply, IsPatientWithABrokerThatIsStillStarting) {
  SessionFixture f;
  const absl::Status away = status::Error({.code = absl::StatusCode::kUnavailable,
                                           .reason = status::Reason::kBackendUnavailable,
                                           .message = "Kafka is away."});
  for (int i = 0; i < 30; ++i) f.rpc.Add("TopicService.CreateTopicPlan", {.status = away});
  f.rpc.Add("TopicService.CreateTopicPlan", {.messages = {R"({"summary": {"unchanged": 5}})"}});
  EXPECT_THAT(TopicsApplyCommand(false).run(f.session, Typed({"yes", "wait"})),
              IsOkAndHolds(ExitCode::kDone));
}

TEST(TopicsApply, TellsWhatIsBlocked) {
  SessionFixture f;
  f.rpc.Add("TopicService.CreateTopicPlan",
            {.messages = {R"({"summary": {"blocked": 1}, "steps": [{"kind": "BLOCKED",
              "topic": "t", "reason": "POLICY_CONFLICT", "message": "two rules"}]})"}});
  const auto result = TopicsApplyCommand(false).run(f.session, Typed({"yes"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kFailed);
  EXPECT_EQ(status::DetailsOf(result.status()).preconditions.at(0).subject, "t");
}

TEST(TopicsPlan, ExitCodeTellsDifferences) {
  SessionFixture f;
  f.rpc.Add("TopicService.CreateTopicPlan", {.messages = {kPlanWithChange}});
  EXPECT_THAT(TopicsPlanCommand(false).run(f.session, Typed({"exit-code"})),
              IsOkAndHolds(ExitCode::kDifferences));
  EXPECT_THAT(TopicsPlanCommand(false).run(f.session, Typed({})), IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.rpc.seen[0].request["validateOnly"], true);
}

constexpr char kBlocked[] = R"({"steps": [{"connector": "connectors/c", "action": "BLOCKED",
  "findings": [{"severity": "ERROR", "rule": "PREFLIGHT_PUBLICATION",
                "message": "The publication is missing."}]}]})";
constexpr char kCreate[] =
    R"({"planToken": "p", "steps": [{"connector": "connectors/c", "action": "CREATE"}]})";

TEST(ConnectorsApply, WaitsUntilChangesFlow) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kBlocked}});  // migrations still run
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kCreate}});
  f.rpc.Add("ConnectorService.ApplyConnectors",
            {.messages = {R"({"outcomes": [{"result": "APPLIED"}]})"}});
  f.rpc.Add("ConnectorService.GetConnector", {.messages = {R"({"state": "PENDING"})"}});
  f.rpc.Add("ConnectorService.GetConnector", {.messages = {R"({"state": "STREAMING"})"}});
  EXPECT_THAT(ConnectorsApplyCommand(false).run(f.session, Typed({"yes", "wait"})),
              IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.err.str(), HasSubstr("waiting: connectors/c is blocked. The publication"));
  EXPECT_THAT(f.err.str(), HasSubstr("waiting: connectors/c is PENDING"));
}

TEST(ConnectorsApply, WithoutWaitABlockedPlanFailsAtOnce) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kBlocked}});
  const auto result = ConnectorsApplyCommand(false).run(f.session, Typed({"yes"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kFailed);
  EXPECT_EQ(Count(f, "ConnectorService.ApplyConnectors"), 0);
}

TEST(ConnectorsApply, EndsWithTheLastStateWhenTheTimeIsOver) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kCreate}});
  f.rpc.Add("ConnectorService.ApplyConnectors",
            {.messages = {R"({"outcomes": [{"result": "UNCHANGED"}]})"}});
  f.rpc.Add("ConnectorService.GetConnector",
            {.messages = {R"({"state": "DEGRADED", "conditions": [{"class": "SOURCE_DOWN",
              "message": "Postgres does not answer"}]})"}});
  Inputs inputs = Typed({"yes", "wait"});
  inputs.flags["wait-timeout"] = {"20s"};
  const auto result = ConnectorsApplyCommand(false).run(f.session, inputs);
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kTimeout);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("Postgres does not answer"));
}

TEST(ConnectorsApply, AFaultThatNeedsAPersonEndsTheWaitAtOnce) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kCreate}});
  f.rpc.Add("ConnectorService.ApplyConnectors",
            {.messages = {R"({"outcomes": [{"result": "UNCHANGED"}]})"}});
  f.rpc.Add("ConnectorService.GetConnector",
            {.messages = {R"({"state": "FAILED", "conditions": [{"class": "CREDENTIALS",
              "message": "password authentication failed"}]})"}});
  const auto result = ConnectorsApplyCommand(false).run(f.session, Typed({"yes", "wait"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kFailed);
  EXPECT_EQ(Count(f, "ConnectorService.GetConnector"), 1);
}

TEST(ConnectorsApply, APlanThatOnlyAPersonCanUnblockEndsTheWaitAtOnce) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors",
            {.messages = {R"({"steps": [{"connector": "connectors/c", "action": "BLOCKED",
              "findings": [{"severity": "ERROR", "rule": "CREDENTIALS", "message": "refused"}]}]})"}});
  const auto result = ConnectorsApplyCommand(false).run(f.session, Typed({"yes", "wait"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kFailed);
  EXPECT_EQ(Count(f, "ConnectorService.PlanConnectors"), 1);
}

TEST(ConnectorsApply, AFailedOutcomeIsTheCommandsError) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.PlanConnectors", {.messages = {kCreate}});
  f.rpc.Add("ConnectorService.ApplyConnectors",
            {.messages = {R"({"outcomes": [{"result": "FAILED", "error": {"code": 3,
              "message": "bad config"}}]})"}});
  const auto result = ConnectorsApplyCommand(false).run(f.session, Typed({"yes", "wait"}));
  EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kFailed);
  EXPECT_EQ(f.out.str(), "");
}

constexpr char kOne[] =
    R"({"connectors": [{"name": "connectors/c", "template": "connectorTemplates/c"},
                       {"name": "connectors/foreign"}]})";

TEST(Ready, PrintsTheBannerOnceTheEventIsSeen) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.ListConnectors", {.status = absl::UnavailableError("starting")});
  f.rpc.Add("ConnectorService.ListConnectors", {.messages = {kOne}});
  f.rpc.Add("ConnectorService.VerifyPipeline", {.messages = {R"({"latency": "0.046s"})"}});
  EXPECT_THAT(ReadyCommand().run(f.session, Typed({})), IsOkAndHolds(ExitCode::kDone));
  EXPECT_THAT(f.out.str(), ::testing::StartsWith("ready in 0."));
  EXPECT_THAT(f.out.str(), HasSubstr(" s: change event seen 46 ms after its commit\n"));
}

TEST(Ready, FollowSaysWhatBreaksAndHealsUntilItIsStopped) {
  SessionFixture f;
  f.rpc.Add("ConnectorService.ListConnectors", {.messages = {kOne}});
  const absl::Status lost = status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                                           .reason = status::Reason::kProbeNotSeen,
                                           .message = "The event did not come."});
  f.rpc.Add("ConnectorService.VerifyPipeline", {.messages = {R"({"latency": "0.046s"})"}});
  f.rpc.Add("ConnectorService.VerifyPipeline", {.status = lost});
  f.rpc.Add("ConnectorService.VerifyPipeline", {.status = lost});
  f.rpc.Add("ConnectorService.VerifyPipeline", {.messages = {R"({"latency": "0.05s"})"}});
  f.rpc.before = [&](const std::string&) {
    if (Count(f, "ConnectorService.VerifyPipeline") == 5) f.stop.request_stop();
  };
  EXPECT_THAT(ReadyCommand().run(f.session, Typed({"follow"})), IsOkAndHolds(ExitCode::kDone));
  EXPECT_EQ(f.err.str(),
            "not ready: The event did not come.\n"
            "ready again: change event seen 50ms after its commit\n");
}

TEST(Ready, CheckFailsOnAnOldProbe) {
  struct Case {
    const char* time;
    ExitCode expected;
  };
  // The fake clock stands at 2026-01-01T00:00:00Z.
  constexpr Case kCases[] = {{"2025-12-31T23:59:30Z", ExitCode::kDone},
                             {"2025-12-31T23:59:20Z", ExitCode::kFailed}};
  for (const Case& c : kCases) {
    SessionFixture f;
    f.rpc.Add("ConnectorService.ListConnectors", {.messages = {kOne}});
    f.rpc.Add("ConnectorService.GetConnector",
              {.messages = {absl::StrCat(R"({"lastProbe": {"time": ")", c.time, R"("}})")}});
    const auto result = ReadyCommand().run(f.session, Typed({"check"}));
    EXPECT_EQ(result.ok() ? *result : ExitCodeOf(result.status()), c.expected);
  }
}

TEST(Wait, EndsWithFourAndTheLastState) {
  SessionFixture f({"--timeout=10s"});
  f.rpc.Add("MigratorService.GetMigrationStatus", {.messages = {R"({"pendingCount": 2})"}});
  Inputs inputs;
  inputs.flags["timeout"] = {"10s"};
  for (const Command& command : WaitCommands()) {
    if (command.Name() != "wait migrations") continue;
    const auto result = command.run(f.session, inputs);
    EXPECT_EQ(ExitCodeOf(result.status()), ExitCode::kTimeout);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("2 migrations are pending"));
  }
}

TEST(Wait, ARunNeedsItsFullName) {
  SessionFixture f;
  Inputs inputs;
  inputs.arguments = {"full-12"};
  for (const Command& command : WaitCommands()) {
    if (command.Name() != "wait run") continue;
    EXPECT_EQ(ExitCodeOf(command.run(f.session, inputs).status()), ExitCode::kUsage);
  }
}

}  // namespace
}  // namespace storefront::cli
