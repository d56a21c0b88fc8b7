// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/rendered_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

RenderedConfig RenderText(absl::string_view content, Environment environment = {},
                          RenderRules rules = {.env_allowlist = {},
                                               .secret_paths = {"/run/secrets"},
                                               .revision_key = "k"}) {
  return Render(ParseConnectorTemplate("orders", content),
                Variables{.environment = std::move(environment), .file_values = {}}, rules);
}

TEST(Render, OneStringPerKey) {
  const auto rendered = RenderText(
      R"({"name":"c","config":{"a":"x${A}","n":10,"f":1.50,"b":true,"t":"ExtractField$Value"}})",
      {{"A", "1"}});
  EXPECT_THAT(rendered.findings, IsEmpty());
  EXPECT_EQ(rendered.connector, "c");
  EXPECT_THAT(rendered.config, ElementsAre(Pair("a", "x1"), Pair("b", "true"), Pair("f", "1.50"),
                                           Pair("n", "10"), Pair("t", "ExtractField$Value")));
  EXPECT_THAT(rendered.origins.at("a").variables, ElementsAre("A"));
  EXPECT_EQ(rendered.revision.size(), 64u);
}

TEST(Render, C9NoValueCanAddKeys) {
  const std::string password = "q\",\"evil\":\"1\n$x}${A}\\";
  const auto rendered = RenderText(R"({"database.password":"${PW}","b":"2"})", {{"PW", password}});
  EXPECT_THAT(rendered.findings, IsEmpty());
  EXPECT_THAT(rendered.config, ElementsAre(Pair("b", "2"), Pair("database.password", password)));
}

TEST(Render, C9AllFaultsComeAtOnceWithTheirPlaces) {
  const auto rendered = RenderText("{\n \"a\": \"x${ONE}\",\n \"b\": \"\\n${TWO?set it}\"\n}");
  EXPECT_THAT(
      rendered.findings,
      ElementsAre(
          AllOf(Field(&Finding::rule, "VARIABLE_UNSET"), Field(&Finding::key, "a"),
                Field(&Finding::variable, "ONE"), Field(&Finding::source, "orders"),
                Field(&Finding::line, 2), Field(&Finding::column, 9)),
          AllOf(Field(&Finding::rule, "VARIABLE_REQUIRED"), Field(&Finding::key, "b"),
                Field(&Finding::message, "required variable TWO is missing a value: set it"),
                Field(&Finding::line, 3), Field(&Finding::column, 10))));
  EXPECT_EQ(rendered.revision, "");
}

TEST(Render, ReferencesStayForConnect) {
  const auto rendered = RenderText(R"({"database.password":"${file:${F}:debezium_password}"})",
                                   {{"F", "/run/secrets/c.properties"}});
  EXPECT_THAT(rendered.findings, IsEmpty());
  EXPECT_EQ(rendered.config.at("database.password"),
            "${file:/run/secrets/c.properties:debezium_password}");
  EXPECT_EQ(Shown(rendered).at("database.password"), rendered.config.at("database.password"));
}

struct RenderedCase {
  absl::string_view name, value, variable, rule;
};
constexpr RenderedCase kReferenceFaults[] = {
    {"value that looks like one", "${V}", "${file:/etc/passwd:x}", "REFERENCE_INSERTED"},
    {"value with another provider", "a${V}b", "${env:PASSWORD}", "REFERENCE_INSERTED"},
    {"completed by the template", "${V}:x}", "${file", "REFERENCE_INSERTED"},
    {"begun by the template", "$${V}", "{file:/etc/passwd:x}", ""},
    {"escaped dollar", "$${file:/run/secrets/a:x}", "", "REFERENCE_INSERTED"},
    {"escaped dollar and value", "$$${V}", "{file:/etc/passwd:x}", "REFERENCE_INSERTED"},
    {"value that ends it", "${file:${V}:k}", "/run/secrets/a}", "REFERENCE_VALUE"},
    {"outside the secret paths", "${file:/etc/passwd:x}", "", "REFERENCE_REFUSED"},
    {"a value that leads outside", "${file:${V}:k}", "/run/secrets/../../etc/passwd",
     "REFERENCE_REFUSED"},
    {"another provider", "${env:HOME}", "", "REFERENCE_REFUSED"},
    {"swallowed by an open brace", "${V} ${file:/run/secrets/a:k}", "${", "REFERENCE_INSERTED"},
};

TEST(Render, ConnectExpandsOnlyWhatTheTemplateMeans) {
  for (const RenderedCase& c : kReferenceFaults) {
    SCOPED_TRACE(c.name);
    const auto rendered =
        RenderText(absl::StrCat("{\"a\":\"", c.value, "\"}"), {{"V", std::string(c.variable)}});
    if (c.rule.empty()) {
      EXPECT_THAT(rendered.findings, IsEmpty());
    } else {
      EXPECT_THAT(rendered.findings, Contains(Field(&Finding::rule, std::string(c.rule))));
    }
  }
}

TEST(Render, SecretsByKeyAndByVariableAreHidden) {
  const auto rendered = RenderText(R"({"a":"x${DB_PASSWORD}","api.key":"clear","b":"open"})",
                                   {{"DB_PASSWORD", "hunter2"}});
  EXPECT_THAT(Shown(rendered),
              ElementsAre(Pair("a", "***"), Pair("api.key", "***"), Pair("b", "open")));
}

TEST(Render, RevisionChangesWithASecretButDoesNotTellIt) {
  const auto revision = [](const std::string& password, const std::string& key) {
    return RenderText(R"({"database.password":"${P}"})", {{"P", password}},
                      {.env_allowlist = {}, .secret_paths = {}, .revision_key = key})
        .revision;
  };
  EXPECT_NE(revision("one", "k"), revision("two", "k"));
  EXPECT_NE(revision("one", "k"), revision("one", "other key"));
  EXPECT_EQ(revision("one", "k"), revision("one", "k"));
}

TEST(Render, EmptyRequiredOrSecretValuesWarn) {
  const auto rendered =
      RenderText(R"({"database.user":"${U}","a.password":"${U}","other":"${U}"})", {{"U", ""}});
  EXPECT_EQ(rendered.findings.size(), 2u);
  EXPECT_FALSE(HasErrors(rendered.findings));
  EXPECT_NE(rendered.revision, "");
}

TEST(Render, AllowlistLimitsVariables) {
  const RenderRules rules{
      .env_allowlist = {"CDC_*", "ONE"}, .secret_paths = {}, .revision_key = ""};
  const Environment environment{{"CDC_A", "1"}, {"ONE", "2"}, {"TWO", "3"}};
  EXPECT_THAT(RenderText(R"({"a":"${CDC_A}${ONE}"})", environment, rules).findings, IsEmpty());
  const auto refused = RenderText(R"({"a":"${TWO:-x}"})", environment, rules);
  EXPECT_THAT(refused.findings, Contains(Field(&Finding::rule, "VARIABLE_REFUSED")));
}

TEST(Render, C12NameIsCheckedAfterRendering) {
  EXPECT_EQ(RenderText(R"({"name":"c-${A}"})", {{"A", "x"}}).connector, "c-x");
  for (const std::string& bad : {std::string("a/b"), std::string(300, 'x'), std::string("a b")}) {
    EXPECT_THAT(RenderText(R"({"name":"${A}"})", {{"A", bad}}).findings,
                Contains(Field(&Finding::rule, "CONNECTOR_NAME")));
  }
}

}  // namespace
}  // namespace storefront::connectors
