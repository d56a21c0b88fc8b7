// One answer in the form that was asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/output_format.h"
#include "cli/output_table.h"
#include "cli/view.h"

namespace storefront::cli {

// The text for stdout, with its final newline.
//   json   the answer as REST gives it, indented
//   jsonl  one line per row of a list, else one line
//   name   the resource name of each row, else of the answer
// An answer that has no name for -o name is a usage error.
absl::StatusOr<std::string> Render(const Document& answer, const View& view, Format format,
                                   const TableStyle& style);

// One line, without a newline; bad UTF-8 is replaced.
std::string JsonLine(const Document& value);

}  // namespace storefront::cli
