// SPDX-License-Identifier: Apache-2.0
#include "cli/output_format.h"

namespace storefront::cli {

const std::vector<std::string>& FormatNames() {
  static const auto& names =
      *new std::vector<std::string>{"table", "wide", "json", "jsonl", "yaml", "name"};
  return names;
}

std::optional<Format> ParseFormat(absl::string_view text) {
  if (text == "table") return Format::kTable;
  if (text == "wide") return Format::kWide;
  if (text == "json") return Format::kJson;
  if (text == "jsonl") return Format::kJsonLines;
  if (text == "yaml") return Format::kYaml;
  if (text == "name") return Format::kName;
  return std::nullopt;
}

}  // namespace storefront::cli
