// Two pictures of a catalog and what became of one on the way to the other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// An object with its definition in words that do not depend on oids, values or statistics.
struct CatalogObject {
  std::string kind;  // "table", "column", "replica identity"
  std::string name;  // "public.orders.total"; quoted where SQL needs it
  std::string definition;
  auto operator<=>(const CatalogObject&) const = default;
};
using Catalog = std::vector<CatalogObject>;

struct CatalogChange {
  enum class Action { kAdded, kRemoved, kChanged };
  Action action = Action::kAdded;
  CatalogObject object;  // `definition` is the one now; that of the capture when it was removed
  std::string captured_definition;
  bool operator==(const CatalogChange&) const = default;
};

// By kind and name, bytewise; several objects of one kind and name become one with all definitions.
Catalog Normalized(Catalog catalog);

// Both normalized; by kind and name. Objects that have the same definition on both sides are no
// change, whatever order they came in.
std::vector<CatalogChange> DiffCatalogs(const Catalog& captured, const Catalog& current);

// SHA-256 over kinds, names and definitions of a normalized catalog, in hexadecimal.
std::string CatalogDigest(const Catalog& catalog);

}  // namespace storefront::migrator
