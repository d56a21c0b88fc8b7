// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(StrictJson, KnowsWhereThingsStand) {
  const auto reading = ReadStrictJson("{\n  \"a\": 1.50,\n  \"b\": \"x\\ny\\u00e9\"\n}\n", 4);
  ASSERT_THAT(reading.faults, IsEmpty());
  ASSERT_EQ(reading.root.members.size(), 2u);
  const auto& [a, number] = reading.root.members[0];
  EXPECT_EQ(a.position, (JsonPosition{2, 3}));
  EXPECT_EQ(number.text, "1.50");  // as written
  const auto& [b, text] = reading.root.members[1];
  EXPECT_EQ(text.text, "x\ny\xC3\xA9");
  EXPECT_EQ(text.text_positions[0], (JsonPosition{3, 9}));
  EXPECT_EQ(text.text_positions[2], (JsonPosition{3, 12}));  // behind the escape
  EXPECT_EQ(text.text_positions.size(), text.text.size());
}

struct StrictJsonCase {
  absl::string_view name, text, message;
  int line, column;
};

constexpr StrictJsonCase kStrictJsonFaults[] = {
    {"empty", "", "value was expected", 1, 1},
    {"line comment", "{\n// c\n}", "comment", 2, 1},
    {"block comment", "{\"a\":/* c */1}", "comment", 1, 6},
    {"duplicate", "{\"a\":1,\n \"a\":2}", "\"a\" stands here twice", 2, 2},
    {"duplicate by escape", "{\"a\":1,\"\\u0061\":2}", "twice", 1, 8},
    {"byte order mark", "\xEF\xBB\xBF{}", "byte order mark", 1, 1},
    {"not UTF-8", "{\"a\":\"\xFF\"}", "UTF-8", 1, 1},
    {"trailing comma", "{\"a\":1,}", "key in double quotes", 1, 8},
    {"trailing text", "{} x", "after the end", 1, 4},
    {"single quotes", "{'a':1}", "key in double quotes", 1, 2},
    {"unquoted value", "{\"a\":b}", "not a JSON value", 1, 6},
    {"leading zero", "{\"a\":01}", "not a JSON value", 1, 6},
    {"NaN", "{\"a\":NaN}", "not a JSON value", 1, 6},
    {"open string", "{\"a\":\"b", "without closing quote", 1, 6},
    {"newline in a string", "{\"a\":\"b\n\"}", "control character", 1, 8},
    {"bad escape", "{\"a\":\"\\x\"}", "escape", 1, 7},
    {"half surrogate", "{\"a\":\"\\ud800\"}", "surrogate", 1, 7},
    {"NUL", "{\"a\":\"\\u0000\"}", "NUL", 1, 7},
    {"missing colon", "{\"a\" 1}", "`:` was expected", 1, 6},
    {"open object", "{\"a\":1", "`,` or `}`", 1, 7},
    {"depth 5", "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", "deeper than 4", 1, 21},
    {"depth 5 of arrays", "[[[[[]]]]]", "deeper than 4", 1, 5},
};

TEST(StrictJson, EachFaultHasItsPlace) {
  for (const StrictJsonCase& c : kStrictJsonFaults) {
    SCOPED_TRACE(c.name);
    const auto reading = ReadStrictJson(c.text, 4);
    ASSERT_EQ(reading.faults.size(), 1u);
    EXPECT_THAT(reading.faults[0].message, HasSubstr(std::string(c.message)));
    EXPECT_EQ(reading.faults[0].position.line, c.line);
    EXPECT_EQ(reading.faults[0].position.column, c.column);
  }
}

TEST(StrictJson, ReadsWhatJsonHas) {
  const auto reading =
      ReadStrictJson(R"([true, false, null, -0.5e+3, "\"\\\/\b\f\n\r\t\ud83d\ude00", {}, []])", 4);
  ASSERT_THAT(reading.faults, IsEmpty());
  ASSERT_EQ(reading.root.items.size(), 7u);
  EXPECT_EQ(reading.root.items[3].text, "-0.5e+3");
  EXPECT_EQ(reading.root.items[4].text, "\"\\/\b\f\n\r\t\xF0\x9F\x98\x80");
}

}  // namespace
}  // namespace storefront::connectors
