// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connect_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/status/error.h"

namespace storefront::connectors {
namespace {

struct Case {
  int status;
  const char *type, *message;
  bool is_write;
  ConnectAnswer answer;
};
constexpr char kJson[] = "application/json";
constexpr Case kAnswers[] = {
    {409, kJson, "Cannot complete request momentarily due to stale configuration", true,
     ConnectAnswer::kRebalancing},
    {409, kJson, "Cannot complete request because of a conflicting operation", true,
     ConnectAnswer::kRebalancing},
    {409, kJson, "there is no known leader URL", true, ConnectAnswer::kRebalancing},
    {409, kJson, "Connector a already exists", true, ConnectAnswer::kExists},
    {500, kJson, "… a rebalance is expected", false, ConnectAnswer::kRebalancing},
    {500, kJson, "Request timed out", true, ConnectAnswer::kTimedOut},
    {500, kJson, "Request timed out", false, ConnectAnswer::kKafkaUnreachable},
    {500, kJson, "anything else", true, ConnectAnswer::kMalformed},
    {400, kJson, "Connectors must be in the STOPPED state before", true,
     ConnectAnswer::kWrongState},
    {400, kJson, "Connector configuration is invalid", true, ConnectAnswer::kInvalidConfig},
    {404, kJson, "Connector a not found", false, ConnectAnswer::kNotFound},
    {404, "text/html", "<html>", false, ConnectAnswer::kStarting},
    {400, "text/html", "Ambiguous URI", false, ConnectAnswer::kMalformed},
    {503, kJson, "", false, ConnectAnswer::kStarting},
    {401, kJson, "", false, ConnectAnswer::kDenied},
    {403, "text/html", "", false, ConnectAnswer::kDenied},
    {418, kJson, "", false, ConnectAnswer::kMalformed},
};

TEST(ConnectErrors, C1C3EachAnswerHasItsMeaning) {
  for (const Case& c : kAnswers) {
    SCOPED_TRACE(c.message);
    EXPECT_EQ(ClassifyAnswer({c.status, c.type, c.message}, c.is_write), c.answer);
    EXPECT_FALSE(StatusOfAnswer(c.answer, "a", c.message).ok());
  }
}

TEST(ConnectErrors, ARefusalIsTakenApart) {
  EXPECT_THAT(FaultsOfMessage("Connector configuration is invalid and contains the following 2 "
                              "error(s):\none\ntwo\nYou can also find the above list of errors at"),
              ::testing::ElementsAre(ConfigFault{"", "one"}, ConfigFault{"", "two"}));
}

TEST(ConnectErrors, NoValueOfAConfigReachesTheLog) {
  const auto status =
      StatusOfAnswer(ConnectAnswer::kMalformed, "a", "Cannot put {database.password=hunter2}");
  EXPECT_EQ(status::DetailsOf(status).internal, "Cannot put ");
}

}  // namespace
}  // namespace storefront::connectors
