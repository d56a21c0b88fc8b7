// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/clean_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

using status::Reason;

// In the order of dropping. Everything is dropped with what hangs on it, so the order only keeps
// the number of surprises low: extensions bring their own objects, tables their sequences.
constexpr struct {
  absl::string_view kind;
  absl::string_view keyword;
} kKinds[] = {
    {"extension", "EXTENSION"},
    {"materialized view", "MATERIALIZED VIEW"},
    {"view", "VIEW"},
    {"foreign table", "FOREIGN TABLE"},
    {"table", "TABLE"},
    {"sequence", "SEQUENCE"},
    {"statistics object", "STATISTICS"},
    {"function", "ROUTINE"},
    {"procedure", "ROUTINE"},
    {"aggregate", "ROUTINE"},
    {"operator class", "OPERATOR CLASS"},
    {"operator family", "OPERATOR FAMILY"},
    {"operator", "OPERATOR"},
    {"type", "TYPE"},
    {"text search configuration", "TEXT SEARCH CONFIGURATION"},
    {"text search dictionary", "TEXT SEARCH DICTIONARY"},
    {"text search parser", "TEXT SEARCH PARSER"},
    {"text search template", "TEXT SEARCH TEMPLATE"},
    {"conversion", "CONVERSION"},
    {"collation", "COLLATION"},
};

size_t PlaceOf(absl::string_view kind) {
  size_t place = 0;
  while (place < std::size(kKinds) && kKinds[place].kind != kind) ++place;
  return place;
}

// `"a","b""c"`, as the row that records created schemas has it.
std::vector<std::string> ParseQuotedNames(absl::string_view text) {
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '"') {
      ++at;
      continue;
    }
    std::string name;
    for (++at; at < text.size(); ++at) {
      if (text[at] == '"') {
        if (text.substr(at, 2) != "\"\"") break;
        ++at;
      }
      name.push_back(text[at]);
    }
    ++at;
    names.push_back(std::move(name));
  }
  return names;
}

std::string Plural(size_t count, absl::string_view kind) {
  if (count == 1) return absl::StrCat("1 ", kind);
  if (kind == "operator class") return absl::StrCat(count, " operator classes");
  if (kind == "operator family") return absl::StrCat(count, " operator families");
  if (kind == "text search dictionary") return absl::StrCat(count, " text search dictionaries");
  return absl::StrCat(count, " ", kind, "s");
}

absl::Status Blocked(const std::vector<std::string>& outside) {
  constexpr size_t kNamed = 3;
  const std::vector<std::string> first(
      outside.begin(),
      outside.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, outside.size())));
  status::ErrorSpec spec{
      .code = absl::StatusCode::kFailedPrecondition,
      .reason = Reason::kCleanBlocked,
      .message = absl::StrCat("Other schemas have objects that would go too: ",
                              absl::StrJoin(first, ", "), outside.size() > kNamed ? ", …" : "",
                              ". Drop them first; clean touches the managed schemas only.")};
  for (const std::string& each : outside) {
    spec.preconditions.push_back({.type = "DEPENDENT_OBJECT",
                                  .subject = each,
                                  .description = absl::StrCat(each, " hangs on a managed schema")});
  }
  return status::Error(std::move(spec));
}

RunStep StepOf(const std::string& schema, const std::vector<SchemaObject>& objects,
               bool is_dropped) {
  std::map<size_t, size_t> counts;  // by place of the kind
  for (const SchemaObject& object : objects) {
    if (object.schema == schema) ++counts[PlaceOf(object.kind)];
  }
  std::vector<std::string> parts;
  for (const auto& [place, count] : counts) parts.push_back(Plural(count, kKinds[place].kind));
  if (is_dropped) parts.emplace_back("the schema itself");
  return {.description = schema,
          .action = StepAction::kCleanSchema,
          .detail = absl::StrCat(schema, ": ", absl::StrJoin(parts, ", "))};
}

}  // namespace

std::vector<std::string> CleanPlan::Statements() const {
  std::vector<std::string> statements;
  statements.reserve(objects.size() + dropped_schemas.size());
  for (const SchemaObject& object : objects) {
    // An object before it may have taken it along.
    statements.push_back(absl::StrCat("DROP ", kKinds[PlaceOf(object.kind)].keyword, " IF EXISTS ",
                                      object.identity, " CASCADE"));
  }
  for (const std::string& schema : dropped_schemas) {
    // Empty by now; what is not must not go unseen.
    statements.push_back(absl::StrCat("DROP SCHEMA IF EXISTS ", QuoteIdentifier(schema)));
  }
  return statements;
}

absl::StatusOr<CleanPlan> PlanClean(const SchemaContents& contents, const History& history) {
  if (!contents.outside.empty()) return Blocked(contents.outside);
  CleanPlan plan{.objects = contents.objects};
  for (const SchemaObject& object : plan.objects) {
    if (PlaceOf(object.kind) < std::size(kKinds)) continue;
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = Reason::kInternalError,
                          .message = absl::StrCat("Clean does not know how to drop a ", object.kind,
                                                  " (", object.identity, ").")});
  }
  std::stable_sort(plan.objects.begin(), plan.objects.end(),
                   [](const SchemaObject& a, const SchemaObject& b) {
                     return PlaceOf(a.kind) < PlaceOf(b.kind);
                   });
  std::set<std::string> created;
  for (const HistoryRow& row : history.rows) {
    if (row.type != HistoryType::kSchema) continue;
    for (std::string& name : ParseQuotedNames(row.script)) created.insert(std::move(name));
  }
  for (const std::string& schema : contents.schemas) {
    const bool is_dropped = created.contains(schema);
    const bool has_objects =
        std::any_of(plan.objects.begin(), plan.objects.end(),
                    [&](const SchemaObject& object) { return object.schema == schema; });
    if (is_dropped) plan.dropped_schemas.push_back(schema);
    if (is_dropped || has_objects) plan.steps.push_back(StepOf(schema, plan.objects, is_dropped));
  }
  return plan;
}

bool IsCleaned(const CleanPlan& plan, const SchemaContents& contents) {
  std::set<std::pair<uint32_t, uint32_t>> left;
  for (const SchemaObject& object : contents.objects) left.emplace(object.catalog, object.oid);
  return std::none_of(plan.objects.begin(), plan.objects.end(), [&](const SchemaObject& object) {
    return left.contains({object.catalog, object.oid});
  });
}

}  // namespace storefront::migrator
