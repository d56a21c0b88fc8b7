// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_session.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/status/error.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {
namespace {

using testing::HasReason;
using testing::IsOk;

class PgSessionTest : public ::testing::Test {
 protected:
  // Ends the session's backend from outside and waits until it is gone.
  void Kill(int pid) {
    const pg::PgConn other = pg::ConnectLibpq({.url = testing::PostgresUrl()}).value();
    ASSERT_THAT(PgExecute(other.get(), "kill",
                          "select pg_terminate_backend(" + std::to_string(pid) + ", 10000)"),
                IsOk());
  }
  static absl::StatusOr<int> Pid(PgSession& session) {
    return session.With([](PgStatements& statements) -> absl::StatusOr<int> {
      const auto answer = statements.Execute("ask", "select 1");
      if (!answer.ok()) return answer.status();
      return PQbackendPID(statements.connection());
    });
  }

  int prepared_ = 0;
  PgSession session_{{.url = testing::PostgresUrl()}, [this](PGconn* made) {
                       ++prepared_;
                       return PgExecute(made, "prepare", "set work_mem = '7MB'").status();
                     }};
};

TEST_F(PgSessionTest, IsMadeWhenItIsNeededAndStays) {
  EXPECT_EQ(prepared_, 0);
  const int pid = Pid(session_).value();
  EXPECT_EQ(Pid(session_).value(), pid);
  EXPECT_EQ(prepared_, 1);
}

TEST_F(PgSessionTest, IsMadeAgainWhenItWasLostAndPreparedAgain) {
  const int pid = Pid(session_).value();
  ASSERT_NO_FATAL_FAILURE(Kill(pid));
  EXPECT_NE(Pid(session_).value(), pid);
  EXPECT_EQ(prepared_, 2);
  const auto setting = session_.With([](PgStatements& statements) {
    return statements.Execute("ask", "select current_setting('work_mem')");
  });
  ASSERT_THAT(setting, IsOk());
  EXPECT_STREQ(PQgetvalue(setting->get(), 0, 0), "7MB");
}

TEST_F(PgSessionTest, ABodyThatLosesItsSessionIsRepeatedOnce) {
  ASSERT_THAT(Pid(session_), IsOk());
  int times = 0;
  const auto status = session_.With([&](PgStatements& statements) -> absl::Status {
    ++times;
    const auto answer = statements.Execute("end", "select pg_terminate_backend(pg_backend_pid())");
    return answer.status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(times, 2) << "the second loss is the caller's";
  EXPECT_THAT(Pid(session_), IsOk());
}

TEST_F(PgSessionTest, AnErrorOfAStatementIsNotRepeatedAndKeepsTheSession) {
  const int pid = Pid(session_).value();
  int times = 0;
  const auto status = session_.With([&](PgStatements& statements) -> absl::Status {
    ++times;
    return statements.Execute("divide", "select 1/0").status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(times, 1);
  EXPECT_EQ(Pid(session_).value(), pid);
}

TEST_F(PgSessionTest, WhatPreparingRefusesTheCallGets) {
  PgSession refused{{.url = testing::PostgresUrl()}, [](PGconn*) {
                      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                                            .reason = status::Reason::kPoolerDetected,
                                            .message = "no"});
                    }};
  EXPECT_THAT(Pid(refused),
              HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kPoolerDetected));
}

TEST_F(PgSessionTest, NoServerIsAnErrorOfTheBackend) {
  PgSession nowhere{{.url = "postgresql://nobody@127.0.0.1:1/none"}};
  EXPECT_THAT(Pid(nowhere),
              HasReason(absl::StatusCode::kUnavailable, status::Reason::kBackendUnavailable));
}

}  // namespace
}  // namespace storefront::migrator
