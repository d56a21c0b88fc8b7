// Reading libpg_query's JSON tree: zero values and empty lists are left out of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "services/migrator/statement_facts.h"

namespace storefront::migrator::pgquery {

using nlohmann::json;

// All functions may throw json::exception on a tree of another shape than this version's.

inline const json& Nothing() {
  static const json nothing = json::object();
  return nothing;
}

inline bool Has(const json& node, const char* name) { return node.find(name) != node.end(); }

// A field that is a node or a list; an empty object where there is none.
inline const json& Field(const json& node, const char* name) {
  const auto found = node.find(name);
  return found == node.end() ? Nothing() : *found;
}

// The node inside its type's name, {"String": {…}}; an empty object when it is of another type.
inline const json& As(const json& holder, const char* type) { return Field(holder, type); }

inline bool Flag(const json& node, const char* name) { return node.value(name, false); }
inline std::string Text(const json& node, const char* name) {
  return node.value(name, std::string());
}

// Where the node begins, as a byte of the statement.
inline size_t Offset(const json& node, const char* name = "location") {
  const int at = node.value(name, 0);
  return at > 0 ? static_cast<size_t>(at) : 0;
}

// Texts of a list of {"String": {"sval": …}}.
std::vector<std::string> Names(const json& list);

// The last one or two of a dotted name.
RelationName QualifiedName(const std::vector<std::string>& names);

RelationName ReadRangeVar(const json& range_var);

// Calls visit(type, node) for every typed node below, parents before their children.
template <typename Visit>
void ForEachNode(const json& root, Visit visit) {
  std::vector<const json*> open = {&root};
  while (!open.empty()) {
    const json& node = *open.back();
    open.pop_back();
    if (node.is_object()) {
      for (auto item = node.begin(); item != node.end(); ++item) {
        if (item->is_object()) visit(item.key(), *item);
        if (item->is_structured()) open.push_back(&*item);
      }
    } else if (node.is_array()) {
      for (const json& item : node) open.push_back(&item);
    }
  }
}

// CREATE TABLE, CREATE FOREIGN TABLE, ALTER TABLE: detail and what they touch. `text` is the
// statement; the tree says nothing of where an action begins.
void ReadCreateTable(const json& node, bool is_foreign, StatementDetail& detail,
                     std::vector<TouchedRelation>& relations);
void ReadAlterTable(const json& node, absl::string_view text, StatementDetail& detail,
                    std::vector<TouchedRelation>& relations);
ConstraintFacts ReadConstraint(const json& node);

// INSERT, UPDATE, DELETE, MERGE: the statement itself and those inside it; false when there is
// none.
bool ReadDataChanges(const std::string& root_type, const json& root, DataChangeFacts& facts,
                     std::vector<TouchedRelation>& relations);

// Where the first word after a dotted name, that begins at `name`, stands; the text's end when none
// does.
size_t OffsetAfterName(absl::string_view text, size_t name);

}  // namespace storefront::migrator::pgquery
