// Two texts as a unified diff. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace storefront::cli {

// Hunks of `diff -u`, three lines of context, without the two lines that name files. Equal texts
// give "". Lines are told apart whole; texts of more than 2000 differing lines are shown as all
// removed, then all added.
std::string UnifiedDiff(absl::string_view before, absl::string_view after);

}  // namespace storefront::cli
