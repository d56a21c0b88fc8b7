// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/catalog_diff.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/migrator/sha256.h"

namespace storefront::migrator {
namespace {

auto KeyOf(const CatalogObject& object) { return std::tie(object.kind, object.name); }

}  // namespace

Catalog Normalized(Catalog catalog) {
  std::sort(catalog.begin(), catalog.end());
  catalog.erase(std::unique(catalog.begin(), catalog.end()), catalog.end());
  Catalog merged;
  merged.reserve(catalog.size());
  for (CatalogObject& object : catalog) {
    if (merged.empty() || KeyOf(merged.back()) != KeyOf(object)) {
      merged.push_back(std::move(object));
    } else {
      absl::StrAppend(&merged.back().definition, "\n", object.definition);
    }
  }
  return merged;
}

std::vector<CatalogChange> DiffCatalogs(const Catalog& captured, const Catalog& current) {
  using Action = CatalogChange::Action;
  std::vector<CatalogChange> changes;
  auto before = captured.begin();
  auto now = current.begin();
  while (before != captured.end() || now != current.end()) {
    const bool only_before =
        now == current.end() || (before != captured.end() && KeyOf(*before) < KeyOf(*now));
    const bool only_now =
        before == captured.end() || (now != current.end() && KeyOf(*now) < KeyOf(*before));
    if (only_before) {
      changes.push_back({.action = Action::kRemoved,
                         .object = *before,
                         .captured_definition = before->definition});
      ++before;
    } else if (only_now) {
      changes.push_back({.action = Action::kAdded, .object = *now, .captured_definition = ""});
      ++now;
    } else {
      if (before->definition != now->definition) {
        changes.push_back({.action = Action::kChanged,
                           .object = *now,
                           .captured_definition = before->definition});
      }
      ++before;
      ++now;
    }
  }
  return changes;
}

std::string CatalogDigest(const Catalog& catalog) {
  Sha256 sha256;
  for (const CatalogObject& object : catalog) {
    for (const std::string* part : {&object.kind, &object.name, &object.definition}) {
      // The length keeps "ab" + "c" and "a" + "bc" apart.
      sha256.Update(absl::StrCat(part->size(), ":"));
      sha256.Update(*part);
    }
  }
  return sha256.FinishHex();
}

}  // namespace storefront::migrator
