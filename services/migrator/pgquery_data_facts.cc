// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "services/migrator/pgquery_tree.h"

namespace storefront::migrator::pgquery {
namespace {

bool IsTrue(const json& condition) {
  return Flag(Field(As(condition, "A_Const"), "boolval"), "boolval");
}

// Columns that a list assigns twice; a part of a column (a[1], a.x) may be assigned beside another.
void FindDuplicates(const json& targets, std::vector<size_t>& duplicates) {
  std::map<std::string, std::vector<size_t>> places;
  for (const json& item : targets) {
    const json& target = As(item, "ResTarget");
    if (!Has(target, "name") || Has(target, "indirection")) continue;
    places[Text(target, "name")].push_back(Offset(target));
  }
  for (const auto& [name, offsets] : places) {
    if (offsets.size() > 1) duplicates.insert(duplicates.end(), offsets.begin(), offsets.end());
  }
}

}  // namespace

bool ReadDataChanges(const std::string& root_type, const json& root, DataChangeFacts& facts,
                     std::vector<TouchedRelation>& relations) {
  const auto add = [&](const json& node, Touch touch) {
    const json& range_var = Field(node, "relation");
    DataChangeFacts::Change change{
        .touch = touch, .table = ReadRangeVar(range_var), .offset = Offset(range_var)};
    if (Has(node, "whereClause")) change.has_condition = !IsTrue(Field(node, "whereClause"));
    const json& query = As(Field(node, "selectStmt"), "SelectStmt");
    change.has_query = touch == Touch::kMerge || (!query.empty() && !Has(query, "valuesLists"));
    relations.push_back({change.table, touch, change.offset});
    facts.changes.push_back(std::move(change));
  };
  const auto visit = [&](const std::string& type, const json& node) {
    if (type == "InsertStmt") {
      add(node, Touch::kInsert);
      FindDuplicates(Field(node, "cols"), facts.duplicates);
    } else if (type == "UpdateStmt") {
      add(node, Touch::kUpdate);
      FindDuplicates(Field(node, "targetList"), facts.duplicates);
    } else if (type == "onConflictClause" || type == "MergeWhenClause") {
      FindDuplicates(Field(node, "targetList"), facts.duplicates);
    } else if (type == "DeleteStmt") {
      add(node, Touch::kDelete);
    } else if (type == "MergeStmt") {
      add(node, Touch::kMerge);
    }
  };
  visit(root_type, root);
  ForEachNode(root, visit);
  std::sort(facts.duplicates.begin(), facts.duplicates.end());
  return !facts.changes.empty();
}

}  // namespace storefront::migrator::pgquery
