// "did you mean": the nearest known name to a wrong one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::config {

// The known name with the fewest edits, if there are at most a third of its length.
std::optional<std::string> Nearest(absl::string_view name, const std::vector<std::string>& known);

// "; did you mean X?", or nothing.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& known);

}  // namespace storefront::config
