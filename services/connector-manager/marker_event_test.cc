// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/marker_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

TEST(MarkerEvent, WithAndWithoutSchema) {
  const std::string plain =
      R"({"before":null,"after":{"id":"u","seq":7},"source":{"lsn":23},"op":"c"})";
  for (const std::string& json :
       {plain, absl::StrCat(R"({"schema":{"type":"struct"},"payload":)", plain, "}")}) {
    const auto event = ParseMarkerEvent(json);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->id, "u");
    EXPECT_EQ(event->seq, 7);
    EXPECT_EQ(event->source_lsn, "0/17");
  }
  for (const char* bad : {"", "x", "{}", R"({"after":null})", R"({"after":{"id":1,"seq":2}})",
                          R"({"after":{"id":"u","seq":"x"}})"}) {
    EXPECT_FALSE(ParseMarkerEvent(bad).has_value()) << bad;
  }
}

TEST(MarkerEvent, IdIsAUuidThatStays) {
  EXPECT_EQ(MarkerIdFor("a"), MarkerIdFor("a"));
  EXPECT_NE(MarkerIdFor("a"), MarkerIdFor("b"));
  EXPECT_THAT(
      MarkerIdFor("a"),
      ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace storefront::connectors
