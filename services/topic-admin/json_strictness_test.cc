// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_strictness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

struct Case {
  const char* name;
  std::string text;
  const char* where;  // null: strict
};

const Case kCases[] = {
    {"good", R"({"a": [1, -2.5e3, true, "x\"y"], "b": {"a": {}}})", nullptr},
    {"duplicate", "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", "3:2"},
    {"duplicate in an inner object", R"({"x": {"a": 1, "a": 2}})", "1:16"},
    {"duplicate with an escaped quote", R"({"a\"": 1, "a\"": 2})", "1:12"},
    {"null", R"({"a": null})", "1:7"},
    {"null in a list", "[1,\nnull]", "2:1"},
    {"byte order mark", "\xEF\xBB\xBF{}", "1:1"},
    {"trailing comma", "{\"a\": 1,}", "1:9"},
    {"single quotes", "{'a': 1}", "1:2"},
    {"bare word", "{a: 1}", "1:2"},
    {"comment", "{} // x", "1:4"},
    {"two values", "{} {}", "1:4"},
    {"NaN", "{\"a\": NaN}", "1:7"},
    {"leading zero", "[01]", "1:3"},
    {"empty", "", "1:1"},
    {"not UTF-8", "{\"a\": \"\xff\"}", "1:8"},
};

TEST(CheckStrictJson, SaysWhereTheTextIsNotStrict) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto problems = CheckStrictJson(c.text);
    if (c.where == nullptr) {
      EXPECT_THAT(problems, IsEmpty());
    } else {
      EXPECT_THAT(problems, ElementsAre(Field(&PolicyProblem::path, c.where)));
    }
  }
}

TEST(CheckStrictJson, LimitsTheDepth) {
  EXPECT_THAT(CheckStrictJson(std::string(32, '[') + std::string(32, ']')), IsEmpty());
  EXPECT_THAT(CheckStrictJson(std::string(33, '[') + std::string(33, ']')),
              ElementsAre(Field(&PolicyProblem::path, "1:33")));
  EXPECT_THAT(CheckStrictJson(std::string(100'000, '[')),
              ElementsAre(Field(&PolicyProblem::path, "1:33")));
}

TEST(CheckStrictJson, CollectsSeveralProblems) {
  EXPECT_EQ(CheckStrictJson(R"({"a": null, "a": null})").size(), 3U);
}

}  // namespace
}  // namespace storefront::topics
