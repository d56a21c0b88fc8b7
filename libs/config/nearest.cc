// SPDX-License-Identifier: Apache-2.0
#include "libs/config/nearest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace storefront::config {
namespace {

// Levenshtein distance.
size_t Edits(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> Nearest(absl::string_view name, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  size_t best_edits = 0;
  for (const std::string& candidate : known) {
    const size_t edits = Edits(name, candidate);
    if (edits <= std::max<size_t>(1, candidate.size() / 3) && (!best || edits < best_edits)) {
      best = candidate;
      best_edits = edits;
    }
  }
  return best;
}

std::string DidYouMean(absl::string_view name, const std::vector<std::string>& known) {
  const auto nearest = Nearest(name, known);
  return nearest ? absl::StrCat("; did you mean ", *nearest, "?") : "";
}

}  // namespace storefront::config
