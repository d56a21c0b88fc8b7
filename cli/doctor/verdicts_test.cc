// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/verdicts.h"

#include <gmock/gmock.h>

#include "libs/status/error.h"

namespace storefront::cli {
namespace {

using ::testing::HasSubstr;

absl::Status Away(const std::string& what) {
  return status::Error({.code = absl::StatusCode::kUnavailable,
                        .reason = status::Reason::kBackendUnavailable,
                        .message = what});
}

const Document kCurrent = {
    {"currentVersion", "3"}, {"appliedCount", 3}, {"pendingCount", 0}, {"failedCount", 0}};
const Document kValid = {{"valid", true}, {"findings", Document::array()}};
const Document kNoRuns = {{"migrationRuns", Document::array()}};

TEST(Verdicts, OfPorts) {
  const PortAnswer foreign{.state = PortState::kForeign, .owner = "python3 (pid 4711)"};
  const Finding taken = JudgeOwner("postgres", "127.0.0.1:4444", foreign);
  EXPECT_EQ(taken.verdict, Verdict::kFail);
  EXPECT_EQ(taken.what, "127.0.0.1:4444 is taken by python3 (pid 4711), which is no postgres");
  EXPECT_EQ(JudgeOwner("postgres", "x:1", {.state = PortState::kClosed}).verdict, Verdict::kOk)
      << "nobody there is the backend's own hop";
}

TEST(Verdicts, OfBackends) {
  struct Case {
    const char* name;
    PortAnswer port;
    Verdict verdict;
    const char* says;
  };
  const Case cases[] = {
      {"up", {.state = PortState::kSpeaks}, Verdict::kOk, "answers"},
      {"dead", {.state = PortState::kClosed}, Verdict::kFail, "nothing listens at x:1"},
      {"stopped", {.state = PortState::kSilent}, Verdict::kFail, "does not answer"},
      {"taken", {.state = PortState::kForeign}, Verdict::kFail, "taken by something else"},
      {"ill", {.state = PortState::kSpeaks, .http_status = 500}, Verdict::kFail, "HTTP 500"},
      {"well", {.state = PortState::kSpeaks, .http_status = 200}, Verdict::kOk, "answers"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Finding finding = JudgeBackend("connect", "x:1", c.port);
    EXPECT_EQ(finding.verdict, c.verdict);
    EXPECT_THAT(finding.what, HasSubstr(c.says));
    if (c.verdict == Verdict::kFail) {
      EXPECT_FALSE(finding.fix.empty());
    }
  }
}

TEST(Verdicts, OfMigrations) {
  struct Case {
    const char* name;
    Answer status, runs, validation;
    Verdict verdict;
    const char* says;
  };
  Document pending = kCurrent, failed = kCurrent;
  pending["pendingCount"] = 1;
  failed["failedCount"] = 1;
  failed["failed"] = {{{"script", "V4__index.sql"}}};
  const Document broken_run = {
      {"migrationRuns",
       {{{"state", "FAILED"}, {"error", {{"message", "V4__x.sql, line 3: syntax error\nmore"}}}}}}};
  const Document changed = {
      {"valid", false},
      {"findings", {{{"code", "CHECKSUM_MISMATCH"}, {"message", "V1 was edited"}}}}};
  const Case cases[] = {
      {"good", kCurrent, kNoRuns, kValid, Verdict::kOk, "version 3"},
      {"pending", pending, kNoRuns, kValid, Verdict::kFail, "1 migration is pending"},
      {"broken script", pending, broken_run, kValid, Verdict::kFail, "line 3: syntax error"},
      {"failed row", failed, broken_run, kValid, Verdict::kFail, "V4__index.sql failed"},
      {"edited", kCurrent, kNoRuns, changed, Verdict::kFail, "CHECKSUM_MISMATCH"},
      {"away", Away("Postgres is away"), kNoRuns, kValid, Verdict::kFail, "Postgres is away"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Finding finding = JudgeMigrations(c.status, c.runs, c.validation);
    EXPECT_EQ(finding.verdict, c.verdict);
    EXPECT_THAT(finding.what, HasSubstr(c.says));
    EXPECT_EQ(finding.what.find('\n'), std::string::npos);
  }
}

TEST(Verdicts, OfDebeziumAndConnector) {
  const auto connector = [](const char* state, const char* fault) {
    Document made = {{"displayName", "c"},
                     {"state", state},
                     {"conditions", Document::array()},
                     {"tasks", {{{"trace", "PSQLException: no\nat x"}}}}};
    if (*fault != 0) {
      made["conditions"].push_back(
          {{"class", fault}, {"message", "Postgres refuses it"}, {"fix", "do this"}});
    }
    return made;
  };
  const auto plan = [](const char* rule) {
    return Document{
        {"steps",
         {{{"action", "BLOCKED"},
           {"findings", {{{"severity", "ERROR"}, {"rule", rule}, {"message", "blocked so"}}}}}}}};
  };
  const Document clean = {{"steps", Document::array()}};
  struct Case {
    const char* name;
    Answer plan, connector;
    Verdict debezium, connector_verdict;
  };
  const Case cases[] = {
      {"streaming", clean, connector("STREAMING", ""), Verdict::kOk, Verdict::kOk},
      {"wrong password", clean, connector("FAILED", "CREDENTIALS"), Verdict::kFail, Verdict::kFail},
      {"no publication", clean, connector("FAILED", "PUBLICATION"), Verdict::kFail, Verdict::kFail},
      {"bad config", clean, connector("FAILED", "CONFIG"), Verdict::kOk, Verdict::kFail},
      {"held", clean, connector("PAUSED", ""), Verdict::kOk, Verdict::kFail},
      {"snapshot", clean, connector("SNAPSHOTTING", ""), Verdict::kOk, Verdict::kWarn},
      {"no wal", plan("PREFLIGHT_WAL_LEVEL"), connector("ABSENT", ""), Verdict::kFail,
       Verdict::kFail},
      {"bad template", plan("TEMPLATE_SYNTAX"), connector("ABSENT", ""), Verdict::kOk,
       Verdict::kFail},
      {"not applied", clean, connector("ABSENT", ""), Verdict::kOk, Verdict::kFail},
      {"nobody there", Away("x"), Away("x"), Verdict::kNotChecked, Verdict::kFail},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(JudgeDebezium(c.plan, c.connector).verdict, c.debezium);
    EXPECT_EQ(JudgeConnector(c.plan, c.connector).verdict, c.connector_verdict);
  }
  EXPECT_EQ(JudgeConnector(clean, connector("FAILED", "CONFIG")).what,
            "FAILED: Postgres refuses it (PSQLException: no)");
}

TEST(Verdicts, OfTheSlot) {
  const auto slot = [](const char* status, bool active, const char* lag) {
    return Document{{"state", "STREAMING"},
                    {"slot", {{"walStatus", status}, {"active", active}, {"lagBytes", lag}}}};
  };
  EXPECT_EQ(JudgeSlot(slot("reserved", true, "2048")).what, "active, lag 2 KiB");
  EXPECT_EQ(JudgeSlot(slot("lost", false, "0")).verdict, Verdict::kFail);
  EXPECT_EQ(JudgeSlot(slot("reserved", false, "0")).verdict, Verdict::kFail);
  EXPECT_EQ(JudgeSlot(slot("unreserved", true, "0")).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeSlot(slot("extended", true, "2000000000")).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeSlot(Document{{"state", "ABSENT"}}).verdict, Verdict::kFail);
}

TEST(Verdicts, OfTheLastEvent) {
  const Document seen = {{"lastProbe", {{"time", "2026-01-01T00:00:00Z"}}}};
  const absl::Time then = absl::FromUnixSeconds(1'767'225'600);
  EXPECT_EQ(JudgeEvent(seen, then + absl::Seconds(9), nullptr).what,
            "last probe event seen 9 s ago");
  EXPECT_EQ(JudgeEvent(seen, then + absl::Seconds(36), nullptr).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeEvent(Document::object(), then, nullptr).verdict, Verdict::kWarn);
  const Answer lost = Away("PROBE_NOT_SEEN");
  EXPECT_EQ(JudgeEvent(seen, then, &lost).verdict, Verdict::kFail);
}

TEST(Verdicts, OfTopicsAndConnect) {
  const Document policy = {{"name", "topicPolicy"}};
  EXPECT_EQ(JudgeTopics(policy, Document{{"summary", {{"creates", 5}, {"changes", 5}}}}).what,
            "5 topics are missing");
  EXPECT_EQ(JudgeTopics(policy, Document{{"summary", {{"changes", 2}}}}).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeTopics(policy, Document{{"summary", {{"changes", 0}}}}).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeTopics(status::InvalidField("rules[0]", "bad"), Document()).verdict,
            Verdict::kFail);
  EXPECT_EQ(JudgeConnect(Document{{"health", "HEALTHY"}, {"version", "4.3.1"}}).verdict,
            Verdict::kOk);
  EXPECT_EQ(JudgeConnect(Document{{"health", "KAFKA_UNREACHABLE"}, {"message", "m"}}).what,
            "KAFKA_UNREACHABLE: m");
}

}  // namespace
}  // namespace storefront::cli
