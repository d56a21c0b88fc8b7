// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/interpolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::optional<std::string> Lookup(absl::string_view name) {
  static const std::map<std::string, std::string>& values =
      *new std::map<std::string, std::string>{{"SET", "value"},
                                              {"EMPTY", ""},
                                              {"BRACE", "a}b"},
                                              {"DOLLAR", "${SET}$"},
                                              {"FILE", "/run/s.properties"},
                                              {"_x9", "low"}};
  const auto found = values.find(std::string(name));
  if (found == values.end()) return std::nullopt;
  return found->second;
}

struct InterpolationCase {
  absl::string_view text, dotenv, in_template;
};

constexpr absl::string_view kError = "<error>";

constexpr InterpolationCase kInterpolationCases[] = {
    {"", "", ""},
    {"plain", "plain", "plain"},
    {"$$", "$", "$"},
    {"$$SET", "$SET", "$SET"},
    {"$$$SET", "$value", "$$SET"},
    {"$", "$", "$"},
    {"a$", "a$", "a$"},
    {"$ x", "$ x", "$ x"},
    {"$1", "$1", "$1"},
    {"$SET", "value", "$SET"},
    {"$SET-x", "value-x", "$SET-x"},
    {"$_x9!", "low!", "$_x9!"},
    {"ExtractField$Value", "ExtractField", "ExtractField$Value"},  // unset $Value is empty in .env
    {"${SET}", "value", "value"},
    {"a${SET}b${_x9}", "avalueblow", "avalueblow"},
    {"${EMPTY}", "", ""},
    {"${UNSET}", "", kError},
    {"${UNSET:-d}", "d", "d"},
    {"${EMPTY:-d}", "d", "d"},
    {"${SET:-d}", "value", "value"},
    {"${UNSET-d}", "d", "d"},
    {"${EMPTY-d}", "", ""},
    {"${UNSET-}", "", ""},
    {"${UNSET:-}", "", ""},
    {"${UNSET:+a}", "", ""},
    {"${EMPTY:+a}", "", ""},
    {"${SET:+a}", "a", "a"},
    {"${EMPTY+a}", "a", "a"},
    {"${UNSET+a}", "", ""},
    {"${SET:?m}", "value", "value"},
    {"${EMPTY?m}", "", ""},
    {"${EMPTY:?m}", kError, kError},
    {"${UNSET:?m}", kError, kError},
    {"${UNSET?m}", kError, kError},
    {"${UNSET:-${SET}}", "value", "value"},
    {"${UNSET:-${UNSET:-x}y}z", "xyz", "xyz"},
    {"${UNSET:-a:b}", "a:b", "a:b"},
    {"${UNSET:-{}}", "{}", "{}"},
    {"${SET:-${UNSET:?m}}", "value", "value"},  // not used, not evaluated
    {"${UNSET:+${UNSET:?m}}", "", ""},
    {"${SET:-${UNSET}}", "value", "value"},
    {"${DOLLAR}", "${SET}$", "${SET}$"},  // values are not scanned again
    {"${BRACE}", "a}b", "a}b"},
    {"${UNSET:-$$}", "$", "$"},
    {"}", "}", "}"},
    {"${}", kError, kError},
    {"${ SET}", kError, kError},
    {"${SET }", kError, kError},
    {"${SET!}", kError, kError},
    {"${1A}", kError, kError},
    {"${SET", kError, kError},
    {"${", kError, kError},
    {"${SET:-d", kError, kError},
    {"${UNSET:-${SET}", kError, kError},
    {"${SET:-${}}", kError, kError},  // syntax counts even where nothing is used
    {"${SET:x}", kError, "${SET:x}"},
    {"${file:/a/b:key}", kError, "${file:/a/b:key}"},
    {"${file:${FILE}:key}", kError, "${file:/run/s.properties:key}"},
    {"${file:${UNSET:-/d}:key}", kError, "${file:/d:key}"},
    {"${file:$FILE:k}", kError, "${file:$FILE:k}"},
    {"${file:${BRACE}:key}", kError, kError},
    {"${file:/a:k", kError, kError},
    {"${UNSET:-${file:/a:k}}", kError, "${file:/a:k}"},
};

TEST(Interpolation, C9BothDialects) {
  for (const InterpolationCase& c : kInterpolationCases) {
    for (const Dialect dialect : {Dialect::kDotenv, Dialect::kTemplate}) {
      const bool dotenv = dialect == Dialect::kDotenv;
      SCOPED_TRACE(absl::StrCat(c.text, dotenv ? " in .env" : " in a template"));
      const Interpolated result = Interpolate(c.text, dialect, Lookup);
      const absl::string_view expected = dotenv ? c.dotenv : c.in_template;
      EXPECT_EQ(!result.errors.empty(), expected == kError);
      if (expected != kError) {
        EXPECT_EQ(result.text, expected);
      }
    }
  }
}

TEST(Interpolation, C9RequiredSaysTheMessage) {
  const auto result = Interpolate("${UNSET:?set ${SET} first}", Dialect::kTemplate, Lookup);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].message,
            "required variable UNSET is missing a value: set value first");
  EXPECT_EQ(result.errors[0].variable, "UNSET");
}

TEST(Interpolation, AllErrorsComeAtOnceWithTheirPlaces) {
  const auto result = Interpolate("a${UNSET}b${OTHER?x}", Dialect::kTemplate, Lookup);
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_EQ(result.errors[0].offset, 1u);
  EXPECT_EQ(result.errors[1].offset, 10u);
}

TEST(Interpolation, PlainUnsetInDotenvWarns) {
  const auto result = Interpolate("$UNSET${OTHER}", Dialect::kDotenv, Lookup);
  EXPECT_THAT(result.errors, IsEmpty());
  ASSERT_EQ(result.warnings.size(), 2u);
  EXPECT_THAT(result.warnings[0].message, HasSubstr("UNSET"));
}

TEST(Interpolation, C9SixteenLevelsAndNoMore) {
  const auto nested = [](int levels) {
    std::string text = "x";
    for (int i = 0; i < levels; ++i) text = absl::StrCat("${UNSET:-", text, "}");
    return Interpolate(text, Dialect::kDotenv, Lookup);
  };
  EXPECT_THAT(nested(16).errors, IsEmpty());
  EXPECT_EQ(nested(16).text, "x");
  ASSERT_EQ(nested(17).errors.size(), 1u);
  EXPECT_THAT(nested(17).errors[0].message, HasSubstr("deeper than 16"));
  EXPECT_EQ(nested(20000).errors.size(), 1u);
}

TEST(Interpolation, RemembersVariablesAndReferences) {
  const auto result = Interpolate("x${file:${FILE}:k}${SET:-${_x9}}", Dialect::kTemplate, Lookup);
  EXPECT_THAT(result.variables, UnorderedElementsAre("FILE", "SET", "_x9"));
  EXPECT_THAT(result.references, ElementsAre(ReferenceSpan{1, 1 + 27}));
  EXPECT_EQ(result.text, "x${file:/run/s.properties:k}value");
}

}  // namespace
}  // namespace storefront::connectors
