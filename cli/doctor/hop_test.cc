// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/hop.h"

#include <gtest/gtest.h>

namespace storefront::cli {
namespace {

TEST(Hops, TheSentenceNamesHopFixAndLog) {
  const std::vector<HopReport> reports = {
      {"ports", Ok("")},
      {"kafka", Fail("nothing listens at 127.0.0.1:9092", "make up", "kafka")},
      {"topics", NotChecked("kafka failed")}};
  EXPECT_EQ(DoctorSentence(reports, "/logs"),
            "broken at: kafka: nothing listens at 127.0.0.1:9092. Try: make up\n"
            "log: /logs/kafka.log");
  const Document document = DoctorDocument(reports, "/logs");
  EXPECT_EQ(document["name"], "kafka");
  EXPECT_EQ(document["healthy"], false);
  EXPECT_EQ(document["hops"][1]["log"], "/logs/kafka.log");
  EXPECT_EQ(document["hops"][2]["verdict"], "not checked");
}

TEST(Hops, AWarningBreaksNothing) {
  EXPECT_EQ(DoctorSentence({{"slot", Warn("lags")}}, ""), "everything is as it should be");
}

}  // namespace
}  // namespace storefront::cli
