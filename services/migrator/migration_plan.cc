// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migration_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

// What the catalog knows of the names in the statements.
class Relations {
 public:
  static absl::StatusOr<Relations> Find(const std::set<RelationName>& names,
                                        const FindRelations& find) {
    Relations relations;
    RETURN_IF_ERROR(relations.Add({names.begin(), names.end()}, find));
    // Who drops or rebuilds an index locks its table.
    std::set<RelationName> tables;
    for (const auto& [name, facts] : relations.facts_) {
      if (facts.table && !relations.facts_.contains(*facts.table)) tables.insert(*facts.table);
    }
    RETURN_IF_ERROR(relations.Add({tables.begin(), tables.end()}, find));
    return relations;
  }

  // The table that a lock on this name is felt on; null when nobody could feel it.
  const RelationFacts* TableOf(const RelationName& name) const {
    const auto found = facts_.find(name);
    if (found == facts_.end()) return nullptr;
    if (!found->second.table) return &found->second;
    const auto table = facts_.find(*found->second.table);
    return table == facts_.end() ? nullptr : &table->second;
  }

 private:
  absl::Status Add(const std::vector<RelationName>& names, const FindRelations& find) {
    if (names.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::vector<std::optional<RelationFacts>> found, find(names));
    for (size_t i = 0; i < std::min(names.size(), found.size()); ++i) {
      if (found[i]) facts_.emplace(names[i], *std::move(found[i]));
    }
    return absl::OkStatus();
  }

  std::map<RelationName, RelationFacts> facts_;
};

std::vector<PlanLock> LocksOf(const PreparedStatement& statement, const Relations& relations) {
  std::map<std::string, PlanLock> locks;
  for (const StatementLock& lock : LocksOf(statement.facts)) {
    const RelationFacts* table = relations.TableOf(lock.relation);
    if (table == nullptr) continue;
    PlanLock& made = locks[table->name.Text()];
    made.relation = table->name.Text();
    made.mode = std::max(made.mode, lock.mode);
    made.scans_table = made.scans_table || lock.scans_table;
    made.estimated_rows = table->estimated_rows;
    made.size_bytes = table->size_bytes;
  }
  std::vector<PlanLock> sorted;
  for (auto& [name, lock] : locks) sorted.push_back(std::move(lock));
  return sorted;
}

// As it stands in the file: a value of a placeholder, secret or not, is never shown.
std::string ShownText(const PreparedScript& script, const PreparedStatement& statement) {
  const size_t begin = script.replaced.OriginalOffset(statement.place.offset);
  const size_t end =
      script.replaced.OriginalOffset(statement.place.offset + statement.place.length);
  const absl::string_view raw = script.raw->view();
  return OneLine(raw.substr(begin, std::min(end, raw.size()) - begin));
}

PlanStep DescribeStep(const MigratePlan& plan, size_t index, const Relations& relations) {
  const PlannedScript& planned = plan.scripts[index];
  const PreparedScript& script = *planned.prepared;
  PlanStep step{.migration = planned.id,
                .script = script.script.file.path,
                .description = script.script.name.description,
                .reason = planned.reason,
                .transactional = plan.IsTransactional(index),
                .statement_count = script.statements.size(),
                .checksum = script.script.checksum.value_or(0)};
  const size_t shown = std::min(script.statements.size(), kPlanStatementsShown);
  for (size_t i = 0; i < shown; ++i) {
    const PreparedStatement& statement = script.statements[i];
    PlanStatement made{.ordinal = static_cast<int>(i) + 1,
                       .line = statement.line,
                       .command = statement.facts.parsed ? statement.facts.command : "UNKNOWN",
                       .text = ShownText(script, statement)};
    if (!plan.skip_executing) made.locks = LocksOf(statement, relations);
    step.statements.push_back(std::move(made));
  }
  return step;
}

}  // namespace

absl::string_view PlanReasonName(PlanReason reason) {
  switch (reason) {
    case PlanReason::kPending:
      return "pending";
    case PlanReason::kOutOfOrder:
      return "out of order";
    case PlanReason::kChanged:
      return "changed";
    case PlanReason::kBaseline:
      return "baseline";
  }
  return "";
}

std::string OneLine(absl::string_view text) {
  constexpr size_t kBytesRead = 16 * kPlanTextCharacters;  // enough, whatever is cut out
  const bool is_longer = text.size() > kBytesRead;
  std::string line;
  for (const char c : text.substr(0, kBytesRead)) {
    const bool is_space = absl::ascii_isspace(static_cast<unsigned char>(c));
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line += is_space ? ' ' : c;
  }
  if (is_longer) line.resize(FindInvalidUtf8(line).value_or(line.size()));
  if (!is_longer && CountCharacters(line) <= kPlanTextCharacters) {
    absl::StripTrailingAsciiWhitespace(&line);
    return line;
  }
  line.resize(std::min(line.size(), OffsetOfCharacter(line, kPlanTextCharacters - 1)));
  return line + "…";
}

absl::StatusOr<std::vector<PlanStep>> DescribeSteps(const MigratePlan& plan,
                                                    const FindRelations& find) {
  std::set<RelationName> names;
  for (const PlannedScript& script : plan.scripts) {
    const auto& statements = script.prepared->statements;
    for (size_t i = 0; i < std::min(statements.size(), kPlanStatementsShown); ++i) {
      for (const StatementLock& lock : LocksOf(statements[i].facts)) names.insert(lock.relation);
    }
  }
  ASSIGN_OR_RETURN(const Relations relations, Relations::Find(names, find));
  std::vector<PlanStep> steps;
  steps.reserve(plan.scripts.size());
  for (size_t i = 0; i < plan.scripts.size(); ++i) {
    steps.push_back(DescribeStep(plan, i, relations));
  }
  return steps;
}

}  // namespace storefront::migrator
