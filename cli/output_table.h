// Answers as text for people. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/view.h"

namespace storefront::cli {

struct TableStyle {
  bool wide = false;   // all columns
  bool color = false;  // states in colour; without it not one escape code
};

// A heading and a line per row for a list; "field  value" lines for a record. Control characters of
// values are shown as '?', so an answer cannot drive the terminal.
std::string RenderTable(const Document& answer, const View& view, const TableStyle& style);

// Columns an UTF-8 text takes, by its code points.
size_t DisplayWidth(absl::string_view text);

}  // namespace storefront::cli
