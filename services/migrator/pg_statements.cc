// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_statements.h"

#include "absl/strings/str_cat.h"
#include "libs/pg/errors.h"
#include "libs/status/macros.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {

absl::StatusOr<pg::PgResult> PgStatements::Execute(
    absl::string_view what, const std::string& sql,
    const std::vector<std::optional<std::string>>& parameters) {
  const auto [name, is_new] = names_.try_emplace(sql);
  if (is_new) return PgExecute(connection_, what, sql, parameters);
  if (name->second.empty()) {
    const std::string made = absl::StrCat("storefront_migrator_", ++prepared_);
    const pg::PgResult prepared(PQprepare(connection_, made.c_str(), sql.c_str(), 0, nullptr));
    RETURN_IF_ERROR(pg::FromResult(what, connection_, prepared.get()));
    name->second = made;
  }
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  pg::PgResult result(PQexecPrepared(connection_, name->second.c_str(),
                                     static_cast<int>(values.size()), values.data(), nullptr,
                                     nullptr, /*resultFormat=*/0));
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const absl::string_view sqlstate = state == nullptr ? "" : state;
  if (sqlstate == "26000" || sqlstate == "0A000") {
    return PgExecute(connection_, what, sql, parameters);
  }
  RETURN_IF_ERROR(pg::FromResult(what, connection_, result.get()));
  return result;
}

}  // namespace storefront::migrator
