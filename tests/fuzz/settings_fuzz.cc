// Settings from hostile text: no crash, and what is accepted lies inside its bounds.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "libs/config/settings.h"

namespace {

using storefront::config::Kind;
using storefront::config::Setting;
using storefront::config::Settings;

std::vector<Setting> Rows() {
  return {
      {.name = "text", .default_value = "x", .max = 100},
      {.name = "rows", .kind = Kind::kInt, .default_value = "5", .min = 1, .max = 1000},
      {.name = "rate", .kind = Kind::kNumber, .default_value = "1", .min = 0, .max = 10},
      {.name = "wait", .kind = Kind::kDuration, .default_value = "1s", .min = 0, .max = 60},
      {.name = "size", .kind = Kind::kBytes, .default_value = "1KiB", .min = 1, .max = 1 << 20},
      {.name = "names", .kind = Kind::kList, .default_value = "a,b", .max = 4},
      {.name = "mode", .kind = Kind::kChoice, .default_value = "on", .choices = {"on", "off"}},
  };
}

}  // namespace

// The input is one argument per line; lines with a `=` and no dash are variables.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const bool is_variable = line.front() != '-' && line.find('=') != absl::string_view::npos;
    (is_variable ? environment : arguments).emplace_back(line);
  }
  const auto settings = Settings::Parse("fuzz", Rows(), arguments, environment);
  if (settings.ok()) {
    CHECK(settings->Int("rows") >= 1 && settings->Int("rows") <= 1000);
    CHECK(settings->Number("rate") >= 0 && settings->Number("rate") <= 10);
    CHECK(settings->Duration("wait") <= absl::Seconds(60));
    CHECK(settings->Bytes("size") >= 1 && settings->Bytes("size") <= 1 << 20);
    CHECK_LE(settings->List("names").size(), 4U);
    CHECK_LE(settings->String("text").size(), 100U);
  } else {
    CHECK(!settings.status().message().empty());
  }
  if (const auto bytes = storefront::config::ParseBytes(text)) {
    CHECK(storefront::config::ParseBytes(absl::StrCat(*bytes)) == bytes);
  }
  return 0;
}
