// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/placeholders.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using status::Reason;

Placeholders Make(PlaceholderValues values) {
  return Placeholders::Make(std::move(values)).value();
}

std::string Replaced(const Placeholders& placeholders, absl::string_view text) {
  const auto replaced =
      placeholders.Replace(TextInMemory(std::string(text)), {{"defaultSchema", "public"}});
  return replaced.ok() ? std::string(replaced->text())
                       : std::string(status::ReasonName(status::ReasonOf(replaced.status())));
}

TEST(Placeholders, AreReplacedOnceWhateverTheirCase) {
  const Placeholders p = Make({.values = {{"Name", "n"}, {"nested", "x"}}});
  EXPECT_EQ(Replaced(p, "a ${name} ${NAME} ${ name"), "a n n ${ name");
  EXPECT_EQ(Replaced(p, "-- ${nested}\n${flyway:defaultschema}"), "-- x\npublic");
  EXPECT_EQ(Replaced(p, "no dollar"), "no dollar");
  EXPECT_EQ(Replaced(p, "$${name}$"), "$n$");
}

TEST(Placeholders, AMissingOneNamesItsLine) {
  const auto replaced = Make({}).Replace(TextInMemory("select 1;\n  ${who}"), {});
  EXPECT_THAT(replaced, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                           Reason::kMissingPlaceholder));
  EXPECT_EQ(status::DetailsOf(replaced.status()).metadata.at("line"), "2");
  EXPECT_EQ(status::DetailsOf(replaced.status()).metadata.at("column"), "3");
}

TEST(Placeholders, AValueThatCouldChangeTheScriptIsRefused) {
  for (const std::string value : {"a'b", "a\"b", "a;b", "a\\b", "a$b", "a--b", "a/*b", "a\nb"}) {
    SCOPED_TRACE(value);
    EXPECT_EQ(Replaced(Make({.values = {{"v", value}}}), "x ${v}"), "UNSAFE_PLACEHOLDER");
    EXPECT_EQ(Replaced(Make({.values = {{"v", value}}, .raw = {"V"}}), "x ${v}"), "x " + value);
  }
}

TEST(Placeholders, QuotingTakesAnyValue) {
  const Placeholders p = Make({.values = {{"v", "it's \"x\""}}});
  EXPECT_EQ(Replaced(p, "${v:literal}"), "'it''s \"x\"'");
  EXPECT_EQ(Replaced(p, "${v:ident}"), "\"it's \"\"x\"\"\"");
}

TEST(Placeholders, SecretsAreMasked) {
  const Placeholders p = Make({.secrets = {{"password", "hunter2"}, {"longer", "hunter22"}}});
  EXPECT_EQ(Replaced(p, "${password}"), "hunter2");
  EXPECT_EQ(p.Mask("near hunter22 and hunter2"), "near *** and ***");
}

TEST(Placeholders, BadNamesAreRefusedAtStart) {
  EXPECT_FALSE(Placeholders::Make({.values = {{"", "x"}}}).ok());
  EXPECT_FALSE(Placeholders::Make({.values = {{"a", "\xFF"}}}).ok());
  EXPECT_FALSE(Placeholders::Make({.values = {{"a", "x"}}, .secrets = {{"A", "y"}}}).ok());
}

TEST(Placeholders, SecretsAreMaskedInEveryQuotedForm) {
  const Placeholders p = Make({.secrets = {{"s", "a'b\\c\"d"}, {"empty", ""}}});
  EXPECT_EQ(p.Mask("plain a'b\\c\"d, literal 'a''b\\c\"d'"), "plain ***, literal '***'");
  EXPECT_EQ(p.Mask("ident \"a'b\\c\"\"d\", escaped E'a''b\\\\c\"d'"),
            "ident \"***\", escaped E'***'");
  EXPECT_EQ(p.Mask("nothing here"), "nothing here");
}

}  // namespace
}  // namespace storefront::migrator
