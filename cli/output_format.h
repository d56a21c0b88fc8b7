// The six forms in which every command can print its answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::cli {

enum class Format { kTable, kWide, kJson, kJsonLines, kYaml, kName };

// As typed after -o. Empty for what is none of FormatNames().
std::optional<Format> ParseFormat(absl::string_view text);
const std::vector<std::string>& FormatNames();

}  // namespace storefront::cli
