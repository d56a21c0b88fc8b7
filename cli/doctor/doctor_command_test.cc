// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/doctor_command.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "cli/session_fixture.h"
#include "libs/status/error.h"

namespace storefront::cli {
namespace {

// A pipeline in which everything is as it should be; each case breaks one thing.
class Pipeline {
 public:
  Pipeline() {
    for (const char* port : {"4444", "50051", "50052", "50053", "50054", "8000", "9092", "8083"}) {
      ports_[std::string("127.0.0.1:") + port] = {.state = PortState::kSpeaks};
    }
    for (const char* port : {"50051", "50052", "50053", "50054"}) {
      f.rpc.AddHealth(std::string("127.0.0.1:") + port, std::string("SERVING"));
    }
    Answer("MigratorService.GetMigrationStatus", R"({"currentVersion": "3", "appliedCount": 3})");
    Answer("MigratorService.ListMigrationRuns", "{}");
    Answer("MigratorService.ValidateMigrations", R"({"valid": true})");
    Answer("TopicService.GetTopicPolicy", R"({"name": "topicPolicy"})");
    Answer("TopicService.CreateTopicPlan", R"({"summary": {"unchanged": 5}})");
    Answer("ConnectorService.DescribeConnectCluster", R"({"health": "HEALTHY"})");
    Answer("ConnectorService.PlanConnectors", "{}");
    Answer("ConnectorService.ListConnectors",
           R"({"connectors": [{"name": "connectors/c", "template": "connectorTemplates/c"}]})");
    Answer("ConnectorService.GetConnector", Connector("STREAMING"));
  }

  static std::string Connector(const std::string& state, const std::string& more = "") {
    return absl::StrCat(
        R"({"name": "connectors/c", "displayName": "c", "state": ")", state,
        R"(", "slot": {"name": "replicationSlots/s", "active": true, "walStatus": "reserved"}, )",
        R"("lastProbe": {"time": "2025-12-31T23:59:55Z", "latency": "0.046s"})", more, "}");
  }

  // Instead of the answer that was there.
  void Answer(const std::string& method, const std::string& json) { answers_[method] = json; }
  void Port(const std::string& port, PortState state) {
    ports_["127.0.0.1:" + port] = {.state = state, .owner = "nc (pid 7)"};
  }

  std::string Broken() {
    for (const auto& [method, json] : answers_) f.rpc.Add(method, {.messages = {json}});
    reports = WalkHops(
        f.session,
        [this](const std::string& address, Protocol, const std::string&) {
          return ports_[address];
        },
        /*with_probe=*/false);
    const HopReport* broken = FirstBroken(reports);
    return broken == nullptr ? "" : broken->hop;
  }

  SessionFixture f;
  std::vector<HopReport> reports;

 private:
  std::map<std::string, PortAnswer> ports_;
  std::map<std::string, std::string> answers_;
};

TEST(Doctor, FindsNothingInAHealthyPipeline) {
  Pipeline pipeline;
  EXPECT_EQ(pipeline.Broken(), "");
  for (const HopReport& report : pipeline.reports) {
    EXPECT_EQ(report.finding.verdict, Verdict::kOk) << report.hop << ": " << report.finding.what;
  }
}

TEST(Doctor, NamesTheHopOfEachFault) {
  struct Case {
    const char* name;
    std::function<void(Pipeline&)> fault;
    const char* hop;
  };
  const std::vector<Case> cases = {
      {"taken port", [](Pipeline& p) { p.Port("8083", PortState::kForeign); }, "ports"},
      {"dead Postgres", [](Pipeline& p) { p.Port("4444", PortState::kClosed); }, "postgres"},
      {"dead migrator",
       [](Pipeline& p) { p.f.rpc.AddHealth("127.0.0.1:50052", absl::UnavailableError("refused")); },
       "migrator"},
      {"broken migration",
       [](Pipeline& p) {
         p.Answer("MigratorService.GetMigrationStatus", R"({"pendingCount": 1})");
         p.Answer("MigratorService.ListMigrationRuns",
                  R"({"migrationRuns": [{"state": "FAILED", "error": {"message": "line 3"}}]})");
       },
       "migrations"},
      {"dead Kafka", [](Pipeline& p) { p.Port("9092", PortState::kClosed); }, "kafka"},
      {"stopped Kafka", [](Pipeline& p) { p.Port("9092", PortState::kSilent); }, "kafka"},
      {"missing topics",
       [](Pipeline& p) {
         p.Answer("TopicService.CreateTopicPlan", R"({"summary": {"changes": 5, "creates": 5}})");
       },
       "topics"},
      {"dead Connect", [](Pipeline& p) { p.Port("8083", PortState::kClosed); }, "connect"},
      {"wrong Debezium password",
       [](Pipeline& p) {
         p.Answer("ConnectorService.GetConnector",
                  Pipeline::Connector("FAILED", R"(, "conditions": [{"class": "CREDENTIALS",
                                       "message": "password authentication failed"}])"));
       },
       "debezium role and publication"},
      {"failed connector",
       [](Pipeline& p) {
         p.Answer("ConnectorService.GetConnector", Pipeline::Connector("FAILED"));
       },
       "connector"},
      {"dead gateway", [](Pipeline& p) { p.Port("8000", PortState::kClosed); }, "gateway"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Pipeline pipeline;
    c.fault(pipeline);
    EXPECT_EQ(pipeline.Broken(), c.hop);
  }
}

TEST(Doctor, DoesNotGuessBehindABrokenHop) {
  Pipeline pipeline;
  pipeline.Port("4444", PortState::kClosed);
  pipeline.Broken();
  EXPECT_EQ(pipeline.reports.back().finding.verdict, Verdict::kNotChecked);
  EXPECT_EQ(pipeline.reports.back().finding.what, "postgres failed");
  EXPECT_TRUE(pipeline.f.rpc.seen.empty());
}

}  // namespace
}  // namespace storefront::cli
