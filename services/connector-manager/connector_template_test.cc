// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ConnectorTemplate, BothShapesGiveTheSame) {
  for (absl::string_view content : {R"({"name":"n","config":{"a":"1","b":true,"c":2}})",
                                    R"({"a":"1","name":"n","b":true,"c":2})"}) {
    SCOPED_TRACE(content);
    const auto parsed = ParseConnectorTemplate("orders", content);
    EXPECT_THAT(parsed.findings, IsEmpty());
    EXPECT_EQ(parsed.name.value.text, "n");
    ASSERT_EQ(parsed.entries.size(), 3u);
    EXPECT_EQ(parsed.entries[1].key, "b");
    EXPECT_EQ(parsed.entries[1].value.text, "true");
  }
}

TEST(ConnectorTemplate, WithoutNameItIsCalledLikeTheTemplate) {
  EXPECT_EQ(ParseConnectorTemplate("orders", R"({"a":"1"})").name.value.text, "orders");
}

struct Case {
  absl::string_view name, content, message;
};
constexpr Case kFaults[] = {
    {"not an object", "[]", "JSON object"},
    {"null", R"({"a":null})", "a string, a number or a boolean"},
    {"array", R"({"a":[1]})", "a string, a number or a boolean"},
    {"object in flat map", R"({"a":{"b":1}})", "a string, a number or a boolean"},
    {"object in config", R"({"config":{"a":{"b":1}}})", "a string, a number or a boolean"},
    {"key beside config", R"({"config":{},"x":"1"})", "beside each other"},
    {"name in config", R"({"config":{"name":"x"}})", "beside `config`"},
    {"name is a number", R"({"name":1})", "name is a string"},
    {"empty key", R"({"":"1"})", "key is empty"},
    {"comment", "{ // c\n}", "comment"},
};

TEST(ConnectorTemplate, EachFaultIsNamed) {
  for (const Case& c : kFaults) {
    SCOPED_TRACE(c.name);
    const auto parsed = ParseConnectorTemplate("t", c.content);
    ASSERT_FALSE(parsed.findings.empty());
    EXPECT_THAT(parsed.findings[0].message, HasSubstr(std::string(c.message)));
    EXPECT_GT(parsed.findings[0].line, 0);
    EXPECT_EQ(parsed.findings[0].source, "t");
  }
}

TEST(ConnectorTemplate, AllFaultsOfShapeComeAtOnce) {
  EXPECT_EQ(ParseConnectorTemplate("t", R"({"a":null,"b":[],"c":"x"})").findings.size(), 2u);
}

TEST(ConnectorTemplate, MentionsItsVariables) {
  const auto parsed =
      ParseConnectorTemplate("t", R"({"name":"${N}","a":"${A:-${B}}","c":"${file:${F}:k}"})");
  EXPECT_THAT(MentionedVariables(parsed), ElementsAre("A", "B", "F", "N"));
}

TEST(TemplateId, C10OnlyPlainNames) {
  for (absl::string_view good : {"a", "debezium-postgres", "a.b_c-9", "0"}) {
    EXPECT_TRUE(IsTemplateId(good)) << good;
  }
  for (absl::string_view bad : {"", ".", "..", "../../etc/passwd", "/etc/passwd", "a/b", "A", "a b",
                                "a\nb", "\xC3\xA9", "-a", ".a"}) {
    EXPECT_FALSE(IsTemplateId(bad)) << bad;
  }
  EXPECT_FALSE(IsTemplateId(absl::string_view("a\0b", 3)));
  EXPECT_TRUE(IsTemplateId(std::string(63, 'a')));
  EXPECT_FALSE(IsTemplateId(std::string(64, 'a')));
}

TEST(ConnectorName, C12OursAreAsciiAndShort) {
  EXPECT_TRUE(IsConnectorName("storefront-postgres-connector"));
  EXPECT_TRUE(IsConnectorName(std::string(249, 'a')));
  for (const std::string& bad :
       {std::string("a/b"), std::string("a b"), std::string("a%2Fb"), std::string(300, 'a'),
        std::string("\xC3\xA9"), std::string("a\n")}) {
    EXPECT_FALSE(IsConnectorName(bad)) << bad;
  }
}

}  // namespace
}  // namespace storefront::connectors
