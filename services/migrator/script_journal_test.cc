// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/status/error.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_statement_parser.h"

namespace storefront::migrator {
namespace {

using status::Reason;

class ScriptJournalTest : public ::testing::Test {
 protected:
  ScriptJournal Observe(const PreparedScript* script) {
    return {{.onlooker = database_,
             .placeholders = placeholders_,
             .clock = clock_,
             .journal = journal_},
            1,
            script};
  }
  PreparedScript Script(const std::string& text) {
    return PrepareScript({ParseScriptName("V1__a.sql").value(), {"m", "V1__a.sql"}, 0},
                         {TextInMemory(text), 0}, placeholders_, {}, parser_, 100)
        .value();
  }
  static absl::Status Failed(const char* state) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = Reason::kScriptFailed,
                          .message = "?",
                          .metadata = {{"sqlstate", state},
                                       {"statement", "1"},
                                       {"character", "3"},
                                       {"server_message", "no hunter2 here"}}});
  }
  testing::FakeClock clock_;
  FakeMigrationDatabase database_;
  FakeStatementParser parser_;
  Placeholders placeholders_ = Placeholders::Make({.secrets = {{"p", "hunter2"}}}).value();
  RunJournal journal_{{.id = "r"}, clock_, 100};
};

TEST_F(ScriptJournalTest, NotesStatementsWithTheirLinesAndTimes) {
  const PreparedScript script = Script("a;\nb;");
  ScriptJournal observer = Observe(&script);
  observer.OnStatementStarted(1);
  clock_.Advance(absl::Seconds(2));
  observer.OnStatementFinished(1, 42);
  const std::vector<RunEvent> events = journal_.EventsAfter(0);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].type, "statement_started");
  EXPECT_EQ(events[0].statement, 2);
  EXPECT_EQ(events[0].statements, 2);
  EXPECT_EQ(events[0].line, 2);
  EXPECT_EQ(events[1].duration, absl::Seconds(2));
  EXPECT_EQ(events[1].rows, 42);
  EXPECT_EQ(journal_.Snapshot().statements_done, 2);
}

TEST_F(ScriptJournalTest, MasksSecretsInNotices) {
  Observe(nullptr).OnNotice("NOTICE", "it is hunter2");
  EXPECT_EQ(journal_.EventsAfter(0).back().message, "NOTICE: it is ***");
}

TEST_F(ScriptJournalTest, CutsLongNoticesBehindTheirSecrets) {
  Observe(nullptr).OnNotice("NOTICE", std::string(3985, 'x') + "hunter2" + std::string(99999, 'y'));
  const std::string message = journal_.EventsAfter(0).back().message;
  EXPECT_LT(message.size(), 4010U);
  EXPECT_NE(message.find("x***y"), std::string::npos);
  EXPECT_EQ(message.substr(message.size() - 4), "y…");
}

TEST_F(ScriptJournalTest, ExplainsAFailureByItsPlace) {
  const PreparedScript script = Script("a;\nbcd;");
  const absl::Status error = Observe(&script).Explain(Failed("42P01"), "V1");
  EXPECT_THAT(error,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kScriptFailed));
  EXPECT_EQ(error.message(),
            "V1__a.sql:2:3: no *** here (SQLSTATE 42P01). The script was rolled back.");
  EXPECT_EQ(status::DetailsOf(error).metadata.at("migration"), "V1");
}

TEST_F(ScriptJournalTest, WhatMaySucceedLaterHasItsOwnReason) {
  const PreparedScript script = Script("a; b;");
  const ScriptJournal observer = Observe(&script);
  EXPECT_THAT(observer.Explain(Failed("55P03"), "V1"),
              testing::HasReason(absl::StatusCode::kAborted, Reason::kLockTimeout));
  EXPECT_THAT(observer.Explain(Failed("40P01"), "V1"),
              testing::HasReason(absl::StatusCode::kAborted, Reason::kTransactionConflict));
  EXPECT_THAT(observer.Explain(Failed("53100"), "V1"),
              testing::HasReason(absl::StatusCode::kResourceExhausted, Reason::kDiskFull));
  EXPECT_TRUE(MayBeRepeated(Failed("55P03")));
  EXPECT_TRUE(MayBeRepeated(Failed("40001")));
  EXPECT_FALSE(MayBeRepeated(Failed("42P01")));
}

TEST_F(ScriptJournalTest, OtherErrorsStayAsTheyAre) {
  const absl::Status lost = status::Error(
      {.code = absl::StatusCode::kAborted, .reason = Reason::kLockLost, .message = "lost"});
  EXPECT_EQ(Observe(nullptr).Explain(lost, "V1"), lost);
}

}  // namespace
}  // namespace storefront::migrator
