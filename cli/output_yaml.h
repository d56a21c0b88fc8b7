// Answers as YAML. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/view.h"

namespace storefront::cli {

// Block style, keys in the answer's order. A text is quoted as in JSON whenever plain YAML would
// read it as something else (numbers, true, null, dates, indicators), so that the document parses
// to the same values as -o json.
std::string RenderYaml(const Document& answer);

}  // namespace storefront::cli
