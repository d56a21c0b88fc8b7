// A row of Flyway's history table, and how texts are cut to its columns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/migrator/version.h"

namespace storefront::migrator {

// Types that a row can have. We write kSql, kSqlBaseline, kBaseline, kSchema and kDelete only: one
// row of another type makes Flyway refuse the whole history.
enum class HistoryType {
  kSql,
  kSqlBaseline,
  kBaseline,
  kSchema,
  kDelete,
  kJdbc,
  kScript,
  kUndoScript,
  kCustom,
  kJdbcBaseline,
  kSpringJdbc,
};

// The table's word: "SQL_BASELINE".
absl::string_view HistoryTypeName(HistoryType type);
// FAILED_PRECONDITION UNKNOWN_HISTORY_TYPE for a word that is none of them.
absl::StatusOr<HistoryType> ParseHistoryType(absl::string_view name);
// True for what stands for a baseline, by file or by command.
bool IsBaseline(HistoryType type);

struct HistoryRow {
  int installed_rank = 0;
  std::optional<Version> version;
  std::string description;
  HistoryType type = HistoryType::kSql;
  std::string script;
  std::optional<int32_t> checksum;
  std::string installed_by;
  absl::Time installed_on;
  absl::Duration execution_time;
  bool success = true;
  bool operator==(const HistoryRow&) const = default;
};

// What the table holds, by ascending rank.
struct History {
  bool exists = false;  // false: there is no table yet
  std::vector<HistoryRow> rows;
  bool operator==(const History&) const = default;
};

// The rank of the next row: highest + 1, else 1.
int NextRank(const History& history);

// Over 200 UTF-16 units a description keeps 197 and "..."; over 1000 a script's path keeps "..."
// and its last 997.
std::string ShortenDescription(absl::string_view description);
std::string ShortenScript(absl::string_view script);

// `"schema"."table"`, quotes doubled: for SQL and for the lock key.
std::string QuoteIdentifier(absl::string_view name);
std::string QualifiedName(absl::string_view schema, absl::string_view table);

}  // namespace storefront::migrator
