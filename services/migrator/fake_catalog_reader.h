// A catalog in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

// Names without schema are looked up in `default_schema`.
class FakeCatalogReader final : public CatalogReader {
 public:
  absl::StatusOr<std::vector<std::optional<RelationFacts>>> Find(
      const std::vector<RelationName>& names) override {
    std::vector<std::optional<RelationFacts>> found;
    for (const RelationName& name : names) {
      const RelationName full{name.schema.empty() ? default_schema : name.schema, name.name};
      const auto match = std::find_if(relations.begin(), relations.end(),
                                      [&](const RelationFacts& each) { return each.name == full; });
      found.push_back(match == relations.end() ? std::nullopt : std::optional(*match));
    }
    return found;
  }

  absl::StatusOr<std::vector<RelationName>> PublishedTables() override {
    std::set<RelationName> tables;
    for (const RelationFacts& each : relations) {
      if (!each.publications.empty()) tables.insert(each.name);
    }
    return std::vector<RelationName>(tables.begin(), tables.end());
  }

  std::string default_schema = "public";
  std::vector<RelationFacts> relations;
};

}  // namespace storefront::migrator
