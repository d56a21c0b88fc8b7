// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/history_row.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/status/error.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

constexpr struct {
  HistoryType type;
  absl::string_view name;
} kTypes[] = {
    {HistoryType::kSql, "SQL"},
    {HistoryType::kSqlBaseline, "SQL_BASELINE"},
    {HistoryType::kBaseline, "BASELINE"},
    {HistoryType::kSchema, "SCHEMA"},
    {HistoryType::kDelete, "DELETE"},
    {HistoryType::kJdbc, "JDBC"},
    {HistoryType::kScript, "SCRIPT"},
    {HistoryType::kUndoScript, "UNDO_SCRIPT"},
    {HistoryType::kCustom, "CUSTOM"},
    {HistoryType::kJdbcBaseline, "JDBC_BASELINE"},
    {HistoryType::kSpringJdbc, "SPRING_JDBC"},
};

}  // namespace

absl::string_view HistoryTypeName(HistoryType type) {
  for (const auto& row : kTypes) {
    if (row.type == type) return row.name;
  }
  return "";
}

absl::StatusOr<HistoryType> ParseHistoryType(absl::string_view name) {
  for (const auto& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = status::Reason::kUnknownHistoryType,
       .message = absl::StrCat("The history has a row of type \"", name,
                               "\", which neither Flyway 13 nor this service writes. Correct or "
                               "remove that row."),
       .metadata = {{"type", std::string(name)}}});
}

bool IsBaseline(HistoryType type) {
  return type == HistoryType::kBaseline || type == HistoryType::kSqlBaseline ||
         type == HistoryType::kJdbcBaseline;
}

int NextRank(const History& history) {
  int highest = 0;
  for (const HistoryRow& row : history.rows) highest = std::max(highest, row.installed_rank);
  return highest + 1;
}

std::string ShortenDescription(absl::string_view description) {
  if (description.size() <= 200) return std::string(description);
  const std::u16string units = ToUtf16(description);
  if (units.size() <= 200) return std::string(description);
  return FromUtf16(units.substr(0, 197)) + "...";
}

std::string ShortenScript(absl::string_view script) {
  if (script.size() <= 1000) return std::string(script);
  const std::u16string units = ToUtf16(script);
  if (units.size() <= 1000) return std::string(script);
  return "..." + FromUtf16(units.substr(units.size() - 997));
}

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string QualifiedName(absl::string_view schema, absl::string_view table) {
  return absl::StrCat(QuoteIdentifier(schema), ".", QuoteIdentifier(table));
}

}  // namespace storefront::migrator
