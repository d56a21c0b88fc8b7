// SPDX-License-Identifier: Apache-2.0
#include "cli/output_yaml.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <string>

namespace storefront::cli {
namespace {

// What another reader makes of our text, as JSON; quoted scalars stay texts.
Document Read(const YAML::Node& node) {
  if (node.IsMap()) {
    Document object = Document::object();
    for (const auto& item : node) object[item.first.as<std::string>()] = Read(item.second);
    return object;
  }
  if (node.IsSequence()) {
    Document list = Document::array();
    for (const auto& item : node) list.push_back(Read(item));
    return list;
  }
  if (node.IsNull()) return nullptr;
  const auto text = node.as<std::string>();
  if (node.Tag() == "!") return text;  // quoted
  const Document parsed = Document::parse(text, nullptr, false);
  return parsed.is_discarded() ? Document(text) : parsed;
}

TEST(Yaml, ReadsBackAsTheSameValues) {
  const Document answer = {
      {"name", "seedRuns/full-1"},
      {"empty", ""},
      {"number", 1.5},
      {"big", "9007199254740993"},
      {"looksLikeTrue", "true"},
      {"looksLikeNo", "no"},
      {"looksLikeNull", "~"},
      {"time", "2026-01-02T03:04:05Z"},
      {"colon", "a: b"},
      {"hash", "a #b"},
      {"dash", "- a"},
      {"lines", "one\ntwo"},
      {"quote", "it's \"so\""},
      {"umlaut", "Größe"},
      {"flag", false},
      {"none", nullptr},
      {"emptyList", Document::array()},
      {"emptyObject", Document::object()},
      {"list", {"x", 1, {{"a", 1}, {"b", {"c", "d"}}}, Document::array({1, 2})}},
      {"nested", {{"deep", {{"deeper", "y es"}}}}},
  };
  EXPECT_EQ(Read(YAML::Load(RenderYaml(answer))), answer) << RenderYaml(answer);
}

TEST(Yaml, LooksLikeWhatAPersonWouldWrite) {
  EXPECT_EQ(RenderYaml({{"name", "a"}, {"tasks", {{{"id", 0}, {"state", "RUNNING"}}}}}),
            "name: a\ntasks:\n  - id: 0\n    state: RUNNING\n");
}

}  // namespace
}  // namespace storefront::cli
